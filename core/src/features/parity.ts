import { descriptorWords, type LocalFeatures } from "./local-features.ts";
import type { Miniature } from "./miniature.ts";

/** What else was done to a picture besides moving it: nothing, mirrored left to right, made negative, or both. */
export const variants = ["plain", "mirrored", "inverted", "mirrored-inverted"] as const;

/** One of {@link variants}. */
export type Variant = (typeof variants)[number];

/**
 * Sign with which each class of projections answers to a mirrored and to an inverted picture.
 *
 * Mirroring swaps the rows of a keypoint's cells and reflects its directions; inverting turns the window by half a turn and leaves
 * the directions. Each projection is even or odd under both, so that a variant's descriptor is this one's with whole classes of
 * bits turned over: nothing need be computed again, and features that are stored can be searched for their mirror image.
 */
export const parities: readonly { readonly mirrored: 1 | -1; readonly inverted: 1 | -1 }[] = [
  { mirrored: 1, inverted: 1 },
  { mirrored: 1, inverted: -1 },
  { mirrored: -1, inverted: 1 },
  { mirrored: -1, inverted: -1 },
];

/** The words that turn a descriptor into that of the same keypoint in a variant of the picture. */
export function maskOf(variant: Variant): Uint32Array {
  const mask = new Uint32Array(descriptorWords);
  parities.forEach((parity, index) => {
    const sign = (isMirrored(variant) ? parity.mirrored : 1) * (isInverted(variant) ? parity.inverted : 1);
    if (sign < 0) mask.fill(0xffffffff, 2 * index, 2 * index + 2);
  });
  return mask;
}

export function isMirrored(variant: Variant): boolean {
  return variant === "mirrored" || variant === "mirrored-inverted";
}

function isInverted(variant: Variant): boolean {
  return variant === "inverted" || variant === "mirrored-inverted";
}

/** The features that the variant of the picture has, without looking at the picture again. */
export function variantOf(features: LocalFeatures, variant: Variant): LocalFeatures {
  if (variant === "plain") return features;
  const mask = maskOf(variant);
  const mirrored = isMirrored(variant);
  const half = isInverted(variant) ? 128 : 0;
  return {
    ...features,
    x: mirrored ? features.x.map((x) => features.width - x) : features.x,
    angle: features.angle.map((angle) => ((mirrored ? 128 - angle : angle) + half + 256) % 256),
    descriptors: features.descriptors.map((word, i) => word ^ (mask[i % descriptorWords] as number)),
    miniature: miniatureAs(features.miniature, { mirrored, inverted: half !== 0 }),
  };
}

function miniatureAs({ side, data }: Miniature, as: { mirrored: boolean; inverted: boolean }): Miniature {
  return {
    side,
    data: data.map((_, i) => {
      const from = as.mirrored ? i - (i % side) + side - 1 - (i % side) : i;
      return as.inverted ? 255 - (data[from] as number) : (data[from] as number);
    }),
  };
}
