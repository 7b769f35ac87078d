import { MultiIndex } from "@utsuru/core/multi-index";
import { type FollowPorts, followChanges } from "./follow-changes.ts";
import { FollowedImages } from "./followed-images.ts";
import { HeldImages } from "./held-images.ts";
import { keepSnapshots, loadSnapshot, type SnapshotPorts, type SnapshotTerms } from "./keep-snapshots.ts";
import { type SearchIndex, searchIndexOver } from "./search-index.ts";

/** A search index that follows the catalog until it is closed. */
export interface OpenSearchIndex extends SearchIndex {
  /** Images held. */
  readonly size: number;
  /** Stops following and writes the last snapshot. */
  close(): Promise<void>;
}

/** Opens the index from its snapshot and what changed since, or from all images, and answers when it holds what the database does. */
export async function openSearchIndex(
  ports: FollowPorts & SnapshotPorts,
  options: { readonly terms?: SnapshotTerms } = {},
): Promise<OpenSearchIndex> {
  const kept = await loadSnapshot(ports);
  const from = { position: kept?.position, now: ports.clock.now() };
  const followed = new FollowedImages(
    kept?.images ?? new HeldImages({ pdq: new MultiIndex(), dct256: new MultiIndex() }),
    from,
  );
  const closing = new AbortController();
  const { signal } = closing;
  const following = followChanges(ports, followed, signal);
  const keeping = keepSnapshots(ports, followed, { ...options, signal });
  await followed.caughtUp;
  return {
    ...searchIndexOver(followed, ports.clock),
    get size() {
      return followed.images.size;
    },
    close: async () => {
      closing.abort();
      await Promise.all([following, keeping]);
    },
  };
}
