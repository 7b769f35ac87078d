import { type ReadonlySignal, signal } from "@preact/signals";
import { type Api, outcomeOf } from "../api/client.ts";
import type { Outcome, Problem } from "../api/problem.ts";
import type { SearchResult, StoredImage } from "../api/shapes.ts";

/** What copies are looked for: a file of the person, or a picture that is kept here. */
export type Query =
  | { readonly kind: "file"; readonly file: File; readonly previewUrl: string }
  | { readonly kind: "stored"; readonly image: StoredImage };

/** Where a search stands. */
export type SearchState =
  | { readonly kind: "idle" }
  | { readonly kind: "running"; readonly query: Query }
  | { readonly kind: "found"; readonly query: Query; readonly result: SearchResult }
  | { readonly kind: "failed"; readonly query: Query; readonly problem: Problem };

const matchesMax = 50;

/** The one search that is shown; a new one takes the place of the last. */
export class Search {
  readonly #api: Api;
  readonly #state = signal<SearchState>({ kind: "idle" });
  #controller = new AbortController();

  constructor(api: Api) {
    this.#api = api;
  }

  get state(): ReadonlySignal<SearchState> {
    return this.#state;
  }

  /** Looks for copies of a file. */
  async findFile(file: File): Promise<void> {
    const query: Query = { kind: "file", file, previewUrl: URL.createObjectURL(file) };
    await this.#run(query, (signal) => {
      const form = new FormData();
      form.append("image", file, file.name);
      const options = { params: { query: { limit: matchesMax } }, bodySerializer: () => form, signal };
      return outcomeOf(this.#api.POST("/api/search", { ...options, body: { image: "" } }));
    });
  }

  /** Looks for copies of a picture that is kept here; itself is not one of them. */
  async findStored(image: StoredImage): Promise<void> {
    await this.#run({ kind: "stored", image }, async (signal) => {
      const params = { path: { id: image.id }, query: { limit: matchesMax } };
      const outcome = await outcomeOf(this.#api.GET("/api/images/{id}/similar", { params, signal }));
      if (outcome.kind === "problem") return outcome;
      const matches = outcome.value.matches.filter((match) => match.image.id !== image.id);
      return { kind: "ok", value: { ...outcome.value, matches } };
    });
  }

  /** Takes a deleted picture out of what is shown. */
  forget(id: string): void {
    const state = this.#state.value;
    if (state.kind === "idle") return;
    if (state.query.kind === "stored" && state.query.image.id === id) {
      this.clear();
    } else if (state.kind === "found") {
      const matches = state.result.matches.filter(({ image }) => image.id !== id);
      this.#state.value = { ...state, result: { ...state.result, matches } };
    }
  }

  /** Ends the search and lets go of its picture. */
  clear(): void {
    this.#controller.abort();
    const state = this.#state.value;
    if (state.kind !== "idle" && state.query.kind === "file") URL.revokeObjectURL(state.query.previewUrl);
    this.#state.value = { kind: "idle" };
  }

  async #run(query: Query, call: (signal: AbortSignal) => Promise<Outcome<SearchResult>>): Promise<void> {
    this.clear();
    this.#controller = new AbortController();
    const { signal: aborted } = this.#controller;
    this.#state.value = { kind: "running", query };
    const outcome = await call(aborted);
    if (aborted.aborted) return;
    this.#state.value =
      outcome.kind === "ok"
        ? { kind: "found", query, result: outcome.value }
        : { kind: "failed", query, problem: outcome.problem };
  }
}
