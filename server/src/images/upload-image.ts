import type { OrientedFingerprint } from "@utsuru/core/oriented-fingerprint";
import { v7 as uuidv7 } from "uuid";
import type {
  AddedImage,
  Bucket,
  Clock,
  Decoder,
  Image,
  Images,
  ObjectNotes,
  PackedFeatures,
  StagedFile,
  StoredObject,
  User,
  Visibility,
} from "../ports.ts";
import type { PartIndex } from "../search/part-index.ts";
import { audienceOf, type SearchIndex } from "../search/search-index.ts";
import { discardObjects } from "./discard-objects.ts";
import { fingerprintsOf, orientedOf } from "./fingerprints-of.ts";
import { imageKeys } from "./image-keys.ts";
import { mediaTypes } from "./media-types.ts";
import { putObjects, tookTooLong } from "./put-objects.ts";

/** A picture that someone sent. */
export interface Submission {
  readonly file: StagedFile;
  readonly name: string;
  readonly visibility: Visibility;
  readonly owner: User;
  /** Whether local features, by which parts are found, are extracted `now`, as by default, or `later`, by maintenance. */
  readonly parts?: PartsWhen;
}

/** When an image can be found by its parts, the first by default. */
export const partsWhen = ["now", "later"] as const;

/** One of {@link partsWhen}. */
export type PartsWhen = (typeof partsWhen)[number];

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
    readonly objects: Pick<ObjectNotes, "notePut" | "putMsMax">;
  };
  readonly bucket: Bucket;
  readonly decoder: Pick<Decoder, "ingest" | "ingestWithoutFeatures">;
  readonly clock: Clock;
  readonly index: Pick<SearchIndex, "add">;
  readonly parts: Pick<PartIndex, "add">;
}

/**
 * Keeps a picture: decode, bytes to the bucket, then one transaction, then the indexes; durable and findable once answered, by its parts if these are
 * wanted now.
 * The same bytes of the same owner are kept once. Throws what the decoder, the bucket and the catalog throw; then nothing is kept,
 * unless the transaction was committed before the database went away.
 */
export async function uploadImage(ports: UploadPorts, submission: Submission, signal: AbortSignal): Promise<Uploaded> {
  const present = await ports.catalog.images.findOwned(submission.file.sha256, submission.owner.id);
  if (present) return { kind: "duplicate", image: present };
  const { features, ...inspection } = await ingest(ports, submission, signal);
  const image = describe(submission, inspection, ports.clock.now());
  const { thumbnail } = inspection;
  const oriented = orientedOf(inspection);
  return keep(ports, { image, file: submission.file, thumbnail, parts: { features, oriented } }, signal);
}

type Ingested = Awaited<ReturnType<Decoder["ingestWithoutFeatures"]>>;

async function ingest(
  { decoder }: UploadPorts,
  { file, parts = "now" }: Submission,
  signal: AbortSignal,
): Promise<Ingested & { readonly features: PackedFeatures | undefined }> {
  if (parts === "now") return decoder.ingest(file.path, { signal });
  return { ...(await decoder.ingestWithoutFeatures(file.path, { signal })), features: undefined };
}

/** What is kept of an image besides its objects. */
type ImageParts = { readonly features: PackedFeatures | undefined; readonly oriented: readonly OrientedFingerprint[] };

/** Objects before the row: a crash in between leaves objects that are noted, never a row without its bytes. */
async function keep(
  ports: UploadPorts,
  what: { image: Image; file: StagedFile; thumbnail: Uint8Array; parts: ImageParts },
  signal: AbortSignal,
): Promise<Uploaded> {
  const { image, parts } = what;
  const note = { id: image.id, imageId: image.id, keys: Object.values(image.keys) };
  const stored = await putObjects(ports, note, { signal, put: (limited) => putBoth(ports.bucket, what, limited) });
  const added = await ports.catalog.images.add(image, { ...stored, ...parts });
  if (added.kind === "created") {
    ports.index.add(image);
    if (parts.features) ports.parts.add({ imageId: image.id, audience: audienceOf(image), features: parts.features });
    return { kind: "created", image };
  }
  await discardObjects(ports.bucket, note.keys);
  if (added.kind === "given-up") throw tookTooLong();
  return added;
}

/** Throws only when neither put goes on. */
async function putBoth(
  bucket: Bucket,
  { image, file, thumbnail }: { image: Image; file: StagedFile; thumbnail: Uint8Array },
  signal: AbortSignal,
): Promise<{ original: StoredObject; thumbnail: StoredObject }> {
  const puts = [
    bucket.put(image.keys.original, { file }, { contentType: mediaTypes[image.format], signal }),
    bucket.put(image.keys.thumbnail, { content: thumbnail }, { contentType: "image/webp", signal }),
  ] as const;
  await Promise.allSettled(puts);
  const [original, small] = await Promise.all(puts);
  return { original, thumbnail: small };
}

function describe(submission: Submission, inspection: Ingested, createdAt: Date): Image {
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
