import { Failure } from "../errors.ts";
import { withLocalCopy } from "../images/local-copy.ts";
import type { Bucket, Catalog, Decoder, OverlayMode, Staging, Viewer } from "../ports.ts";
import { compare } from "./compare.ts";
import { type Query, queryOfImage } from "./query.ts";

/** Two stored images of which one is laid on the other. */
export interface OverlayRequest {
  readonly lowerId: string;
  readonly upperId: string;
  readonly mode: OverlayMode;
  readonly viewer: Viewer;
  readonly signal: AbortSignal;
}

type Ports = { catalog: Catalog; bucket: Bucket; decoder: Decoder; staging: Staging };

/**
 * A WebP of the lower image with the upper one laid where it shows the same. Throws `not-found` unless the viewer may see both, and
 * `nothing-in-common` when neither is a copy of a part of the other.
 */
export async function overlayOf(ports: Ports, request: OverlayRequest): Promise<Uint8Array> {
  const { viewer, signal, mode } = request;
  const upper = await queryOfImage(ports, request.upperId, { viewer, signal, features: "query" });
  const lower = await queryOfImage(ports, request.lowerId, { viewer, signal, features: "store" });
  const transform = transformOf(upper, lower);
  const [low, high] = [lower.image, upper.image];
  if (!low || !high) throw new Error("the query of a stored image knows it");
  return withLocalCopy(
    ports,
    { image: low, viewer },
    {
      signal,
      use: (path) =>
        withLocalCopy(
          ports,
          { image: high, viewer },
          {
            signal,
            use: (upperPath) => ports.decoder.overlay(path, upperPath, { transform, mode, signal }),
          },
        ),
    },
  );
}

function transformOf(upper: Query, lower: Query) {
  const { evidence } = compare(upper, lower);
  if (evidence?.alignment) return evidence.alignment.transform;
  if (evidence?.verdict === "exact") return [1, 0, 0, 0, 1, 0] as const;
  throw new Failure("nothing-in-common", "Neither picture shows a part of the other.");
}
