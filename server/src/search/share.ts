import type { ChangeFeed, FeedEvent, IndexEntry } from "../ports.ts";

/** One of several equal shares of a library's images, by number from 0. */
export interface Share {
  readonly number: number;
  readonly of: number;
}

/** In which of so many shares an image is: the last bits of its id are random. */
export function shareNumber(imageId: string, of: number): number {
  return Number.parseInt(imageId.slice(-8), 16) % of;
}

interface Followable {
  readonly images: { entries(): AsyncIterable<readonly IndexEntry[]> };
  readonly changes: ChangeFeed;
}

/** A catalog as if it had just the images of a share. */
export function shareOf({ images, changes }: Followable, share: Share): Followable {
  const isIn = ({ imageId }: { readonly imageId: string }): boolean => shareNumber(imageId, share.of) === share.number;
  return {
    images: { entries: () => batchesOf(images.entries(), isIn) },
    changes: { ...changes, follow: (from, signal) => eventsOf(changes.follow(from, signal), isIn) },
  };
}

type IsIn = (what: { readonly imageId: string }) => boolean;

async function* batchesOf(
  batches: AsyncIterable<readonly IndexEntry[]>,
  isIn: IsIn,
): AsyncIterable<readonly IndexEntry[]> {
  for await (const batch of batches) yield batch.filter(isIn);
}

async function* eventsOf(events: AsyncIterable<FeedEvent>, isIn: IsIn): AsyncIterable<FeedEvent> {
  for await (const event of events)
    yield event.kind === "changes" ? { ...event, changes: event.changes.filter(isIn) } : event;
}
