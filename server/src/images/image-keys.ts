import type { Image } from "../ports.ts";

/**
 * Where the bucket keeps an image: by the checksum of its bytes, then by its id. Each object belongs to just one image, so
 * nothing is counted before a delete, and two owners of the same bytes never learn of each other.
 */
export function imageKeys(sha256: string, imageId: string): Image["keys"] {
  const place = `${sha256.slice(0, 2)}/${sha256}/${imageId}`;
  return { original: `originals/${place}`, thumbnail: `thumbnails/${place}.webp` };
}

/** Where the bucket keeps the copy without metadata that others than the owner get; made when first asked for. */
export function derivativeKey(image: Pick<Image, "sha256" | "id">): string {
  return `derivatives/${image.sha256.slice(0, 2)}/${image.sha256}/${image.id}`;
}
