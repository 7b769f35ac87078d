import type { LocalFeatures } from "../features/local-features.ts";
import { type Variant, variantOf } from "../features/parity.ts";
import { frameOf } from "./bars.ts";
import { cornerFillOf } from "./corner-fill.ts";

/** Whether a place, in cells of a miniature, was put there when the picture was turned or framed. */
export type Fill = (x: number, y: number) => boolean;

/** A query's features in one variant, and what of its miniature is no picture. */
export interface Query extends LocalFeatures {
  /** Looked for once, when first asked. */
  readonly fill: () => Fill;
}

/** What is the same for every picture that a query is compared with. */
export function queryAs(features: LocalFeatures, variant: Variant): Query {
  const query = variantOf(features, variant);
  let known: Fill | undefined;
  return {
    ...query,
    fill: () => {
      known ??= fillOf(query);
      return known;
    },
  };
}

function fillOf({ miniature }: LocalFeatures): Fill {
  const isCorner = cornerFillOf(miniature);
  const { left, top, right, bottom } = frameOf(miniature);
  return (x, y) => x < left || x > right || y < top || y > bottom || isCorner?.(x, y) === true;
}
