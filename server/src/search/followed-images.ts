import { IndexFullError } from "@utsuru/core/multi-index";
import { Failure } from "../errors.ts";
import type { FeedPosition, ImageChange } from "../ports.ts";
import type { Turn } from "./held-images.ts";

/** The feed says at least every second how far it is: when it has been silent for longer, the database cannot be read. */
const silentMs = 3_000;
/** So long a database may be away before a server without it is better left alone. */
const lostMs = 30_000;
/** Longer than any statement takes: what was read before an image went has been told, or never will be. */
const goneForMs = 2 * 60_000;

/** How far something follows the database. */
export interface Freshness {
  /** Whether it is known at all which images there are. */
  readonly isComplete: boolean;
  /** Whether a change is known that is not held yet. */
  readonly isBehind: boolean;
  /** Everything committed by then is held, unless it is behind. */
  readonly asOf: Date;
  /** Whether there was no room for an image: then not all are held until the next start. */
  readonly isFull: boolean;
}

/** Since when a change may be missing: what was committed before the last reading is held. */
export function lagMsOf({ isBehind, asOf }: Freshness, now: Date): number {
  const sinceMs = Math.max(0, now.getTime() - asOf.getTime());
  return isBehind || sinceMs > silentMs ? sinceMs : 0;
}

/** Why nothing is answered when there was no room for an image. */
export function noRoom(): Failure {
  const detail =
    "The search index has no room for all images. Started anew the server shares it out among as many threads as they need, unless UTSURU_INDEX_THREADS says how many.";
  return new Failure("index-unavailable", detail, { retryAfterS: 60 });
}

/** Throws `index-unavailable` while all images are read anew, when there was no room for one, or when the database could not be read for long. */
export function checkFreshness(freshness: Freshness, now: Date): void {
  if (freshness.isFull) throw noRoom();
  if (!freshness.isComplete)
    throw new Failure("index-unavailable", "The index is read anew from the database.", { retryAfterS: 5 });
  const lagMs = lagMsOf(freshness, now);
  if (lagMs > lostMs)
    throw new Failure(
      "index-unavailable",
      `The index has not followed the database for ${Math.round(lagMs / 1000)} s.`,
      { retryAfterS: 5 },
    );
}

/** Images that can be kept as the database has them. */
export interface KeptImages<Entry> {
  /** Takes in what was just uploaded, unless it is held already or has gone again. */
  add(entry: Entry): void;
  put(entry: Entry): void;
  remove(imageId: string): void;
  /** The moment: what is put from now on is younger. */
  now(): Turn;
  /** What is held that is as old as the moment. */
  rows(moment: Turn): Iterable<{ readonly imageId: string }>;
  /** Forgets which images had gone when this was last called. */
  forgetGone(): void;
}

/** Images held, and how far they follow the database. */
export class FollowedImages<Entry, Images extends KeptImages<Entry>> {
  readonly images: Images;
  /** Every change up to here is held; `undefined` until all images have been read. */
  position: FeedPosition | undefined;
  #asOf: Date;
  #isBehind = true;
  #isFull = false;
  #forgotAt: Date;
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly #onFreshness: (freshness: Freshness) => void;

  /** `onFreshness` is told whenever that changes. */
  constructor(
    images: Images,
    from: { readonly position: FeedPosition | undefined; readonly now: Date },
    onFreshness: (freshness: Freshness) => void = () => {},
  ) {
    this.images = images;
    this.#onFreshness = onFreshness;
    this.position = from.position;
    this.#asOf = from.now;
    this.#forgotAt = from.now;
  }

  /** Resolves when for the first time all is held that the database has, or is known to find no room. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  get freshness(): Freshness {
    const { position } = this;
    return { isComplete: position !== undefined, isBehind: this.#isBehind, asOf: this.#asOf, isFull: this.#isFull };
  }

  /** There is a change that is not held yet. */
  fallBehind(): void {
    this.#isBehind = true;
    this.#onFreshness(this.freshness);
  }

  /** Takes in an image that was just uploaded. One that finds no room is no failure of the upload: it is in the database. */
  add(entry: Entry): void {
    try {
      this.images.add(entry);
    } catch (error) {
      if (!(error instanceof IndexFullError)) throw error;
      this.overflow();
    }
  }

  /** There was no room for an image: from now on it is not known which there are, and no snapshot is of any use. */
  overflow(): void {
    this.#isFull = true;
    this.position = undefined;
    this.#onFreshness(this.freshness);
    this.#caughtUp.resolve();
  }

  /** @throws IndexFullError when there is no room for the image, or was none for another */
  take({ imageId, entry }: ImageChange<Entry>): void {
    if (this.#isFull) throw new IndexFullError("there was no room for an image before");
    if (entry) this.images.put(entry);
    else this.images.remove(imageId);
  }

  /** All is held that was committed by `asOf`. */
  reach({ position, asOf }: { readonly position: FeedPosition; readonly asOf: Date }): void {
    if (this.#isFull) return;
    this.position = position;
    this.#asOf = asOf;
    this.#isBehind = false;
    this.#caughtUp.resolve();
    this.#onFreshness(this.freshness);
    if (asOf.getTime() - this.#forgotAt.getTime() < goneForMs) return;
    this.images.forgetGone();
    this.#forgotAt = asOf;
  }
}
