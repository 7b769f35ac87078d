import type { CodeSpace } from "@utsuru/core/score";
import type { CodeNeighbour, IndexEntry } from "../ports.ts";
import type { Share } from "../search/share.ts";
import type { Close, FollowerSays } from "./following-thread.ts";

/** What the thread is started with. */
export interface ShardData {
  readonly databaseUrl: string;
  /** The file of its own that its snapshots are kept in. */
  readonly snapshotPath: string;
  readonly share: Share;
}

/** What a shard is asked: the codes near any of some, one after another in one piece, or how many images have one of the audiences. */
export type Question =
  | { readonly kind: "near"; readonly space: CodeSpace; readonly codes: Uint8Array; readonly viewer: number }
  | { readonly kind: "count"; readonly audiences: readonly number[] };

/** Neighbours, or how many images, as was asked. */
export type Answer = readonly CodeNeighbour[] | number;

/** What the thread is told and asked, one after the other; questions of one turn come together. */
export type ToShard =
  | { readonly kind: "add"; readonly entry: IndexEntry }
  | { readonly kind: "remove"; readonly imageId: string }
  | { readonly kind: "ask"; readonly questions: readonly Question[] }
  | Close;

/** One answer for each question, in their order. */
export type Answers = { readonly kind: "answers"; readonly answers: readonly Answer[] };

/** What the thread says. */
export type FromShard = FollowerSays | Answers;
