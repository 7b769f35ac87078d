import { mirrorings } from "@utsuru/core/eight-codes";
import { type Fingerprint, toHex } from "@utsuru/core/fingerprint";
import { Failure, mayPass } from "../errors.ts";
import { orientedOf } from "../images/fingerprints-of.ts";
import { keepThumbnail } from "../images/keep-thumbnail.ts";
import { readObject } from "../images/read-object.ts";
import type { Bucket, Catalog, Decoder, DerivedParts, ImageRecord, Staging } from "../ports.ts";
import { tellingProbes } from "../search/probe.ts";
import type { SearchIndex } from "../search/search-index.ts";
import { examineParts, type PartPorts } from "./examine-parts.ts";
import type { ExamineOptions, Finding, FindingKind } from "./finding.ts";
import { ingestPatiently } from "./patient-ingest.ts";

/** What an examination works with. */
export interface ExaminePorts extends Pick<PartPorts, "parts"> {
  readonly catalog: Pick<Catalog, "images" | "records" | "objects" | "jobs" | "renewals">;
  readonly bucket: Bucket;
  readonly staging: Staging;
  readonly decoder: Decoder;
  readonly index: SearchIndex;
}

type Ingested = Awaited<ReturnType<Decoder["ingest"]>>;

/** What was found of one image. */
export interface ExaminedImage {
  readonly findings: readonly Finding[];
  /** Whether the lane of maintenance will derive what it lacks, or what is of an older version: no finding, unless that was set aside. */
  readonly isWaiting: boolean;
}

/** What maintenance makes. */
const derivedKinds: ReadonlySet<FindingKind> = new Set([
  "fingerprints-stale",
  "features-missing",
  "features-stale",
  "thumbnail-missing",
]);

/** Examines one image: its objects, its fingerprints and features, and whether it finds itself by either. An image that is deleted meanwhile has no findings. */
export async function examineImage(
  ports: ExaminePorts,
  record: ImageRecord,
  options: ExamineOptions,
): Promise<ExaminedImage> {
  const all = await findingsOf(ports, record, options);
  const lasting = all.filter(({ kind, mended }) => mended || !derivedKinds.has(kind));
  if (lasting.length === all.length || !(await ports.catalog.renewals.isDue(record.image.id)))
    return { findings: all, isWaiting: false };
  return { findings: lasting, isWaiting: true };
}

async function findingsOf(
  ports: ExaminePorts,
  record: ImageRecord,
  options: ExamineOptions,
): Promise<readonly Finding[]> {
  const { image } = record;
  const { findings, ingested } = await examineOriginal(ports, record, options.signal);
  const fresh = ingested && { oriented: orientedOf(ingested), features: ingested.features };
  const all = [
    ...findings,
    ...(fresh ? await examineFingerprints(ports, { record, fresh }, options) : []),
    ...(fresh ? await examineParts(ports, { record, fresh }, options) : []),
    ...(await examineThumbnail(ports, { record, ingested }, options)),
  ];
  // Of objects that are not whole it says nothing which version they are.
  if (all.length === 0) all.push(...(await examineGenerations(ports, record, options)));
  const isGone = all.length > 0 && (await ports.catalog.images.find(image.id, image.owner)) === undefined;
  return isGone ? [] : all;
}

async function examineOriginal(
  ports: ExaminePorts,
  { image }: ImageRecord,
  signal: AbortSignal,
): Promise<{ readonly findings: readonly Finding[]; readonly ingested: Ingested | undefined }> {
  const say = (kind: FindingKind, detail: string) => ({
    findings: [{ kind, imageId: image.id, key: image.keys.original, detail, mended: false }],
    ingested: undefined,
  });
  const original = await readObject(
    ports,
    { key: image.keys.original, bytes: image.bytes, sha256: image.sha256 },
    signal,
  );
  if (original.kind === "missing") return say("original-missing", "The bucket does not have the original.");
  if (original.kind === "damaged") return say("original-damaged", `The original ${original.detail}.`);
  try {
    return { findings: [], ingested: await ingestPatiently(ports.decoder, original.file.path, signal) };
  } catch (error) {
    if (!(error instanceof Failure) || mayPass(error)) throw error;
    return say("original-undecodable", `The original can no longer be decoded: ${error.message}`);
  } finally {
    await ports.staging.discard(original.file);
  }
}

