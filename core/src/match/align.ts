import type { LocalFeatures } from "../features/local-features.ts";
import { descriptorDistances } from "../kernels/features.ts";
import { directionOf } from "../kernels/features-describe.ts";
import { determinantOf, fitTransform, inverseOf, mapPoint, type PointPair, type Transform } from "./transform.ts";

/** Two keypoints, one of each picture, that agree in looks and, with the others, in place. */
export interface Inlier {
  readonly query: number;
  readonly target: number;
  readonly distance: number;
}

/** How one picture's keypoints lie on another's. */
export interface Alignment {
  readonly transform: Transform;
  readonly inliers: readonly Inlier[];
  /** Keypoints of the query that fall inside the target, and the other way round. */
  readonly queryInside: number;
  readonly targetInside: number;
  readonly meetings: Meetings;
}

/** The target's keypoints at whose place and size the query has one too. */
export interface Meetings {
  /** Those of which one looks alike. */
  readonly agreeing: number;
  /** Those of which none does: where copies are hardly edited, another picture's contents. */
  readonly contradicting: number;
}

/** Descriptors farther apart than this are no match: the closest 0.1 % of wrong pairs start at 88 bits. */
export const distanceMax = 76;
/** The same, where the place already agrees. */
const guidedDistanceMax = 92;
/** The best match of a keypoint must be this much closer than its second best elsewhere (Lowe, IJCV 2004). */
const ratioMax = 0.88;
/** Agreement in place, as a share of the target's longest side; in facing, 1/256 turn; in scale, levels of 1.25. */
const placeTolerance = 0.02;
const angleTolerance = 22;
const scaleTolerance = 2.2;
/** A single match's scale and angle are rough: its map errs by this share of the distance from it. */
const leverage = 0.12;
const log125 = 1 / 0.22314355131420976;
/** Keypoints meet within a tenth of their windows and a fraction of a pixel (by level), and a level of scale. */
const meetingReach: readonly number[] = Array.from({ length: 16 }, (_, level) => 1.5 + 1.2 * levelFactor(level));
const meetingScale = 1.2;
/** No descriptor is as far. */
const farthest = 257;
const inliersMin = 3;
/** Matches whose claims are tried. */
const hypothesesMax = 80;

/** The best alignment of a query with a target, or `undefined` when fewer than three keypoints agree on one. */
export function align(query: LocalFeatures, target: LocalFeatures): Alignment | undefined {
  const pair = { query, target, distances: descriptorDistances(query.descriptors, target.descriptors) };
  const matches = matchDescriptors(pair);
  const seed = bestHypothesis(pair, matches);
  if (seed === undefined) return undefined;
  let transform: Transform = seed;
  for (const widening of [5, 2.5, 1.5, 1, 1]) {
    const near = withinTolerance({ ...pair, transform }, matches, widening);
    if (near.length < inliersMin) return undefined;
    transform = fitTransform(near.map((match) => pointsOf(pair, match)));
  }
  return guide({ ...pair, transform });
}

/** Two pictures and how their keypoints differ in looks. */
interface Pair {
  readonly query: LocalFeatures;
  readonly target: LocalFeatures;
  /** Differing bits of each query descriptor from each of the target's, row by row. */
  readonly distances: Uint16Array;
}

interface Pose extends Pair {
  readonly transform: Transform;
}

/** Each query keypoint's nearest target descriptor, where it is clearly nearer than any at another place. */
function matchDescriptors({ query, target, distances }: Pair): Inlier[] {
  const matches: Inlier[] = [];
  for (let i = 0; i < query.count; i++) {
    let first = 257;
    let second = 257;
    let best = -1;
    const row = i * target.count;
    for (let j = 0; j < target.count; j++) {
      const distance = distances[row + j] as number;
      if (distance >= second) continue;
      const elsewhere = best >= 0 && !samePlace(target, best, j);
      if (distance < first) {
        if (elsewhere) second = first;
        first = distance;
        best = j;
      } else if (elsewhere) second = distance;
    }
    if (first <= distanceMax && first <= ratioMax * second) matches.push({ query: i, target: best, distance: first });
  }
  return matches;
}

function samePlace(features: LocalFeatures, i: number, j: number): boolean {
  const dx = (features.x[i] as number) - (features.x[j] as number);
  const dy = (features.y[i] as number) - (features.y[j] as number);
  return dx * dx + dy * dy < 36;
}

/** Of the similarities that the nearest matches claim, the one that most matches agree with; ties go to the nearest. */
function bestHypothesis(pair: Pair, matches: readonly Inlier[]): Transform | undefined {
  const nearest = [...matches].sort((a, b) => a.distance - b.distance || a.query - b.query).slice(0, hypothesesMax);
  const columns = columnsOf(pair, matches);
  let best: Transform | undefined;
  let most = inliersMin - 1;
  for (const match of nearest) {
    const transform = claimOf(pair, match);
    const agreeing = countAgreeing(columns, { transform, origin: pointsOf(pair, match) }, most);
    if (agreeing <= most) continue;
    most = agreeing;
    best = transform;
  }
  return best;
}

