import type { Fingerprint } from "@utsuru/core/fingerprint";
import { qualityMin } from "@utsuru/core/score";
import { Failure } from "../errors.ts";
import { withLocalCopy } from "../images/local-copy.ts";
import type { Bucket, Catalog, Decoder, Image, StagedFile, Staging, Viewer } from "../ports.ts";
import type { Codes } from "./search-index.ts";

/** A picture to search with: a file, a stored image, or only its fingerprint. */
export interface Query {
  /** What is known of the file; a bare fingerprint has none. */
  readonly picture: { readonly width: number; readonly height: number; readonly sha256: string } | undefined;
  readonly fingerprint: Fingerprint;
  readonly codes: Codes;
  /** The stored image that this query is, if it is one. */
  readonly image: Image | undefined;
}

type Ports = { catalog: Catalog; bucket: Bucket; decoder: Decoder; staging: Staging };

/** Whether the fingerprint says enough of its picture to be searched with. */
export function isSearchable(query: Query): boolean {
  return query.fingerprint.quality >= qualityMin;
}

/** The query that a sent file is. Throws what the decoder throws. */
export async function queryOfFile(
  ports: Pick<Ports, "decoder">,
  file: StagedFile,
  signal: AbortSignal,
): Promise<Query> {
  const { width, height, fingerprint, codes } = await ports.decoder.inspect(file.path, { signal });
  return { picture: { width, height, sha256: file.sha256 }, fingerprint, codes, image: undefined };
}

/** The query that a bare fingerprint is, with those of its turned and mirrored codes that the caller knows. */
export function queryOfFingerprint(fingerprint: Fingerprint, turned: Codes = {}): Query {
  return { picture: undefined, fingerprint, codes: { ...turned, identity: fingerprint.code }, image: undefined };
}

/** The query that a stored image is. Its turned codes are not stored: they are computed from the original. Throws `not-found`. */
export async function queryOfImage(
  ports: Ports,
  imageId: string,
  access: { viewer: Viewer; signal: AbortSignal },
): Promise<Query> {
  const image = await ports.catalog.images.find(imageId, access.viewer);
  const fingerprint = image?.fingerprints.find(({ algorithm }) => algorithm === "pdq");
  if (!image || !fingerprint) throw new Failure("not-found", "There is no such image.");
  const { width, height, sha256 } = image;
  const codes =
    fingerprint.quality < qualityMin
      ? { identity: fingerprint.code }
      : await codesOfOriginal(ports, image, access.signal);
  return { picture: { width, height, sha256 }, fingerprint, codes, image };
}

async function codesOfOriginal(ports: Ports, image: Image, signal: AbortSignal): Promise<Codes> {
  const inspection = await withLocalCopy(ports, image, {
    signal,
    use: (path) => ports.decoder.inspect(path, { signal }),
  });
  return inspection.codes;
}
