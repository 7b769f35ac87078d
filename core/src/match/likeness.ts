import type { LocalFeatures } from "../features/local-features.ts";
import { type Miniature, reduceMiniature } from "../features/miniature.ts";
import type { Alignment } from "./align.ts";
import { inverseOf, mapPoint } from "./transform.ts";

/** What two aligned pictures look like between their keypoints. */
export interface Likeness {
  /** Windows of the target's miniature that lie on the query and in which both pictures have detail. */
  readonly windows: number;
  /** Correlation of grey values that three quarters of these windows reach; 1 without windows. */
  readonly correlation: number;
}

/** Cells along a side at which miniatures are compared. */
const comparedSide = 32;
/** Cells of the target's miniature along a window: small, so that some lie between what a layout repeats. */
const windowCells = 3;
/** Points along a side at which the query is read for one cell. */
const cellPoints = 3;
/** Least standard deviation in a window to speak of detail, in grey levels. */
const detailMin = 2.5;
/** How far an inlier bends the map around it, as a share of the target's longest side: perspective is not affine. */
const bendReach = 0.12;

/**
 * Compares the miniatures window by window, where the alignment lays the query on the target.
 *
 * Panels, forms and pages of one layout have keypoints that agree in looks and place, and differ in what lies between them. The lower
 * quartile overlooks a caption or a sticker, and sees differences that are everywhere.
 */
export function likenessOf(alignment: Alignment, query: LocalFeatures, target: LocalFeatures): Likeness {
  const seen = reduceMiniature(target.miniature, comparedSide);
  const warped = warp(alignment, query, { ...target, miniature: seen });
  const side = comparedSide;
  const correlations: number[] = [];
  for (let y = 0; y + windowCells <= side; y++)
    for (let x = 0; x + windowCells <= side; x++) {
      const correlation = correlate(seen, warped, { x, y });
      if (correlation !== undefined) correlations.push(correlation);
    }
  correlations.sort((a, b) => a - b);
  return { windows: correlations.length, correlation: correlations[correlations.length >> 2] ?? 1 };
}

/** The query's grey values in the cells of the target's miniature; NaN where the query does not reach. */
function warp(alignment: Alignment, query: LocalFeatures, target: LocalFeatures): Float64Array {
  const side = target.miniature.side;
  const back = inverseOf(alignment.transform);
  const bends = bendsOf(alignment, query, target);
  const warped = new Float64Array(side * side);
  const cellWidth = target.width / side;
  const cellHeight = target.height / side;
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [bendX, bendY] = bendAt(bends, (x + 0.5) * cellWidth, (y + 0.5) * cellHeight);
      let sum = 0;
      for (let j = 0; j < cellPoints; j++)
        for (let i = 0; i < cellPoints; i++) {
          const toX = (x + (i + 0.5) / cellPoints) * cellWidth - bendX;
          const toY = (y + (j + 0.5) / cellPoints) * cellHeight - bendY;
          const [u, v] = mapPoint(back, toX, toY);
          sum += greyAt(query.miniature, u / query.width, v / query.height);
        }
      warped[y * side + x] = sum / (cellPoints * cellPoints);
    }
  return warped;
}

interface Bends {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly byX: Float64Array;
  readonly byY: Float64Array;
  readonly reach: number;
}

/** How far each inlier lies from where the map puts it. */
function bendsOf({ inliers, transform }: Alignment, query: LocalFeatures, target: LocalFeatures): Bends {
  const bends = {
    x: new Float64Array(inliers.length),
    y: new Float64Array(inliers.length),
    byX: new Float64Array(inliers.length),
    byY: new Float64Array(inliers.length),
    reach: bendReach * Math.max(target.width, target.height),
  };
  inliers.forEach(({ query: i, target: j }, k) => {
    const [x, y] = mapPoint(transform, query.x[i] as number, query.y[i] as number);
    bends.x[k] = target.x[j] as number;
    bends.y[k] = target.y[j] as number;
    bends.byX[k] = (target.x[j] as number) - x;
    bends.byY[k] = (target.y[j] as number) - y;
  });
  return bends;
}

/** The mean bend of the inliers about a place, nearer ones counting more. */
function bendAt(bends: Bends, x: number, y: number): [number, number] {
  const reach = bends.reach * bends.reach;
  let weights = 0.5;
  let byX = 0;
  let byY = 0;
  for (let k = 0; k < bends.x.length; k++) {
    const dx = (bends.x[k] as number) - x;
    const dy = (bends.y[k] as number) - y;
    const away = (dx * dx + dy * dy) / reach;
    if (away >= 1) continue;
    const weight = (1 - away) * (1 - away);
    weights += weight;
    byX += weight * (bends.byX[k] as number);
    byY += weight * (bends.byY[k] as number);
  }
  return [byX / weights, byY / weights];
}

/** Grey value at a place given as shares of the sides, between the cells' centres by weight; NaN outside. */
function greyAt({ side, data }: Miniature, shareX: number, shareY: number): number {
  if (!(shareX >= 0 && shareX <= 1 && shareY >= 0 && shareY <= 1)) return Number.NaN;
  const x = Math.min(side - 1, Math.max(0, shareX * side - 0.5));
  const y = Math.min(side - 1, Math.max(0, shareY * side - 0.5));
  const left = Math.min(side - 2, Math.floor(x));
  const top = Math.min(side - 2, Math.floor(y));
  const at = top * side + left;
  const above = (data[at] as number) * (1 + left - x) + (data[at + 1] as number) * (x - left);
  const below = (data[at + side] as number) * (1 + left - x) + (data[at + side + 1] as number) * (x - left);
  return above * (1 + top - y) + below * (y - top);
}

/** Correlation of a window's cells; `undefined` where either picture has no detail or the query does not reach. */
function correlate(target: Miniature, warped: Float64Array, at: { x: number; y: number }): number | undefined {
  const count = windowCells * windowCells;
  let a = 0;
  let b = 0;
  let aa = 0;
  let bb = 0;
  let ab = 0;
  for (let y = at.y; y < at.y + windowCells; y++)
    for (let x = at.x; x < at.x + windowCells; x++) {
      const p = target.data[y * target.side + x] as number;
      const q = warped[y * target.side + x] as number;
      a += p;
      b += q;
      aa += p * p;
      bb += q * q;
      ab += p * q;
    }
  const varianceA = aa / count - (a / count) * (a / count);
  const varianceB = bb / count - (b / count) * (b / count);
  if (!(varianceA >= detailMin * detailMin && varianceB >= detailMin * detailMin)) return undefined;
  return (ab / count - (a / count) * (b / count)) / Math.sqrt(varianceA * varianceB);
}
