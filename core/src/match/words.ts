import type { Variant } from "../features/parity.ts";
import { turnOf } from "./align.ts";
import { cornersOf, type Extent, overlapOf } from "./overlap.ts";
import { determinantOf, inverseOf, mapPoint, type Transform } from "./transform.ts";

/** A map of the query on the stored picture, and what it lies between. */
export interface Laid {
  /** From the query's pixels to the target's; mirrored queries have a negative determinant. */
  readonly transform: Transform;
  readonly variant: Variant;
  readonly query: Extent;
  readonly target: Extent;
}

/** Less than this of a side, or of an area, is not worth a word: it is within the error of the fit. */
const noticeable = 0.03;

/**
 * What was done to the stored picture to get the query, in words: «mirrored, turned 8°, cropped to 62 %».
 *
 * «Turned» is clockwise for positive angles. A picture that was not visibly changed in place is «the same framing».
 */
export function describeEdit(laid: Laid): string {
  const parts = [...looks(laid), ...turned(laid), ...stretched(laid), ...cropped(laid), ...surrounded(laid)];
  return parts.length === 0 ? "the same framing" : parts.join(", ");
}

function looks({ transform, variant }: Laid): string[] {
  const inverted = variant === "inverted" || variant === "mirrored-inverted";
  return [...(determinantOf(transform) < 0 ? ["mirrored"] : []), ...(inverted ? ["negative"] : [])];
}

function turned({ transform }: Laid): string[] {
  const degrees = Math.round((-turnOf(upright(transform)) * 360) / 256);
  const signed = (((degrees % 360) + 540) % 360) - 180;
  return Math.abs(signed) < 2 ? [] : [`turned ${signed === -180 ? 180 : signed}°`];
}

/** The map without its mirroring. */
function upright(transform: Transform): Transform {
  const [a, b, c, d, e, f] = transform;
  return determinantOf(transform) < 0 ? [-a, b, c, -d, e, f] : transform;
}

function stretched({ transform }: Laid): string[] {
  const [a, b, , d, e] = transform;
  const across = Math.sqrt(a * a + d * d);
  const down = Math.sqrt(b * b + e * e);
  const ratio = across / down;
  if (Math.abs(ratio - 1) < 2 * noticeable) return [];
  return ratio > 1 ? [`narrowed to ${percent(1 / ratio)} %`] : [`flattened to ${percent(ratio)} %`];
}

function cropped({ transform, query, target }: Laid): string[] {
  const { targetOverlapPercent } = overlapOf(transform, query, target);
  return targetOverlapPercent > 100 * (1 - noticeable) ? [] : [`cropped to ${Math.round(targetOverlapPercent)} %`];
}

/** Where in the query the stored picture ends before the query does. */
function surrounded({ transform, query, target }: Laid): string[] {
  const { queryOverlapPercent } = overlapOf(transform, query, target);
  if (queryOverlapPercent > 100 * (1 - noticeable)) return [];
  const back = inverseOf(transform);
  const corners = cornersOf(target).map(([x, y]) => mapPoint(back, x, y));
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const sides = [
    { name: "left", room: Math.min(...xs) / query.width },
    { name: "right", room: 1 - Math.max(...xs) / query.width },
    { name: "top", room: Math.min(...ys) / query.height },
    { name: "bottom", room: 1 - Math.max(...ys) / query.height },
  ].filter(({ room }) => room > noticeable);
  const share = `filling ${Math.round(queryOverlapPercent)} %`;
  if (sides.length === 4) return [`set into a larger picture, ${share} of it`];
  if (sides.length === 0) return [`with corners filled, ${share} of the picture`];
  return [`extended at the ${sides.map(({ name }) => name).join(" and the ")}, ${share} of the picture`];
}

function percent(share: number): number {
  return Math.round(100 * share);
}
