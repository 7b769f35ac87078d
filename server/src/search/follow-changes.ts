import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { IndexFullError } from "@utsuru/core/multi-index";
import type { ChangeFeed, FeedEvent, FeedPosition, IndexEntry } from "../ports.ts";
import { type FollowedImages, type KeptImages, noRoom } from "./followed-images.ts";

/** So many take some milliseconds; then requests have their turn. */
const sliceSize = 250;
const retryMs = 1_000;

/** What following works with; `notice` is told in a sentence what whoever runs the server should know. */
export interface FollowPorts<Entry = IndexEntry> {
  readonly catalog: {
    readonly images: { entries(): AsyncIterable<readonly Entry[]> };
    readonly changes: ChangeFeed<Entry>;
  };
  readonly notice: (sentence: string) => void;
}

type Followed<Entry> = FollowedImages<Entry, KeptImages<Entry>>;

/**
 * Keeps images as the catalog has them, whoever changes it, until the signal aborts; reads them all anew where the feed cannot tell.
 * Ends when there is no room for one: trying again would read all of them in vain.
 */
export async function followChanges<Entry extends { readonly imageId: string }>(
  ports: FollowPorts<Entry>,
  followed: Followed<Entry>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      followed.position ??= await readAll(ports, followed, signal);
      const feed = ports.catalog.changes.follow(followed.position, signal);
      for await (const event of feed) await take(ports, { followed, event }, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof IndexFullError) {
        followed.overflow();
        return ports.notice(noRoom().message);
      }
      ports.notice(`The index cannot follow the database and will try again: ${String(error)}`);
      // The signal ends the wait by rejecting it, and then the loop.
      await delay(retryMs, undefined, { signal }).catch(() => {});
    }
  }
}

async function take<Entry>(
  ports: FollowPorts<Entry>,
  { followed, event }: { readonly followed: Followed<Entry>; readonly event: FeedEvent<Entry> },
  signal: AbortSignal,
): Promise<void> {
  switch (event.kind) {
    case "changes":
      followed.fallBehind();
      return inSlices(event.changes, (change) => followed.take(change), signal);
    case "reached":
      return followed.reach(event);
    case "lost":
      ports.notice(
        "The database cannot tell what changed since the index was last up to date: all images are read anew.",
      );
      followed.position = undefined;
      followed.fallBehind();
      return;
    default:
      return event satisfies never;
  }
}

/** Reads all images in place of those held, which are found meanwhile, and returns from where on the changes are to be followed. */
async function readAll<Entry extends { readonly imageId: string }>(
  ports: FollowPorts<Entry>,
  followed: Followed<Entry>,
  signal: AbortSignal,
): Promise<FeedPosition> {
  const { images } = followed;
  const position = await ports.catalog.changes.position();
  const begun = images.now();
  for await (const batch of ports.catalog.images.entries())
    await inSlices(batch, (entry) => followed.take({ imageId: entry.imageId, entry }), signal);
  // What is as old as that was not seen; what others add meanwhile is younger.
  await inSlices(images.rows(begun), ({ imageId }) => images.remove(imageId), signal);
  return position;
}

async function inSlices<T>(items: Iterable<T>, work: (item: T) => void, signal: AbortSignal): Promise<void> {
  let done = 0;
  for (const item of items) {
    work(item);
    if (++done % sliceSize === 0) await turn(undefined, { signal });
  }
}
