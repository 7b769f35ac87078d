import { FeatureIndex } from "@utsuru/core/feature-index";
import type { LocalFeatures } from "@utsuru/core/local-features";
import { findPartialCopies } from "@utsuru/core/partial-copies";
import type { FeatureEntry } from "../ports.ts";
import { GoneImages } from "./gone-images.ts";
import type { Turn } from "./held-images.ts";
import type { PartMatch } from "./part-index.ts";

interface HeldRow {
  readonly slot: number;
  readonly turn: Turn;
}

/** Images whose local features are known, who may see them, and what finds them by a part: 11 kB each. */
export class HeldFeatures {
  readonly #index = new FeatureIndex();
  /** In the order of their turns. */
  readonly #rows = new Map<string, HeldRow>();
  readonly #ids: (string | undefined)[] = [];
  readonly #gone = new GoneImages();
  #turn: Turn = 0;

  /** Takes in an image that was just uploaded, unless the database was faster: then it is held already, or has gone again. */
  add(entry: FeatureEntry): void {
    if (!this.#rows.has(entry.imageId)) this.put(entry);
  }

  /** Takes in an image as the database has it, in place of what was held of it. */
  put({ imageId, audience, features: packed }: FeatureEntry): void {
    if (this.#gone.has(imageId)) return;
    this.#drop(imageId);
    const slot = packed && this.#index.addPacked(packed, audience);
    if (slot === undefined) return;
    this.#ids[slot] = imageId;
    this.#rows.set(imageId, { slot, turn: ++this.#turn });
  }

  remove(imageId: string): void {
    this.#turn++;
    this.#gone.add(imageId);
    this.#drop(imageId);
  }

  forgetGone(): void {
    this.#gone.forget();
  }

  now(): Turn {
    return this.#turn;
  }

  *rows(moment: Turn): Generator<{ readonly imageId: string }> {
    for (const [imageId, { turn }] of this.#rows) {
      if (turn > moment) return;
      yield { imageId };
    }
  }

  /** Every image of which the query shows a part and that the viewer may see, among so many of the likeliest; best first. */
  find(query: LocalFeatures, options: { readonly viewer: number; readonly candidatesMax: number }): PartMatch[] {
    return findPartialCopies(this.#index, query, options).flatMap(({ slot, ...match }) => {
      const imageId = this.#ids[slot];
      const held = this.#index.featuresOf(slot);
      if (imageId === undefined || held === undefined) return [];
      return [{ ...match, imageId, size: { width: held.width, height: held.height } }];
    });
  }

  #drop(imageId: string): void {
    const row = this.#rows.get(imageId);
    if (!row) return;
    this.#index.remove(row.slot);
    this.#ids[row.slot] = undefined;
    this.#rows.delete(imageId);
  }
}
