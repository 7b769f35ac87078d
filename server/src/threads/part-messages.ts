import type { LocalFeatures } from "@utsuru/core/local-features";
import type { FeatureEntry } from "../ports.ts";
import type { PartMatch } from "../search/part-index.ts";
import type { Close, FollowerSays } from "./following-thread.ts";

/** What the thread is started with. */
export interface PartThreadData {
  readonly databaseUrl: string;
}

/** What the thread is told and asked, one after the other. */
export type ToPartThread =
  | { readonly kind: "add"; readonly entry: FeatureEntry }
  | { readonly kind: "remove"; readonly imageId: string }
  | {
      readonly kind: "find";
      readonly query: LocalFeatures;
      readonly viewer: number;
      readonly candidatesMax: number;
    }
  | Close;

/** An answer: once for each `find`, in their order. */
export type PartsFound = { readonly kind: "found"; readonly matches: readonly PartMatch[] };

/** What the thread says. */
export type FromPartThread = FollowerSays | PartsFound;
