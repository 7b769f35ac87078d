import { v7 as uuidv7 } from "uuid";
import type {
  AddedImage,
  Bucket,
  Clock,
  Decoder,
  Image,
  Images,
  Inspection,
  StagedFile,
  User,
  Visibility,
} from "../ports.ts";
import type { SearchIndex } from "../search/search-index.ts";
import { discardObjects } from "./discard-objects.ts";
import { imageKeys } from "./image-keys.ts";
import { mediaTypes } from "./media-types.ts";

/** A picture that someone sent. */
export interface Submission {
  readonly file: StagedFile;
  readonly name: string;
  readonly visibility: Visibility;
  readonly owner: User;
}

/** What became of it; a file of a job may have been withdrawn meanwhile. */
export type Uploaded =
  | { readonly kind: "created" | "duplicate"; readonly image: Image }
  | { readonly kind: "withdrawn" };

/** What uploading works with: a file of a job is added by `Jobs.addImage` in place of `Images.add`. */
export interface UploadPorts {
  readonly catalog: {
    readonly images: Pick<Images, "findOwned"> & {
      add(...image: Parameters<Images["add"]>): Promise<AddedImage | { readonly kind: "withdrawn" }>;
    };
  };
  readonly bucket: Bucket;
  readonly decoder: Pick<Decoder, "ingest">;
  readonly clock: Clock;
  readonly index: Pick<SearchIndex, "add">;
}

/**
 * Keeps a picture: decode, bytes to the bucket, then one transaction, then the index; durable and findable once answered.
 * The same bytes of the same owner are kept once. Throws what the decoder, the bucket and the catalog throw; then nothing is kept,
 * but for the objects of a transaction whose end is not known: it may have been committed before the database went away.
 */
export async function uploadImage(ports: UploadPorts, submission: Submission, signal: AbortSignal): Promise<Uploaded> {
  const present = await ports.catalog.images.findOwned(submission.file.sha256, submission.owner.id);
  if (present) return { kind: "duplicate", image: present };
  const inspection = await ports.decoder.ingest(submission.file.path, { signal });
  const image = describe(submission, inspection, ports.clock.now());
  return keep(ports, { image, file: submission.file, thumbnail: inspection.thumbnail }, signal);
}

async function keep(
  ports: UploadPorts,
  what: { image: Image; file: StagedFile; thumbnail: Uint8Array },
  signal: AbortSignal,
): Promise<Uploaded> {
  const { image } = what;
  const objects = [image.keys.original, image.keys.thumbnail];
  const puts = await Promise.allSettled([
    ports.bucket.put(image.keys.original, { file: what.file }, { contentType: mediaTypes[image.format], signal }),
    ports.bucket.put(image.keys.thumbnail, { content: what.thumbnail }, { contentType: "image/webp", signal }),
  ]);
  const [original, thumbnail] = puts;
  if (original.status === "rejected" || thumbnail.status === "rejected") {
    await discardObjects(ports.bucket, objects);
    throw original.status === "rejected" ? original.reason : (thumbnail as PromiseRejectedResult).reason;
  }
  const added = await ports.catalog.images.add(image, { original: original.value, thumbnail: thumbnail.value });
  if (added.kind !== "created") {
    await discardObjects(ports.bucket, objects);
    return added;
  }
  ports.index.add(image);
  return { kind: "created", image };
}

function describe(submission: Submission, inspection: Awaited<ReturnType<Decoder["ingest"]>>, createdAt: Date): Image {
  const id = uuidv7();
  const { file, owner } = submission;
  return {
    id,
    owner: { id: owner.id, audience: owner.audience },
    visibility: submission.visibility,
    file: submission.name,
    format: inspection.format,
    width: inspection.width,
    height: inspection.height,
    bytes: file.bytes,
    sha256: file.sha256,
    createdAt,
    fingerprints: fingerprintsOf(inspection),
    keys: imageKeys(file.sha256, id),
  };
}

function fingerprintsOf({ pdq, dct256 }: Inspection): Image["fingerprints"] {
  const all = [pdq, dct256.whole, ...(dct256.trimmed ? [dct256.trimmed] : [])];
  return all.map(({ fingerprint }) => fingerprint);
}
