import type { LocalFeatures } from "../features/local-features.ts";
import { storedMiniatureSide as side } from "../features/miniature.ts";
import type { Alignment } from "./align.ts";
import { appearances, detailOf } from "./appearance.ts";
import type { Query } from "./query.ts";
import { toneCurve } from "./tone-curve.ts";
import { warpQuery } from "./warp.ts";
import { windowCorrelations } from "./window-correlations.ts";

/** What two aligned pictures look like between their keypoints; 0 to 1 each but `exchanged`. */
export interface Likeness {
  /** Correlation of grey values that nine of ten windows reach; 1 without windows. */
  readonly tenth: number;
  /** The same of three quarters of them. */
  readonly quarter: number;
  /** Of the contrast in all windows, the share in those where the pictures differ. */
  readonly differing: number;
  /** Of the stored picture's detail, the share of which the query shows nothing, although its greys occur there. */
  readonly erased: number;
  /** The same of the query's detail in the stored picture. */
  readonly added: number;
  /**
   * What one picture shows in one piece and the other does not, of either the lesser, in grey levels summed over cells: a sticker adds and
   * hides at one place, a clock's hands are in one place and not in the other.
   */
  readonly exchanged: number;
}

/** What two pictures of the same would have at best. */
export const likest: Likeness = { tenth: 1, quarter: 1, differing: 0, erased: 0, added: 0, exchanged: 0 };

/** Least correlation of windows that show the same. */
const sameMin = 0.6;

/**
 * Compares the miniatures where the alignment lays the query on the target.
 *
 * Panels, forms and pages of one layout have keypoints that agree in looks and place, and differ in what lies between them: windows
 * do not correlate, or there is something in the one picture and nothing in the other. A copy may cover or add something, but seldom
 * erases: both at once are another picture's contents.
 */
export function likenessOf(alignment: Alignment, query: Query, target: LocalFeatures): Likeness {
  const seen = warpQuery(alignment, query, target);
  const expected = toneCurve(target.miniature.data, seen);
  const windows = windowCorrelations(expected, seen);
  const sorted = windows.correlations.slice().sort();
  let contrast = 0;
  let differing = 0;
  windows.correlations.forEach((correlation, i) => {
    contrast += windows.contrasts[i] as number;
    if (correlation < sameMin) differing += windows.contrasts[i] as number;
  });
  const known = seen.map((grey, i) => (grey >= 0 ? (target.miniature.data[i] as number) : Number.NaN));
  const detail = { target: detailOf(known, side), query: detailOf(seen, side), expected: detailOf(expected, side) };
  const added = appearances(detail.query, detail.expected);
  const missed = appearances(detail.target, detailOf(toneCurve(seen, known), side));
  return {
    tenth: sorted[Math.floor(sorted.length / 10)] ?? 1,
    quarter: sorted[sorted.length >> 2] ?? 1,
    differing: contrast > 0 ? differing / contrast : 0,
    erased: appearances(detail.expected, detail.query).share,
    added: added.share,
    exchanged: Math.min(added.largest, missed.largest),
  };
}
