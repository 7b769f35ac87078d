import { v7 as uuidv7 } from "uuid";
import { Failure } from "../errors.ts";
import type { Bucket, ByteRange, Catalog, Decoder, Image, Staging, Viewer } from "../ports.ts";
import { discardObjects } from "./discard-objects.ts";
import { findImage, presentIn, type Viewed } from "./find-image.ts";
import { derivativeKey } from "./image-keys.ts";
import { keepThumbnail } from "./keep-thumbnail.ts";
import { withLocalCopy } from "./local-copy.ts";
import { mediaTypes } from "./media-types.ts";
import { putObjects } from "./put-objects.ts";

/** Bytes on their way to a person. `revision` names these bytes: it changes whenever they would. */
export interface OpenFile {
  readonly image: Image;
  readonly contentType: string;
  readonly revision: string;
  /** Bytes of the whole object. */
  readonly bytes: number;
  open(range?: ByteRange): Promise<AsyncIterable<Uint8Array>>;
  /** A link of the bucket's to the same bytes, good for so many seconds; `undefined` when it makes none. */
  link(expiresS: number): Promise<string | undefined>;
}

type Ports = { catalog: Catalog; bucket: Bucket; decoder: Decoder; staging: Staging };

/** The original for its owner; for others who may see the image, the picture encoded anew without metadata. */
export async function openFile(
  ports: Ports,
  id: string,
  access: { viewer: Viewer; signal: AbortSignal },
): Promise<OpenFile> {
  const image = await findImage(ports, id, access.viewer);
  const own = image.owner.id === access.viewer.id;
  const revision = own ? image.sha256 : `${image.sha256}-clean`;
  const viewed = { image, viewer: access.viewer };
  const key = own ? image.keys.original : await derivative(ports, viewed, access.signal);
  return openObject(ports, viewed, { key, revision, contentType: mediaTypes[image.format] });
}

/** The thumbnail: WebP, longest side at most 320 px. One that was not made yet, or that the bucket has lost, is made now. */
export async function openThumbnail(
  ports: Ports,
  id: string,
  { viewer, signal }: { viewer: Viewer; signal: AbortSignal },
): Promise<OpenFile> {
  const viewed = { image: await findImage(ports, id, viewer), viewer };
  const { thumbnail: key } = viewed.image.keys;
  const size = async (): Promise<number | undefined> => {
    const bytes = await ports.bucket.size(key);
    if (bytes !== undefined) return bytes;
    await makeThumbnail(ports, viewed, signal);
    return ports.bucket.size(key);
  };
  const revision = `${viewed.image.sha256}-thumbnail`;
  return openObject(ports, viewed, { key, revision, size, contentType: "image/webp" });
}

async function makeThumbnail(ports: Ports, viewed: Viewed, signal: AbortSignal): Promise<void> {
  const use = (path: string) => ports.decoder.thumbnail(path, { signal });
  const content = await withLocalCopy(ports, viewed, { signal, use });
  await keepThumbnail(ports, { image: viewed.image, content, replaces: false }, signal);
}

async function openObject(
  { bucket, catalog }: Pick<Ports, "catalog" | "bucket">,
  viewed: Viewed,
  what: Pick<OpenFile, "contentType" | "revision"> & { key: string; size?: () => Promise<number | undefined> },
): Promise<OpenFile> {
  const { key, contentType, revision, size = () => bucket.size(key) } = what;
  return {
    image: viewed.image,
    contentType,
    revision,
    bytes: await presentIn(catalog, viewed, size),
    open: async (range) => (await presentIn(catalog, viewed, () => bucket.get(key, range ? { range } : {}))).stream,
    link: async (expiresS) => bucket.signedUrl?.(key, { expiresS, contentType, fileName: viewed.image.file }),
  };
}

/** The key of the derivative, which is made and kept when it is not there yet. */
async function derivative(ports: Ports, viewed: Viewed, signal: AbortSignal): Promise<string> {
  const { image } = viewed;
  const key = derivativeKey(image);
  if ((await ports.bucket.size(key)) !== undefined) return key;
  const content = await withLocalCopy(ports, viewed, { signal, use: (path) => ports.decoder.derive(path, { signal }) });
  const note = { id: uuidv7(), imageId: image.id, keys: [key] };
  const contentType = mediaTypes[image.format];
  await putObjects(ports, note, {
    signal,
    put: (limited) => ports.bucket.put(key, { content }, { contentType, signal: limited }),
  });
  if (await ports.catalog.objects.finishPut(note)) return key;
  await discardObjects(ports.bucket, [key]);
  throw new Failure("not-found", "There is no such image.");
}