/**
 * Compares the stored fingerprints with those of the original, then searches with the picture. A search looks for the codes of all eight
 * orientations of its picture, so this is also the search with each of its turned and mirrored copies.
 */
async function examineFingerprints(
  { catalog, index }: ExaminePorts,
  { record: { image, mirrored }, fresh }: { readonly record: ImageRecord; readonly fresh: DerivedParts },
  { repair }: ExamineOptions,
): Promise<readonly Finding[]> {
  const { oriented } = fresh;
  const [stored, derived] = [
    listOf(image.fingerprints, mirrored),
    listOf(
      oriented.map(({ fingerprint }) => fingerprint),
      mirroredOf(oriented),
    ),
  ];
  if (stored !== derived) {
    if (repair) await catalog.renewals.keep(image.id, fresh);
    const detail = "The stored fingerprints are not those of the original.";
    return [{ kind: "fingerprints-stale", imageId: image.id, detail, mended: repair }];
  }
  if (tellingProbes(oriented).length === 0) return [];
  const near = await index.near(oriented, image.owner);
  if (near.some(({ imageId }) => imageId === image.id)) return [];
  const detail = `A search with the picture itself does not find it among ${near.length} others.`;
  return [{ kind: "not-found-by-search", imageId: image.id, detail, mended: false }];
}

function listOf(fingerprints: readonly Fingerprint[], mirrored: ImageRecord["mirrored"]): string {
  return fingerprints
    .map(({ algorithm, code, quality }) => `${algorithm} ${toHex(code)} ${mirrored[algorithm]} ${quality}`)
    .sort()
    .join();
}

function mirroredOf(oriented: DerivedParts["oriented"]): ImageRecord["mirrored"] {
  return Object.fromEntries(
    oriented.map(({ fingerprint, codes }) => [
      fingerprint.algorithm,
      mirrorings.map((name) => toHex(codes[name])).join(""),
    ]),
  );
}

async function examineThumbnail(
  ports: ExaminePorts,
  { record: { image, thumbnail }, ingested }: { readonly record: ImageRecord; readonly ingested: Ingested | undefined },
  { repair, signal }: ExamineOptions,
): Promise<readonly Finding[]> {
  const key = image.keys.thumbnail;
  const found = thumbnail ? await readObject(ports, { key, ...thumbnail }, signal) : ({ kind: "missing" } as const);
  if (found.kind === "whole") {
    await ports.staging.discard(found.file);
    return [];
  }
  const mended = repair && ingested !== undefined;
  if (mended) {
    const replaces = found.kind === "damaged" || thumbnail === undefined;
    await keepThumbnail(ports, { image, content: ingested.thumbnail, replaces }, signal);
  }
  const missing = thumbnail
    ? "The bucket does not have the thumbnail."
    : "There is no thumbnail; a server makes it in time, or when someone looks at it.";
  const detail = found.kind === "missing" ? missing : `The thumbnail ${found.detail}.`;
  return [{ kind: `thumbnail-${found.kind}`, imageId: image.id, key, detail, mended }];
}

/** After a move, or a copy that somebody put back, the store has other versions of the same bytes than it had said. */
async function examineGenerations(
  { catalog, bucket }: ExaminePorts,
  { image, generations }: ImageRecord,
  { repair }: ExamineOptions,
): Promise<readonly Finding[]> {
  const [original, thumbnail] = await Promise.all([
    bucket.generation?.(image.keys.original),
    bucket.generation?.(image.keys.thumbnail),
  ]);
  if (original === generations.original && thumbnail === generations.thumbnail) return [];
  if (repair) await catalog.records.replaceGenerations(image.id, { original, thumbnail });
  const detail =
    "The database names other versions of its objects than the store has, as after a move to another store.";
  return [{ kind: "generations-stale", imageId: image.id, detail, mended: repair }];
}
