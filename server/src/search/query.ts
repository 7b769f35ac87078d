import type { Purpose } from "@utsuru/core/features";
import type { Fingerprint } from "@utsuru/core/fingerprint";
import type { LocalFeatures } from "@utsuru/core/local-features";
import { findImage } from "../images/find-image.ts";
import { orientedOf } from "../images/fingerprints-of.ts";
import { withLocalCopy } from "../images/local-copy.ts";
import { pdqOf } from "../images/pdq-of.ts";
import type { Bucket, Catalog, Decoder, Image, Inspection, StagedFile, Staging, Viewer } from "../ports.ts";
import { isTelling, type Probe } from "./probe.ts";

/** A file or stored image that is searched with. */
export interface QueriedPicture {
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
  /** Keypoints of its parts, where they were asked for. */
  readonly features: LocalFeatures | undefined;
}

/** A picture to search with: a file, a stored image, or only its fingerprint. */
export interface Query {
  /** What is known of the file; a bare fingerprint has none. */
  readonly picture: QueriedPicture | undefined;
  /** The PDQ fingerprint, which is shown, and whose quality decides whether the picture is searched with at all. */
  readonly fingerprint: Fingerprint;
  readonly probes: readonly Probe[];
  /** The stored image that this query is, if it is one. */
  readonly image: Image | undefined;
}

type Ports = { catalog: Catalog; bucket: Bucket; decoder: Decoder; staging: Staging };

/** How a picture is made a query: with features for a purpose, or without any. */
export interface QueryOptions {
  readonly features: Purpose | undefined;
  readonly signal: AbortSignal;
}

/** The query that a sent file is. Throws what the decoder throws. */
export async function queryOfFile(
  ports: Pick<Ports, "decoder">,
  file: StagedFile,
  options: QueryOptions,
): Promise<Query> {
  const inspection = await ports.decoder.inspect(file.path, options);
  return { picture: pictureOf(inspection, file.sha256), ...probesOf(inspection), image: undefined };
}

/** The query that a bare PDQ fingerprint is, with those of its turned and mirrored codes that the caller knows. */
export function queryOfFingerprint(fingerprint: Fingerprint, turned: Probe["codes"] = {}): Query {
  const probe = { fingerprint, codes: { ...turned, identity: fingerprint.code } };
  return { picture: undefined, fingerprint, probes: [probe], image: undefined };
}

/** The query that a stored image is. Its turned codes are not stored: they are computed from the original, and so are its features. Throws `not-found`. */
export async function queryOfImage(
  ports: Ports,
  imageId: string,
  access: QueryOptions & { viewer: Viewer },
): Promise<Query> {
  const { viewer, signal, features } = access;
  const image = await findImage(ports, imageId, viewer);
  const fingerprint = pdqOf(image);
  const { width, height, sha256 } = image;
  if (!isTelling({ fingerprint }) && features !== "store")
    return { picture: { width, height, sha256, features: undefined }, fingerprint, probes: [], image };
  const inspection = await withLocalCopy(
    ports,
    { image, viewer },
    {
      signal,
      use: (path) => ports.decoder.inspect(path, { signal, features }),
    },
  );
  return { picture: pictureOf(inspection, sha256), ...probesOf(inspection), image };
}

function pictureOf({ width, height, features }: Inspection, sha256: string): QueriedPicture {
  return { width, height, sha256, features };
}

function probesOf(inspection: Inspection): Pick<Query, "fingerprint" | "probes"> {
  return { fingerprint: inspection.pdq.fingerprint, probes: orientedOf(inspection) };
}