/** Matches by columns: in pictures of repeated texture hundreds are compared with each claim. */
interface Columns {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly toX: Float32Array;
  readonly toY: Float32Array;
  readonly turn: Float64Array;
  readonly zoom: Float64Array;
  /** Within so many pixels of the target, and more the farther from the claim's origin, matches agree. */
  readonly reach: number;
}

function columnsOf({ query, target }: Pair, matches: readonly Inlier[]): Columns {
  return {
    x: Float32Array.from(matches, (match) => query.x[match.query] as number),
    y: Float32Array.from(matches, (match) => query.y[match.query] as number),
    toX: Float32Array.from(matches, (match) => target.x[match.target] as number),
    toY: Float32Array.from(matches, (match) => target.y[match.target] as number),
    turn: Float64Array.from(matches, (match) => turnBetween(query, target, match)),
    zoom: Float64Array.from(matches, (match) => zoomBetween(query, target, match)),
    reach: placeTolerance * Math.max(target.width, target.height),
  };
}

function claimOf({ query, target }: Pair, { query: i, target: j }: Inlier): Transform {
  const angle = ((target.angle[j] as number) - (query.angle[i] as number) + 256) % 256;
  const factor = levelFactor((target.scale[j] as number) - (query.scale[i] as number));
  const [cos, sin] = directionVector(angle);
  const a = factor * cos;
  const d = factor * sin;
  const x = query.x[i] as number;
  const y = query.y[i] as number;
  return [a, -d, (target.x[j] as number) - a * x + d * y, d, a, (target.y[j] as number) - d * x - a * y];
}

/** Matches that agree with a claim; `most` or fewer as soon as they cannot be more. */
function countAgreeing(
  { x, y, toX, toY, turn, zoom, reach }: Columns,
  { transform, origin }: { readonly transform: Transform; readonly origin: PointPair },
  most: number,
): number {
  const [a, b, c, d, e, f] = transform;
  const expected = { turn: turnOf(transform), zoom: zoomOf(transform) };
  const factor = leverage * levelFactor(expected.zoom);
  let count = 0;
  for (let i = 0; i < x.length && count + x.length - i > most; i++) {
    if (!isAlike(turn[i] as number, zoom[i] as number, expected)) continue;
    const fromX = x[i] as number;
    const fromY = y[i] as number;
    const byX = a * fromX + b * fromY + c - (toX[i] as number);
    const byY = d * fromX + e * fromY + f - (toY[i] as number);
    const farthestOff = reach + factor * (Math.abs(fromX - origin.x) + Math.abs(fromY - origin.y));
    if (byX * byX + byY * byY < farthestOff * farthestOff) count++;
  }
  return count;
}

function withinTolerance(pose: Pose, matches: readonly Inlier[], widening: number): Inlier[] {
  const { target, transform } = pose;
  const turn = turnOf(transform);
  const zoom = zoomOf(transform);
  const reach = widening * placeTolerance * Math.max(target.width, target.height);
  return matches.filter((match) => {
    if (!facesAlike(pose, match, { turn, zoom })) return false;
    const { x, y, toX, toY } = pointsOf(pose, match);
    const [mx, my] = mapPoint(transform, x, y);
    return (mx - toX) * (mx - toX) + (my - toY) * (my - toY) < reach * reach;
  });
}

/** Matches anew where the transform says that keypoints must be, one to one, nearest descriptors first; then fits and does so again. */
function guide(start: Pose): Alignment | undefined {
  const rows = rowsOf(start.target);
  let transform = start.transform;
  let inliers: Inlier[] = [];
  for (const widening of [1, 0.75]) {
    inliers = oneToOne(matchesInPlace({ ...start, transform }, rows, widening));
    if (inliers.length < inliersMin) return undefined;
    transform = fitTransform(inliers.map((match) => pointsOf(start, match)));
    if (!(Math.abs(determinantOf(transform)) > 1e-4)) return undefined;
  }
  return {
    transform,
    inliers,
    queryInside: countInside(start.query, transform, start.target),
    targetInside: countInside(start.target, inverseOf(transform), start.query),
    meetings: countMeetings({ ...start, transform }, rows),
  };
}

/** A picture's keypoints from top to bottom. */
interface Rows {
  readonly order: Uint16Array;
  readonly y: Float32Array;
}

function rowsOf({ count, y }: LocalFeatures): Rows {
  const order = Uint16Array.from({ length: count }, (_, i) => i).sort((a, b) => (y[a] as number) - (y[b] as number));
  return { order, y: Float32Array.from(order, (i) => y[i] as number) };
}

/** The first of the rows that is not above a height. */
function firstFrom({ y }: Rows, top: number): number {
  let low = 0;
  let high = y.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((y[middle] as number) < top) low = middle + 1;
    else high = middle;
  }
  return low;
}

