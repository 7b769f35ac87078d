import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { ChangeFeed, FeedEvent, FeedPosition, IndexEntry } from "../../ports.ts";

const pollMs = 5;
const entriesPerBatch = 3;

/** Images and their change feed in memory: what an index follows. */
export class MemoryLibrary {
  readonly #name = randomUUID();
  readonly #images = new Map<string, IndexEntry>();
  readonly #log: { readonly imageId: string; readonly notedAt: number }[] = [];
  #pruned = 0;
  /** While it is away, the feed waits and all else fails. */
  isAway = false;
  /** Runs after a batch was read, before it is handed out. */
  afterBatch: () => Promise<void> = async () => {};

  readonly images = { entries: (): AsyncIterable<readonly IndexEntry[]> => this.#entries() };

  readonly changes: ChangeFeed = {
    position: async () => this.#position(),
    follow: (from, signal) => this.#follow(from, signal),
    prune: async (before) => {
      const kept = this.#log.findIndex(({ notedAt }) => notedAt >= before.getTime());
      const pruned = kept < 0 ? this.#log.length : kept;
      const count = Math.max(0, pruned - this.#pruned);
      this.#pruned += count;
      return count;
    },
  };

  async keep(entry: IndexEntry = someEntry()): Promise<string> {
    this.#images.set(entry.imageId, entry);
    this.#note(entry.imageId);
    return entry.imageId;
  }

  async forget(imageId: string): Promise<void> {
    if (this.#images.delete(imageId)) this.#note(imageId);
  }

  #note(imageId: string): void {
    this.#log.push({ imageId, notedAt: Date.now() });
  }

  #position(): FeedPosition {
    if (this.isAway) throw new Error("the library is away");
    return `${this.#name}/${this.#log.length}`;
  }

  async *#entries(): AsyncIterable<readonly IndexEntry[]> {
    const ids = [...this.#images.keys()];
    while (ids.length > 0) {
      const batch = ids.splice(0, entriesPerBatch).flatMap((id) => this.#images.get(id) ?? []);
      await this.afterBatch();
      yield batch;
    }
  }

  async *#follow(from: FeedPosition, signal: AbortSignal): AsyncIterable<FeedEvent> {
    const [name, end] = from.split("/");
    let told = name === this.#name ? Number(end) : Number.NaN;
    while (!signal.aborted) {
      if (!this.isAway) {
        if (!(told >= this.#pruned)) return yield { kind: "lost" };
        const asOf = new Date();
        const fresh = this.#log.slice(told);
        told += fresh.length;
        const position = this.#position();
        const changes = fresh.map(({ imageId }) => ({ imageId, entry: this.#images.get(imageId) }));
        if (changes.length > 0) yield { kind: "changes", changes };
        yield { kind: "reached", position, asOf };
      }
      await delay(pollMs, undefined, { signal }).catch(() => {});
    }
  }
}

/** A public image that was never seen before. */
export function someEntry(what: Partial<IndexEntry> = {}): IndexEntry {
  const fingerprints = (["pdq", "dct256"] as const).map((algorithm) => ({
    algorithm,
    code: new Uint8Array(randomBytes(32)),
    quality: 100,
  }));
  return { imageId: randomUUID(), audience: 0, fingerprints, ...what };
}
