import type { LocalFeatures } from "@utsuru/core/local-features";
import type { FeatureEntry } from "../ports.ts";
import type { Freshness } from "../search/followed-images.ts";
import type { PartMatch } from "../search/part-index.ts";

/** What the thread is started with. */
export interface ThreadData {
  readonly databaseUrl: string;
}

/** What the thread is told and asked, one after the other. */
export type ToThread =
  | { readonly kind: "add"; readonly entry: FeatureEntry }
  | { readonly kind: "remove"; readonly imageId: string }
  | {
      readonly kind: "find";
      readonly query: LocalFeatures;
      readonly viewer: number;
      readonly candidatesMax: number;
    }
  | { readonly kind: "close" };

/** What the thread says: `found` once for each `find`, in their order. */
export type FromThread =
  | { readonly kind: "ready" }
  | { readonly kind: "freshness"; readonly freshness: Freshness }
  | { readonly kind: "found"; readonly matches: readonly PartMatch[] }
  | { readonly kind: "notice"; readonly sentence: string };
