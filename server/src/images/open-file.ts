import { Failure } from "../errors.ts";
import type { Bucket, ByteRange, Catalog, Decoder, Image, Staging, Viewer } from "../ports.ts";
import { derivativeKey } from "./image-keys.ts";
import { withLocalCopy } from "./local-copy.ts";
import { mediaTypes } from "./media-types.ts";

/** Bytes on their way to a person. `revision` names these bytes: it changes whenever they would. */
export interface OpenFile {
  readonly image: Image;
  readonly contentType: string;
  readonly revision: string;
  /** Bytes of the whole object. */
  readonly bytes: number;
  open(range?: ByteRange): Promise<AsyncIterable<Uint8Array>>;
}

type Ports = { catalog: Catalog; bucket: Bucket; decoder: Decoder; staging: Staging };

/** The image, if the viewer may see it. Throws `not-found`, the same for what is not there and what is not theirs to see. */
export async function findImage(ports: Pick<Ports, "catalog">, id: string, viewer: Viewer): Promise<Image> {
  const image = await ports.catalog.images.find(id, viewer);
  if (!image) throw new Failure("not-found", "There is no such image.");
  return image;
}

/** The original for its owner; for others who may see the image, the picture encoded anew without metadata. */
export async function openFile(
  ports: Ports,
  id: string,
  access: { viewer: Viewer; signal: AbortSignal },
): Promise<OpenFile> {
  const image = await findImage(ports, id, access.viewer);
  const own = image.owner.id === access.viewer.id;
  const key = own ? image.keys.original : await derivative(ports, image, access.signal);
  const revision = own ? image.sha256 : `${image.sha256}-clean`;
  return openObject(ports.bucket, { key, image, revision, contentType: mediaTypes[image.format] });
}

/** The thumbnail: WebP, longest side at most 320 px. */
export async function openThumbnail(
  ports: Pick<Ports, "catalog" | "bucket">,
  id: string,
  viewer: Viewer,
): Promise<OpenFile> {
  const image = await findImage(ports, id, viewer);
  const revision = `${image.sha256}-thumbnail`;
  return openObject(ports.bucket, { key: image.keys.thumbnail, image, revision, contentType: "image/webp" });
}

async function openObject(
  bucket: Bucket,
  what: Pick<OpenFile, "image" | "contentType" | "revision"> & { key: string },
): Promise<OpenFile> {
  const size = await bucket.size(what.key);
  if (size === undefined) throw missing();
  return {
    image: what.image,
    contentType: what.contentType,
    revision: what.revision,
    bytes: size,
    open: async (range) => {
      const object = await bucket.get(what.key, range ? { range } : {});
      if (!object) throw missing();
      return object.stream;
    },
  };
}

/** The key of the derivative, which is made and kept when it is not there yet. */
async function derivative(ports: Ports, image: Image, signal: AbortSignal): Promise<string> {
  const key = derivativeKey(image);
  if ((await ports.bucket.size(key)) !== undefined) return key;
  const content = await withLocalCopy(ports, image, { signal, use: (path) => ports.decoder.derive(path, { signal }) });
  await ports.bucket.put(key, { content }, { contentType: mediaTypes[image.format], signal });
  return key;
}

function missing(): Failure {
  return new Failure("bucket-unavailable", "The storage does not have this file at the moment.", { retryAfterS: 30 });
}
