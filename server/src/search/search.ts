import type { Catalog, Image, Viewer } from "../ports.ts";
import { copyEvidence, type Evidence, exactEvidence } from "./match.ts";
import { isTelling } from "./probe.ts";
import type { Query } from "./query.ts";
import type { SearchIndex } from "./search-index.ts";

/** A stored image that the query is a copy of, and why. */
export interface Match extends Evidence {
  readonly image: Image;
}

/** What a search found. */
export interface SearchResult {
  readonly query: Query;
  readonly index: { readonly images: number; readonly lagMs: number };
  readonly matches: readonly Match[];
  /** Whether there were more matches than the limit. */
  readonly truncated: boolean;
}

/** How much a caller wants. */
export interface SearchOptions {
  readonly minScore: number;
  readonly limit: number;
}

type Found = Evidence & { readonly imageId: string };

/**
 * Every copy of the query that the viewer may see: equal bytes, and fingerprints within the distance at which two pictures
 * are copies; best score first, ties by id. A query that is a stored image is not found itself.
 */
export async function search(
  ports: { catalog: Catalog; index: SearchIndex },
  query: Query,
  options: SearchOptions & { viewer: Viewer },
): Promise<SearchResult> {
  const { viewer, limit, minScore } = options;
  const found = new Map<string, Found>();
  const [near, count] = await Promise.all([
    isTelling(query) ? ports.index.near(query.probes, viewer) : [],
    ports.index.count(viewer),
  ]);
  for (const { imageId, distance, ...change } of near)
    found.set(imageId, { imageId, ...copyEvidence(distance, change) });
  const sameBytes = query.picture
    ? await ports.catalog.images.findBySha256(query.picture.sha256, viewer, limit + 1)
    : [];
  for (const image of sameBytes) found.set(image.id, { imageId: image.id, ...exactEvidence });
  if (query.image) found.delete(query.image.id);
  const ranked = [...found.values()].filter(({ score }) => score >= minScore).sort(byScoreThenId);
  return {
    query,
    index: { images: count, lagMs: ports.index.lagMs() },
    matches: await withImages(ports.catalog, ranked.slice(0, limit), viewer),
    truncated: ranked.length > limit,
  };
}

/** Images that the catalog no longer shows to the viewer drop out: the index may know of a deletion a moment later. */
async function withImages(catalog: Catalog, found: readonly Found[], viewer: Viewer): Promise<Match[]> {
  if (found.length === 0) return [];
  const images = await catalog.images.findMany(
    found.map(({ imageId }) => imageId),
    viewer,
  );
  const byId = new Map(images.map((image) => [image.id, image]));
  return found.flatMap(({ imageId, ...evidence }) => {
    const image = byId.get(imageId);
    return image ? [{ image, ...evidence }] : [];
  });
}

function byScoreThenId(a: Found, b: Found): number {
  return b.score - a.score || (a.imageId < b.imageId ? -1 : 1);
}
