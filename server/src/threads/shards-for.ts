/**
 * An index has room for 16.7 million codes of a space, and a picture has one or, within a flat frame, two of dct256: for 8.3 million
 * images at least. Begun with five, a library may grow by two thirds until the server is started again.
 */
const imagesPerShard = 5_000_000;

/** In how many threads so many images are held; 0: in the server's own, where a question needs no message. */
export function shardsFor(images: number): number {
  return images <= imagesPerShard ? 0 : Math.ceil(images / imagesPerShard);
}
