import { type ReadonlySignal, signal } from "@preact/signals";
import { type Api, outcomeOf } from "../api/client.ts";
import type { Problem } from "../api/problem.ts";
import type { StoredImage } from "../api/shapes.ts";

/** One's own pictures as far as they were fetched, newest first. */
export interface Shelf {
  readonly images: readonly StoredImage[];
  /** Where the next page starts; `undefined` when there is none. */
  readonly next: string | undefined;
  readonly status: { readonly kind: "loading" | "ready" } | { readonly kind: "failed"; readonly problem: Problem };
}

const pageSize = 48;

/** The gallery of one's own pictures, a page at a time. */
export class Gallery {
  readonly #api: Api;
  readonly #shelf = signal<Shelf>({ images: [], next: undefined, status: { kind: "loading" } });

  constructor(api: Api) {
    this.#api = api;
  }

  get shelf(): ReadonlySignal<Shelf> {
    return this.#shelf;
  }

  /** Fetches the first page, or the one after those that are here. */
  async fetchMore(): Promise<void> {
    const cursor = this.#shelf.value.next;
    this.#shelf.value = { ...this.#shelf.value, status: { kind: "loading" } };
    const query = { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
    const outcome = await outcomeOf(this.#api.GET("/api/images", { params: { query } }));
    // Read anew: pictures may have been added or deleted meanwhile.
    const shelf = this.#shelf.value;
    if (outcome.kind === "problem") {
      this.#shelf.value = { ...shelf, status: { kind: "failed", problem: outcome.problem } };
      return;
    }
    const { items, next } = outcome.value;
    const known = new Set(shelf.images.map(({ id }) => id));
    const images = [...shelf.images, ...items.filter(({ id }) => !known.has(id))];
    this.#shelf.value = { images, next: next ?? undefined, status: { kind: "ready" } };
  }

  /** Puts a picture in front that was just uploaded. */
  add(image: StoredImage): void {
    const shelf = this.#shelf.value;
    const others = shelf.images.filter(({ id }) => id !== image.id);
    this.#shelf.value = { ...shelf, images: [image, ...others] };
  }

  /** Deletes a picture on the server, then here; brings what stood in the way. One that was gone already counts as deleted. */
  async delete(id: string): Promise<Problem | undefined> {
    const outcome = await outcomeOf(this.#api.DELETE("/api/images/{id}", { params: { path: { id } } }));
    if (outcome.kind === "problem" && outcome.problem.code !== "not-found") return outcome.problem;
    const shelf = this.#shelf.value;
    this.#shelf.value = { ...shelf, images: shelf.images.filter((image) => image.id !== id) };
    return undefined;
  }
}
