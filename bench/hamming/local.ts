import { MultiIndex } from "@utsuru/core/multi-index";
import { scanIndex } from "@utsuru/core/scan-index";
import { Index, MetricKind, ScalarKind } from "usearch";
import { type Peer, radius, timed } from "./peer.ts";
import { codeBytes } from "./sets.ts";

/** Ours: the index. */
export function multiIndexPeer(index: MultiIndex): Peer {
  return {
    name: "**Utsuru, multi-index hashing**",
    bytesPerCode: index.bytes / index.size,
    answer: (query) => timed(() => index.within(query, radius).length),
    close: async () => {},
  };
}

export function builtIndex(codes: Uint8Array): MultiIndex {
  const index = new MultiIndex({ codesMax: Math.max(codes.length / codeBytes, 1_000_000) });
  index.addAll(codes, new Uint32Array(codes.length / codeBytes));
  return index;
}

/** Ours: comparing every code, in plain TypeScript. */
export function scanPeer(codes: Uint8Array): Peer {
  const index = scanIndex();
  for (let at = 0; at < codes.length; at += codeBytes) index.add(codes.subarray(at, at + codeBytes), 0);
  return {
    name: "Utsuru, plain scan in TypeScript",
    bytesPerCode: 37,
    answer: (query) => timed(() => index.within(query, radius).length),
    close: async () => {},
  };
}

const nearestCount = 50;

/** usearch's graph answers the nearest 50, approximately; those within the radius are counted. `undefined` when it takes longer than `buildMsMax` to build. */
export function usearchPeer(codes: Uint8Array, buildMsMax: number): Peer | undefined {
  const config = { metric: MetricKind.Hamming, quantization: ScalarKind.B1, connectivity: 16, multi: false };
  const index = new Index({ ...config, dimensions: 256, expansion_add: 128, expansion_search: 64 });
  const batch = 1000;
  const begun = performance.now();
  for (let from = 0; from < codes.length; from += batch * codeBytes) {
    if (performance.now() - begun > buildMsMax) return undefined;
    const part = codes.subarray(from, from + batch * codeBytes);
    const keys = BigUint64Array.from({ length: part.length / codeBytes }, (_, i) => BigInt(from / codeBytes + i));
    index.add(keys, spread(part));
  }
  return {
    name: "usearch HNSW (npm; approximate)",
    answer: (query) => {
      const vector = spread(query);
      return timed(
        () => index.search(vector, nearestCount, 1).distances.filter((distance) => distance <= radius).length,
      );
    },
    close: async () => {},
  };
}

/** usearch's JavaScript takes a number for each bit. */
function spread(codes: Uint8Array): Uint8Array {
  const bits = new Uint8Array(codes.length * 8);
  for (let bit = 0; bit < bits.length; bit++) bits[bit] = ((codes[bit >> 3] as number) >> (bit & 7)) & 1;
  return bits;
}