function countMeetings(pose: Pose, rows: Rows): Meetings {
  const { query, target, transform } = pose;
  const zoom = zoomOf(transform);
  const reaches = Float64Array.from(target.scale, (scale) => meetingReach[Math.floor(scale)] as number);
  const reachMax = reaches.reduce((most, reach) => Math.max(most, reach), 0);
  const nearest = new Uint16Array(target.count).fill(farthest);
  for (let i = 0; i < query.count; i++) {
    const [x, y] = mapPoint(transform, query.x[i] as number, query.y[i] as number);
    const scale = (query.scale[i] as number) + zoom;
    for (
      let row = firstFrom(rows, y - reachMax);
      row < target.count && (rows.y[row] as number) <= y + reachMax;
      row++
    ) {
      const j = rows.order[row] as number;
      const dx = x - (target.x[j] as number);
      const dy = y - (target.y[j] as number);
      const reach = reaches[j] as number;
      if (dx * dx + dy * dy > reach * reach || Math.abs(scale - (target.scale[j] as number)) > meetingScale) continue;
      nearest[j] = Math.min(nearest[j] as number, pose.distances[i * target.count + j] as number);
    }
  }
  const agreeing = nearest.filter((distance) => distance <= guidedDistanceMax).length;
  const met = nearest.filter((distance) => distance < farthest).length;
  return { agreeing, contradicting: met - agreeing };
}

function matchesInPlace(pose: Pose, rows: Rows, widening: number): Inlier[] {
  const { query, target, transform } = pose;
  const turn = turnOf(transform);
  const zoom = zoomOf(transform);
  const reach = widening * placeTolerance * Math.max(target.width, target.height);
  const found: Inlier[] = [];
  for (let i = 0; i < query.count; i++) {
    const [x, y] = mapPoint(transform, query.x[i] as number, query.y[i] as number);
    for (let row = firstFrom(rows, y - reach); row < target.count && (rows.y[row] as number) <= y + reach; row++) {
      const j = rows.order[row] as number;
      const dx = x - (target.x[j] as number);
      const dy = y - (target.y[j] as number);
      if (dx * dx + dy * dy >= reach * reach) continue;
      if (!facesAlike(pose, { query: i, target: j }, { turn, zoom })) continue;
      const distance = pose.distances[i * target.count + j] as number;
      if (distance <= guidedDistanceMax) found.push({ query: i, target: j, distance });
    }
  }
  return found;
}

function oneToOne(matches: Inlier[]): Inlier[] {
  const queries = new Set<number>();
  const targets = new Set<number>();
  return matches
    .sort((a, b) => a.distance - b.distance || a.query - b.query || a.target - b.target)
    .filter(({ query, target }) => {
      if (queries.has(query) || targets.has(target)) return false;
      queries.add(query);
      targets.add(target);
      return true;
    });
}

/** Whether two keypoints are turned and sized towards each other as a map says. */
function facesAlike({ query, target }: Pair, match: Two, expected: { turn: number; zoom: number }): boolean {
  return isAlike(turnBetween(query, target, match), zoomBetween(query, target, match), expected);
}

type Two = { readonly query: number; readonly target: number };

/** By how much the second of two keypoints is turned against the first, 1/256 turn. */
function turnBetween(query: LocalFeatures, target: LocalFeatures, two: Two): number {
  return (target.angle[two.target] as number) - (query.angle[two.query] as number);
}

/** By how many levels it is larger. */
function zoomBetween(query: LocalFeatures, target: LocalFeatures, two: Two): number {
  return (target.scale[two.target] as number) - (query.scale[two.query] as number);
}

/** Whether a turn and a growth between two keypoints are those of a map. */
export function isAlike(
  turn: number,
  zoom: number,
  expected: { readonly turn: number; readonly zoom: number },
): boolean {
  if (Math.abs(zoom - expected.zoom) > scaleTolerance) return false;
  const around = Math.abs(turn - expected.turn) % 256;
  return Math.min(around, 256 - around) <= angleTolerance;
}

function countInside(features: LocalFeatures, transform: Transform, other: LocalFeatures): number {
  let count = 0;
  for (let i = 0; i < features.count; i++) {
    const [x, y] = mapPoint(transform, features.x[i] as number, features.y[i] as number);
    if (x >= 0 && y >= 0 && x <= other.width && y <= other.height) count++;
  }
  return count;
}

function pointsOf({ query, target }: Pair, match: { query: number; target: number }): PointPair {
  return {
    x: query.x[match.query] as number,
    y: query.y[match.query] as number,
    toX: target.x[match.target] as number,
    toY: target.y[match.target] as number,
  };
}

/** The turn of a map, 1/256 turn. */
export function turnOf([a, b, , d, e]: Transform): number {
  return directionOf(a + e, d - b);
}

/** The growth of a map in levels of 1.25. */
export function zoomOf(transform: Transform): number {
  return 0.5 * log125 * Math.log(Math.abs(determinantOf(transform)) + 1e-12);
}

function levelFactor(levels: number): number {
  return Math.exp(levels / log125);
}

function directionVector(angle: number): [number, number] {
  const radians = (angle * Math.PI) / 128;
  return [Math.cos(radians), Math.sin(radians)];
}
