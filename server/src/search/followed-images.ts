import { Failure } from "../errors.ts";
import type { FeedPosition, ImageChange } from "../ports.ts";
import type { HeldImages } from "./held-images.ts";

/** The feed says at least every second how far it is: when it has been silent for longer, the database cannot be read. */
const silentMs = 3_000;
/** So long a database may be away before a server without it is better left alone. */
const lostMs = 30_000;
/** Longer than any statement takes: what was read before an image went has been told, or never will be. */
const goneForMs = 2 * 60_000;

/** Images held, and how far they follow the database. */
export class FollowedImages {
  readonly images: HeldImages;
  /** Every change up to here is held; `undefined` until all images have been read. */
  position: FeedPosition | undefined;
  #asOf: Date;
  #isBehind = true;
  #forgotAt: Date;
  readonly #caughtUp = Promise.withResolvers<void>();

  constructor(images: HeldImages, from: { readonly position: FeedPosition | undefined; readonly now: Date }) {
    this.images = images;
    this.position = from.position;
    this.#asOf = from.now;
    this.#forgotAt = from.now;
  }

  /** Resolves when for the first time all is held that the database has. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  /** There is a change that is not held yet. */
  fallBehind(): void {
    this.#isBehind = true;
  }

  take({ imageId, entry }: ImageChange): void {
    if (entry) this.images.put(entry);
    else this.images.remove(imageId);
  }

  /** All is held that was committed by `asOf`. */
  reach({ position, asOf }: { readonly position: FeedPosition; readonly asOf: Date }): void {
    this.position = position;
    this.#asOf = asOf;
    this.#isBehind = false;
    this.#caughtUp.resolve();
    if (asOf.getTime() - this.#forgotAt.getTime() < goneForMs) return;
    this.images.forgetGone();
    this.#forgotAt = asOf;
  }

  /** Since when a change may be missing: what was committed before the last reading is held. */
  lagMs(now: Date): number {
    const sinceMs = Math.max(0, now.getTime() - this.#asOf.getTime());
    return this.#isBehind || sinceMs > silentMs ? sinceMs : 0;
  }

  /** Throws `index-unavailable` while all images are read anew, or when the database could not be read for long. */
  check(now: Date): void {
    if (this.position === undefined)
      throw new Failure("index-unavailable", "The index is read anew from the database.", { retryAfterS: 5 });
    const lagMs = this.lagMs(now);
    if (lagMs > lostMs)
      throw new Failure(
        "index-unavailable",
        `The index has not followed the database for ${Math.round(lagMs / 1000)} s.`,
        {
          retryAfterS: 5,
        },
      );
  }
}
