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
  /** Whether local features, by which parts are found, and the thumbnail are made `now`, as by default, or `later`, by maintenance. */
  readonly parts?: PartsWhen;
  /** Whether the owner was just seen not to have these bytes; without that it is looked up first. */
  readonly isNew?: boolean;
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
  readonly decoder: Pick<Decoder, "ingest" | "fingerprint">;
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
  const { file, owner, isNew = false } = submission;
  const present = isNew ? undefined : await ports.catalog.images.findOwned(file.sha256, owner.id);
  if (present) return { kind: "duplicate", image: present };
  const { features, thumbnail, ...inspection } = await ingest(ports, submission, signal);
  const image = describe(submission, inspection, ports.clock.now());
  const oriented = orientedOf(inspection);
  return keep(ports, { image, file, thumbnail, parts: { features, oriented } }, signal);
}

type Fingerprinted = Awaited<ReturnType<Decoder["fingerprint"]>>;
type Ingested = Fingerprinted & { readonly features?: PackedFeatures; readonly thumbnail?: Uint8Array };

async function ingest(
  { decoder }: UploadPorts,
  { file, parts = "now" }: Submission,
  signal: AbortSignal,
): Promise<Ingested> {
  return parts === "now" ? decoder.ingest(file.path, { signal }) : decoder.fingerprint(file.path, { signal });
}

/** What is kept of an image besides its objects. */
type ImageParts = { readonly features: PackedFeatures | undefined; readonly oriented: readonly OrientedFingerprint[] };

/** An image that is about to be kept, with the bytes of its objects. */
interface Keepsake {
  readonly image: Image;
  readonly file: StagedFile;
  readonly thumbnail: Uint8Array | undefined;
}

/** Objects before the row: a crash in between leaves objects that are noted, never a row without its bytes. */
async function keep(
  ports: UploadPorts,
  what: Keepsake & { readonly parts: ImageParts },
  signal: AbortSignal,
): Promise<Uploaded> {
  const { image, parts, thumbnail } = what;
  const keys = thumbnail ? Object.values(image.keys) : [image.keys.original];
  const note = { id: image.id, imageId: image.id, keys };
  const stored = await putObjects(ports, note, { signal, put: (limited) => putAll(ports.bucket, what, limited) });
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

/** Throws only when no put goes on. */
async function putAll(
  bucket: Bucket,
  { image, file, thumbnail }: Keepsake,
  signal: AbortSignal,
): Promise<{ original: StoredObject; thumbnail: StoredObject | undefined }> {
  const puts = [
    bucket.put(image.keys.original, { file }, { contentType: mediaTypes[image.format], signal }),
    thumbnail && bucket.put(image.keys.thumbnail, { content: thumbnail }, { contentType: "image/webp", signal }),
  ] as const;
  await Promise.allSettled(puts);
  const [original, small] = await Promise.all(puts);
  return { original, thumbnail: small };
}

function describe(submission: Submission, inspection: Fingerprinted, createdAt: Date): Image {
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
