import type { LocalFeatures } from "../features/local-features.ts";
import type { Alignment } from "./align.ts";
import { inverseOf, mapPoint, type Transform } from "./transform.ts";

/** What speaks for an alignment, each number free of units. */
export interface Evidence {
  /** Places of the target (of 16 × 16 px) in which an inlier lies, each counted by how near its best inlier's descriptor is: 0 to 1. */
  readonly weight: number;
  /** Of the places with keypoints that both pictures see, the share that has an inlier; of the two pictures the larger share. */
  readonly share: number;
  /** How much more the map stretches one direction than the other, from 1. */
  readonly stretch: number;
  /** Spread of the inliers across their narrow direction, as a share of the target's longest side (one standard deviation). */
  readonly breadth: number;
}

const placeSide = 16;
/** Descriptors this near, and nearer, count in full; those at `far` not at all. */
const near = 40;
const far = 88;

/** Weighs an alignment: crowds of keypoints in one place count once, as do those of a silhouette's edge, which all look alike. */
export function evidenceOf(alignment: Alignment, query: LocalFeatures, target: LocalFeatures): Evidence {
  const best = new Map<number, number>();
  const queryPlaces = new Set<number>();
  for (const { query: i, target: j, distance } of alignment.inliers) {
    const at = placeOf(target.x[j] as number, target.y[j] as number);
    best.set(at, Math.min(best.get(at) ?? far, distance));
    queryPlaces.add(placeOf(query.x[i] as number, query.y[i] as number));
  }
  let weight = 0;
  for (const distance of best.values()) weight += Math.min(1, Math.max(0, (far - distance) / (far - near)));
  const seenOfTarget = placesInside(target, inverseOf(alignment.transform), query);
  const seenOfQuery = placesInside(query, alignment.transform, target);
  return {
    weight: Math.min(weight, queryPlaces.size),
    share: Math.min(1, Math.max(best.size / Math.max(1, seenOfTarget), queryPlaces.size / Math.max(1, seenOfQuery))),
    stretch: stretchOf(alignment.transform),
    breadth: breadthOf(alignment, target),
  };
}

function placeOf(x: number, y: number): number {
  return Math.floor(y / placeSide) * 256 + Math.floor(x / placeSide);
}

/** Places of a picture with keypoints that the transform puts inside the other picture. */
function placesInside(features: LocalFeatures, transform: Transform, other: LocalFeatures): number {
  const places = new Set<number>();
  for (let i = 0; i < features.count; i++) {
    const x = features.x[i] as number;
    const y = features.y[i] as number;
    const [u, v] = mapPoint(transform, x, y);
    if (u >= 0 && v >= 0 && u <= other.width && v <= other.height) places.add(placeOf(x, y));
  }
  return places.size;
}

/** The ratio of the singular values of the linear part. */
function stretchOf([a, b, , d, e]: Transform): number {
  const sum = Math.sqrt((a + e) * (a + e) + (d - b) * (d - b));
  const difference = Math.sqrt((a - e) * (a - e) + (d + b) * (d + b));
  return (sum + difference) / Math.max(1e-9, Math.abs(sum - difference));
}

function breadthOf({ inliers }: Alignment, target: LocalFeatures): number {
  let mx = 0;
  let my = 0;
  for (const { target: j } of inliers) {
    mx += (target.x[j] as number) / inliers.length;
    my += (target.y[j] as number) / inliers.length;
  }
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (const { target: j } of inliers) {
    const x = (target.x[j] as number) - mx;
    const y = (target.y[j] as number) - my;
    xx += (x * x) / inliers.length;
    xy += (x * y) / inliers.length;
    yy += (y * y) / inliers.length;
  }
  const narrow = (xx + yy) / 2 - Math.sqrt(((xx - yy) * (xx - yy)) / 4 + xy * xy);
  return Math.sqrt(Math.max(0, narrow)) / Math.max(target.width, target.height);
}
