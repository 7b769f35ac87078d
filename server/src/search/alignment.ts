import { describeEdit } from "@utsuru/core/describe-edit";
import { type Orientation, orientations } from "@utsuru/core/orientations";
import type { GeometricMatch } from "@utsuru/core/partial-copies";
import { rescaleTransform, type Transform } from "@utsuru/core/transform";
import type { Change } from "./probe.ts";

/** How a query lies on a stored picture, both as a person sees them. */
export interface Alignment {
  /** From the query's pixels to the stored picture's. */
  readonly transform: Transform;
  /** How much of each picture the other one shows. */
  readonly queryOverlapPercent: number;
  readonly targetOverlapPercent: number;
  /** Keypoints that agree in looks and place. */
  readonly inliers: number;
  /** What was done to the stored picture to get the query, in words. */
  readonly description: string;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Two aligned pictures, each by its own size and by the size in which its keypoints lie. */
export interface AlignedSizes {
  readonly query: { readonly own: Size; readonly working: Size };
  readonly target: { readonly own: Size; readonly working: Size };
}

/** What a match of working pictures says of the pictures themselves. */
export function alignmentOf(match: Omit<GeometricMatch, "slot">, { query, target }: AlignedSizes): Alignment {
  const transform = rescaleTransform(
    match.transform,
    { from: query.working, to: query.own },
    { from: target.working, to: target.own },
  );
  const { variant, inliers, queryOverlapPercent, targetOverlapPercent } = match;
  const description = describeEdit({ transform, variant, query: query.own, target: target.own });
  return { transform, queryOverlapPercent, targetOverlapPercent, inliers, description };
}

/** What each symmetry does to the axes: where it puts a step to the right, and a step down. */
const axesOf: Readonly<Record<Orientation, readonly [number, number, number, number]>> = {
  identity: [1, 0, 0, 1],
  "rotate-90": [0, 1, -1, 0],
  "rotate-180": [-1, 0, 0, -1],
  "rotate-270": [0, -1, 1, 0],
  "flip-horizontal": [-1, 0, 0, 1],
  "flip-vertical": [1, 0, 0, -1],
  transpose: [0, 1, 1, 0],
  transverse: [0, -1, -1, 0],
};

/** The symmetry that comes nearest to what was done to the stored picture, and whether its colours were inverted. */
export function changeOf({ transform, variant }: Pick<GeometricMatch, "transform" | "variant">): Change {
  const [a, b, , d, e] = transform;
  // The way back, from the stored picture to the query, turns the other way: its matrix is about the transpose.
  const likeness = (orientation: Orientation): number => {
    const [rightX, rightY, downX, downY] = axesOf[orientation];
    return rightX * a + rightY * b + downX * d + downY * e;
  };
  const orientation = orientations.reduce((best, one) => (likeness(one) > likeness(best) ? one : best));
  return { orientation, inverted: variant === "inverted" || variant === "mirrored-inverted" };
}
