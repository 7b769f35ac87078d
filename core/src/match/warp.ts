import type { LocalFeatures } from "../features/local-features.ts";
import type { Miniature } from "../features/miniature.ts";
import type { Alignment } from "./align.ts";
import type { Fill, Query } from "./query.ts";
import { inverseOf, mapPoint } from "./transform.ts";

/** Points along a side at which the query is read for one cell. */
const cellPoints = 2;
/** How far an inlier bends the map around it, as a share of the target's longest side: perspective is not affine. */
const bendReach = 0.12;
/** Cells along a side that bend together. */
const bendCells = 4;

/** The query's grey values in the cells of the target's miniature; NaN where the query does not reach, or shows a bar or a corner that was filled. */
export function warpQuery(alignment: Alignment, query: Query, target: LocalFeatures): Float32Array {
  const side = target.miniature.side;
  const back = inverseOf(alignment.transform);
  const bends = bendsOf(alignment, query, target);
  const source = { ...query.miniature, isFill: query.fill() };
  const warped = new Float32Array(side * side);
  const cellWidth = target.width / side;
  const cellHeight = target.height / side;
  for (let top = 0; top < side; top += bendCells)
    for (let left = 0; left < side; left += bendCells) {
      const [bendX, bendY] = bendAt(bends, (left + bendCells / 2) * cellWidth, (top + bendCells / 2) * cellHeight);
      for (let i = 0; i < bendCells * bendCells; i++) {
        const x = left + (i % bendCells);
        const y = top + Math.floor(i / bendCells);
        let sum = 0;
        for (let p = 0; p < cellPoints * cellPoints; p++) {
          const toX = (x + ((p % cellPoints) + 0.5) / cellPoints) * cellWidth - bendX;
          const toY = (y + (Math.floor(p / cellPoints) + 0.5) / cellPoints) * cellHeight - bendY;
          const [u, v] = mapPoint(back, toX, toY);
          sum += greyAt(source, u / query.width, v / query.height);
        }
        warped[y * side + x] = sum / (cellPoints * cellPoints);
      }
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

/** A miniature, and which of its places are no picture. */
interface Source extends Miniature {
  readonly isFill: Fill;
}

/** Grey value at a place given as shares of the sides, between the cells' centres by weight; NaN outside and where it is no picture. */
function greyAt({ side, data, isFill }: Source, shareX: number, shareY: number): number {
  if (!(shareX >= 0 && shareX <= 1 && shareY >= 0 && shareY <= 1)) return Number.NaN;
  if (isFill(shareX * side, shareY * side)) return Number.NaN;
  const x = Math.min(side - 1, Math.max(0, shareX * side - 0.5));
  const y = Math.min(side - 1, Math.max(0, shareY * side - 0.5));
  const left = Math.min(side - 2, Math.floor(x));
  const top = Math.min(side - 2, Math.floor(y));
  const at = top * side + left;
  const above = (data[at] as number) * (1 + left - x) + (data[at + 1] as number) * (x - left);
  const below = (data[at + side] as number) * (1 + left - x) + (data[at + side + 1] as number) * (x - left);
  return above * (1 + top - y) + below * (y - top);
}
