import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Api, outcomeOf } from "../api/client.ts";
import type { Outcome, Problem } from "../api/problem.ts";
import { hasImage, type SearchAnswer, type SearchResult, type StoredImage } from "../api/shapes.ts";
import { fingerprintFile } from "./fingerprint-file.ts";

/** What leaves this device for a search with a file. */
export type Sent = "picture" | "fingerprint";

/** What copies are looked for: a file of the person, or a picture that is kept here. */
export type Query =
  | { readonly kind: "file"; readonly file: File; readonly previewUrl: string; readonly sent: Sent }
  | { readonly kind: "stored"; readonly image: StoredImage };

/** Where a search stands. */
export type SearchState =
  | { readonly kind: "idle" }
  | { readonly kind: "running"; readonly query: Query }
  | { readonly kind: "found"; readonly query: Query; readonly result: SearchResult }
  | { readonly kind: "failed"; readonly query: Query; readonly problem: Problem };

const unreadable: Problem = {
  code: "undecodable-here",
  detail: "This browser cannot read that file as a picture. The server may: switch “without sending the picture” off.",
  errors: [],
  retryAfterS: undefined,
};
const range = { minScore: 0, limit: 50 };

/** The one search that is shown; a new one takes the place of the last. */
export class Search {
  readonly #api: Api;
  readonly #state = signal<SearchState>({ kind: "idle" });
  /** What is sent for the next file. */
  readonly sends: Signal<Sent> = signal<Sent>("picture");
  #controller = new AbortController();

  constructor(api: Api) {
    this.#api = api;
  }

  get state(): ReadonlySignal<SearchState> {
    return this.#state;
  }

  /** Looks for copies of a file. */
  async findFile(file: File): Promise<void> {
    const sent = this.sends.value;
    const query: Query = { kind: "file", file, previewUrl: URL.createObjectURL(file), sent };
    await this.#run(query, (aborted) =>
      sent === "picture" ? this.#askByPicture(file, aborted) : this.#askByFingerprint(file, aborted),
    );
  }

  /** Looks for copies of a picture that is kept here. */
  async findStored(image: StoredImage): Promise<void> {
    await this.#run({ kind: "stored", image }, (signal) => {
      const params = { path: { id: image.id }, query: range };
      return outcomeOf(this.#api.GET("/api/images/{id}/similar", { params, signal }));
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

  #askByPicture(file: File, aborted: AbortSignal): Promise<Outcome<SearchAnswer>> {
    const form = new FormData();
    form.append("image", file, file.name);
    const options = { params: { query: range }, bodySerializer: () => form, signal: aborted };
    return outcomeOf(this.#api.POST("/api/search", { ...options, body: { image: "" } }));
  }

  async #askByFingerprint(file: File, aborted: AbortSignal): Promise<Outcome<SearchAnswer>> {
    // An abort is noticed by whoever asked, as it is for a request.
    const answer = await fingerprintFile(file, aborted).catch(() => undefined);
    if (answer?.kind !== "read") return { kind: "problem", problem: unreadable };
    const options = { params: { query: range }, signal: aborted };
    return outcomeOf(this.#api.POST("/api/search", { ...options, body: { fingerprint: answer.fingerprint } }));
  }

  async #run(query: Query, call: (signal: AbortSignal) => Promise<Outcome<SearchAnswer>>): Promise<void> {
    this.clear();
    this.#controller = new AbortController();
    const { signal: aborted } = this.#controller;
    this.#state.value = { kind: "running", query };
    const outcome = await call(aborted);
    if (aborted.aborted) return;
    if (outcome.kind === "ok") {
      const result = { ...outcome.value, matches: outcome.value.matches.filter(hasImage) };
      this.#state.value = { kind: "found", query, result };
    } else {
      this.#state.value = { kind: "failed", query, problem: outcome.problem };
    }
  }
}
