import type { LocalFeatures } from "../features/local-features.ts";
import { isMirrored, type Variant, variants } from "../features/parity.ts";
import type { FeatureIndex } from "./feature-index.ts";
import { groundsOf } from "./grounds.ts";
import { judge } from "./judge.ts";
import { likenessOf, likest } from "./likeness.ts";
import { type Overlap, overlapOf } from "./overlap.ts";
import { type Query, queryAs } from "./query.ts";
import { compose, type Transform } from "./transform.ts";
import { scoreOfAlignment } from "./verdict.ts";

/** A stored picture of which the query shows at least a part. */
export interface GeometricMatch extends Overlap {
  readonly slot: number;
  readonly variant: Variant;
  /** 75–100: see `scoreOfAlignment`. */
  readonly score: number;
  /** From the query's working pixels to the stored picture's (`LocalFeatures.width`, `height`). */
  readonly transform: Transform;
  /** Keypoints that agree in looks and place. */
  readonly inliers: number;
}

/** What a search for partial copies may cost and must respect. */
export interface PartialCopyOptions {
  /** Pictures that are aligned with the query: 0.8 ms of CPU each. Default 24. */
  readonly candidatesMax?: number;
  readonly variants?: readonly Variant[];
  /** Who asks: pictures of audience 0, and those of just this audience, are seen. Default 0. */
  readonly viewer?: number;
}

/** Every stored picture of which the query shows a part, best score first, ties by slot. */
export function findPartialCopies(
  index: FeatureIndex,
  query: LocalFeatures,
  options: PartialCopyOptions = {},
): GeometricMatch[] {
  const candidates = index.candidates(query, {
    count: options.candidatesMax ?? 24,
    variants: options.variants ?? variants,
    viewer: options.viewer ?? 0,
  });
  const asked = new Map<Variant, Query>();
  const askedAs = (variant: Variant): Query => {
    const known = asked.get(variant) ?? queryAs(query, variant);
    asked.set(variant, known);
    return known;
  };
  const matches: GeometricMatch[] = [];
  let refused = 0;
  for (const { slot, variant } of candidates) {
    const target = index.featuresOf(slot);
    const found = target && matchFeatures(askedAs(variant), target, variant);
    if (found?.match) matches.push({ ...found.match, slot });
    else if (found?.isCompared) refused++;
    if (refused === refusedMax) break;
  }
  return matches.sort((a, b) => b.score - a.score || a.slot - b.slot);
}

/**
 * So many pictures that lie on the query as a copy would and show something else: then the library is full of its make (dials, forms,
 * screens), and what shares less with it is not looked at. No answer to 700 edits of held-out photographs changed by it.
 */
const refusedMax = 12;

/** What came of laying the query on a picture: a match, or whether at least what lies between the keypoints was compared. */
interface Finding {
  readonly match?: Omit<GeometricMatch, "slot">;
  readonly isCompared: boolean;
}

const apart: Finding = { isCompared: false };
const unlike: Finding = { isCompared: true };

/** Whether two pictures show the same in any variant of the first: the best match, or `undefined`. */
export function comparePictures(query: LocalFeatures, target: LocalFeatures): Omit<GeometricMatch, "slot"> | undefined {
  return variants
    .flatMap((variant) => matchFeatures(queryAs(query, variant), target, variant).match ?? [])
    .sort((a, b) => b.score - a.score)[0];
}

function matchFeatures(query: Query, target: LocalFeatures, variant: Variant): Finding {
  const grounds = groundsOf(query, target);
  if (grounds === undefined) return apart;
  // No measure that speaks more for a copy makes the judge say less: what it refuses now needs no comparison.
  if (judge({ ...grounds, likeness: likest }) < 0) return apart;
  const { alignment, evidence } = grounds;
  if (judge({ ...grounds, likeness: likenessOf(alignment, query, target) }) < 0) return unlike;
  const score = scoreOfAlignment(evidence);
  const transform = isMirrored(variant)
    ? compose(alignment.transform, [-1, 0, query.width, 0, 1, 0])
    : alignment.transform;
  const inliers = alignment.inliers.length;
  return { isCompared: true, match: { variant, score, transform, inliers, ...overlapOf(transform, query, target) } };
}
