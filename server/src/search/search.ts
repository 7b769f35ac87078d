import type { LocalFeatures } from "@utsuru/core/local-features";
import { distanceMax } from "@utsuru/core/score";
import type { Catalog, Image, Viewer } from "../ports.ts";
import { alignmentOf, changeOf } from "./alignment.ts";
import { confirmed, copyEvidence, type Evidence, exactEvidence, partialEvidence } from "./match.ts";
import { nearestOf } from "./nearest.ts";
import type { PartIndex, PartMatch } from "./part-index.ts";
import { isTelling, searchedProbes } from "./probe.ts";
import type { Query } from "./query.ts";
import type { SearchIndex } from "./search-index.ts";

/** A stored image that the query is a copy of, as a whole or in part, and why. */
export interface Match extends Evidence {
  readonly image: Image;
}

/** What was looked at: whole pictures alone, or parts of them too. */
export type Stages = "global" | "all";

/** What a search found. */
export interface SearchResult {
  readonly query: Query;
  readonly stages: Stages;
  readonly index: { readonly images: number; readonly lagMs: number };
  readonly matches: readonly Match[];
  /** Whether there are, or for parts may be, more matches than the limit. */
  readonly truncated: boolean;
}

/** How much a caller wants, and when they have gone. */
export interface SearchOptions {
  readonly minScore: number;
  readonly limit: number;
  readonly viewer: Viewer;
  readonly signal: AbortSignal;
}

interface Ports {
  readonly catalog: Catalog;
  readonly index: SearchIndex;
  readonly parts: PartIndex;
}

/** What speaks for an image: the whole picture, parts of it, or both. */
interface Found {
  readonly imageId: string;
  readonly whole: Evidence | undefined;
  readonly part: PartMatch | undefined;
}

/**
 * Every copy of the query that the viewer may see: equal bytes, fingerprints within the distance at which two pictures are copies, and
 * pictures that share a part with it, where it has features; best score first, ties by id. A query that is a stored image is not found itself.
 */
export async function search(ports: Ports, query: Query, options: SearchOptions): Promise<SearchResult> {
  const { viewer, limit, minScore } = options;
  const looksAtParts = featuresOf(query) !== undefined;
  const [parts, whole, images] = await Promise.all([
    findParts(ports, query, options),
    findWhole(ports, query, options),
    ports.index.count(viewer),
  ]);
  const ranked = merge(whole, parts.matches)
    .filter((found) => found.imageId !== query.image?.id && scoreOf(found) >= minScore)
    .sort(byScoreThenId);
  const lags = [ports.index.lagMs(), ...(looksAtParts ? [ports.parts.lagMs()] : [])];
  return {
    query,
    stages: looksAtParts ? "all" : "global",
    index: { images, lagMs: Math.max(...lags) },
    matches: await withImages(ports.catalog, ranked.slice(0, limit), { query, viewer }),
    truncated: ranked.length > limit || parts.mayBeMore,
  };
}

/** The evidence of whole pictures by image: near codes, and equal bytes. */
async function findWhole(
  { catalog, index }: Ports,
  query: Query,
  { viewer, limit }: SearchOptions,
): Promise<Map<string, Evidence>> {
  const found = new Map<string, Evidence>();
  const near = await index.near(searchedProbes(query.probes), viewer);
  for (const { imageId, distance, ...change } of near) found.set(imageId, copyEvidence(distance, change));
  const sameBytes = query.picture ? await catalog.images.findBySha256(query.picture.sha256, viewer, limit + 1) : [];
  for (const { id } of sameBytes) found.set(id, exactEvidence);
  return found;
}

/** What parts are looked for by. */
function featuresOf(query: Query): LocalFeatures | undefined {
  return isTelling(query) ? query.picture?.features : undefined;
}

/** Images that are usually looked at closely, 0.8 ms of CPU each. */
const candidatesMax = 24;

/** Images that share a part with the query. When most of those looked at do, as many are looked at as are wanted. */
async function findParts(
  { parts }: Ports,
  query: Query,
  { viewer, limit, signal }: SearchOptions,
): Promise<{ readonly matches: readonly PartMatch[]; readonly mayBeMore: boolean }> {
  const features = featuresOf(query);
  if (!features) return { matches: [], mayBeMore: false };
  const few = await parts.find(features, { viewer, signal, candidatesMax });
  // One more than the limit tells whether there are more, and the query itself may be among them.
  const wanted = limit + 2;
  if (few.length <= candidatesMax / 2 || wanted <= candidatesMax)
    return { matches: few, mayBeMore: few.length === candidatesMax };
  const matches = await parts.find(features, { viewer, signal, candidatesMax: wanted });
  return { matches, mayBeMore: matches.length === wanted };
}

function merge(whole: ReadonlyMap<string, Evidence>, parts: readonly PartMatch[]): Found[] {
  const partOf = new Map(parts.map((part) => [part.imageId, part]));
  const ids = new Set([...whole.keys(), ...partOf.keys()]);
  return [...ids].map((imageId) => ({ imageId, whole: whole.get(imageId), part: partOf.get(imageId) }));
}

function scoreOf({ whole, part }: Found): number {
  return Math.max(whole?.score ?? 0, part?.score ?? 0);
}

function byScoreThenId(a: Found, b: Found): number {
  return scoreOf(b) - scoreOf(a) || (a.imageId < b.imageId ? -1 : 1);
}

/** Images that the catalog no longer shows to the viewer drop out: the index may know of a deletion a moment later. */
async function withImages(
  catalog: Catalog,
  found: readonly Found[],
  { query, viewer }: { readonly query: Query; readonly viewer: Viewer },
): Promise<Match[]> {
  if (found.length === 0) return [];
  const images = await catalog.images.findMany(
    found.map(({ imageId }) => imageId),
    viewer,
  );
  const byId = new Map(images.map((image) => [image.id, image]));
  return found.flatMap((one) => {
    const image = byId.get(one.imageId);
    const evidence = image && evidenceOf(one, query, image);
    return evidence ? [{ image, ...evidence }] : [];
  });
}

function evidenceOf({ whole, part }: Found, { picture, probes }: Query, image: Image): Evidence | undefined {
  if (!part || !picture?.features) return whole;
  const alignment = alignmentOf(part, {
    query: { own: picture, working: picture.features },
    target: { own: image, working: part.size },
  });
  const evidence = { score: part.score, alignment };
  if (whole) return confirmed(whole, evidence);
  const distance = nearestOf(probes, image.fingerprints)?.distance ?? distanceMax;
  return partialEvidence(evidence, { ...changeOf(part), distance });
}
