import { descriptorWords, type LocalFeatures } from "@utsuru/core/local-features";
import type { Random } from "./strokes.ts";

/**
 * Features with 5 in 16 bits turned over of every descriptor, or of the share of keypoints named: no copies any more, but spread over the
 * keys as unevenly as photographs are.
 */
export function distorted(features: LocalFeatures, random: Random, share = 1): LocalFeatures {
  const bits = (): number => Math.floor(2 ** 32 * random());
  const chosen = Array.from({ length: features.count }, () => share === 1 || random() < share);
  const descriptors = features.descriptors.map((word, i) =>
    chosen[Math.floor(i / descriptorWords)] ? word ^ (bits() & (bits() | (bits() & bits()))) : word,
  );
  return { ...features, descriptors };
}
