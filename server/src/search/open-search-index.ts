import { MultiIndex } from "@utsuru/core/multi-index";
import type { IndexEntry } from "../ports.ts";
import { type FollowPorts, followChanges } from "./follow-changes.ts";
import { FollowedImages, type Freshness } from "./followed-images.ts";
import { type CodeIndexes, HeldImages } from "./held-images.ts";
import { keepSnapshots, loadSnapshot, type SnapshotPorts, type SnapshotTerms } from "./keep-snapshots.ts";
import { type SearchIndex, searchIndexOver } from "./search-index.ts";

/** A search index that follows the catalog until it is closed. */
export interface OpenSearchIndex extends SearchIndex {
  /** Images held. */
  readonly size: number;
  /** Stops following and writes the last snapshot. */
  close(): Promise<void>;
}

/** Images that follow the catalog until they are closed. */
export interface OpenImages {
  readonly followed: FollowedImages<IndexEntry, HeldImages>;
  /** Stops following and writes the last snapshot. */
  close(): Promise<void>;
}

/** When snapshots are due, and who is told how far the images follow the database. `newIndexes`: what holds the codes; others in tests. */
interface OpenOptions {
  readonly newIndexes?: () => CodeIndexes;
  readonly terms?: SnapshotTerms;
  readonly onFreshness?: (freshness: Freshness) => void;
}

/** Opens the index from its snapshot and what changed since, or from all images, and answers when it holds what the database does. */
export async function openSearchIndex(
  ports: FollowPorts & SnapshotPorts,
  options: OpenOptions = {},
): Promise<OpenSearchIndex> {
  const { followed, close } = await openImages(ports, options);
  await followed.caughtUp;
  return {
    ...searchIndexOver(followed, ports.clock),
    get size() {
      return followed.images.size;
    },
    close,
  };
}

/** Takes the images from their snapshot and follows what changed since; `followed` tells when they have caught up. */
export async function openImages(
  ports: FollowPorts & SnapshotPorts,
  { onFreshness = () => {}, newIndexes = multiIndexes, ...terms }: OpenOptions = {},
): Promise<OpenImages> {
  const kept = await loadSnapshot(ports);
  const from = { position: kept?.position, now: ports.clock.now() };
  const images = kept?.images ?? new HeldImages(newIndexes());
  const followed = new FollowedImages(images, from, onFreshness);
  const closing = new AbortController();
  const { signal } = closing;
  const following = followChanges(ports, followed, signal);
  const keeping = keepSnapshots(ports, followed, { ...terms, signal });
  return {
    followed,
    close: async () => {
      closing.abort();
      await Promise.all([following, keeping]);
    },
  };
}

function multiIndexes(): CodeIndexes {
  return { pdq: new MultiIndex(), dct256: new MultiIndex() };
}
