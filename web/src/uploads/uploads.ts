import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import pLimit from "p-limit";
import { type Outcome, type Problem, readProblem, unreachable } from "../api/problem.ts";
import { sendForm } from "../api/send-form.ts";
import type { StoredImage, UploadResult, Visibility } from "../api/shapes.ts";
import type { Session } from "../session/session.ts";

/** How far one file has come. */
export type UploadState =
  | { readonly kind: "waiting" }
  | { readonly kind: "sending"; readonly share: number }
  | { readonly kind: "checking" }
  | { readonly kind: "created" | "duplicate"; readonly image: StoredImage }
  | { readonly kind: "rejected"; readonly detail: string }
  | { readonly kind: "cancelled" };

/** One file on its way. */
export interface Upload {
  readonly key: number;
  readonly file: File;
  readonly state: ReadonlySignal<UploadState>;
}

/** How many files stand where. */
export interface Tally {
  readonly total: number;
  readonly open: number;
  readonly created: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly cancelled: number;
}

/** Files sent at once: one fills the line while another is being decoded. */
const requestsMax = 3;
/** Times that a busy server is asked again, and the longest pause that is kept before. */
const retriesMax = 4;
const pauseMaxS = 30;

interface UploadsPorts {
  readonly session: Session;
  readonly onCreated: (image: StoredImage) => void;
}

interface Kept {
  readonly status: "created" | "duplicate";
  readonly image: StoredImage;
}

interface OpenUpload extends Upload {
  readonly state: Signal<UploadState>;
}

/** The files that were given to be kept, each its own request so that each has its own progress and outcome. */
export class Uploads {
  readonly #ports: UploadsPorts;
  readonly #limit = pLimit(requestsMax);
  readonly #list = signal<readonly OpenUpload[]>([]);
  /** Who may see and find what is added next. */
  readonly visibility: Signal<Visibility> = signal<Visibility>("public");
  readonly #tally = computed(() => tallyOf(this.#list.value));
  #controller = new AbortController();
  #keyNext = 0;

  constructor(ports: UploadsPorts) {
    this.#ports = ports;
  }

  get list(): ReadonlySignal<readonly Upload[]> {
    return this.#list;
  }

  get tally(): ReadonlySignal<Tally> {
    return this.#tally;
  }

  /** Queues the files; answers once each has its outcome. What was over before leaves the list. */
  async add(files: readonly File[]): Promise<void> {
    const added = files.map((file) => ({
      key: this.#keyNext++,
      file,
      state: signal<UploadState>({ kind: "waiting" }),
    }));
    this.#list.value = [...this.#list.value.filter(({ state }) => isOpen(state.value)), ...added];
    const { signal: aborted } = this.#controller;
    const visibility = this.visibility.value;
    await Promise.all(added.map((upload) => this.#limit(() => this.#run(upload, visibility, aborted))));
  }

  /** Calls off what has no outcome yet. A file whose bytes had all left may still be kept. */
  cancel(): void {
    this.#controller.abort();
    this.#controller = new AbortController();
  }

  /** Empties the list of what is over. */
  clear(): void {
    this.#list.value = this.#list.value.filter(({ state }) => isOpen(state.value));
  }

  async #run(upload: OpenUpload, visibility: Visibility, aborted: AbortSignal): Promise<void> {
    try {
      upload.state.value = await this.#attempt(upload, visibility, aborted);
    } catch {
      upload.state.value = aborted.aborted ? { kind: "cancelled" } : { kind: "rejected", detail: unreachable().detail };
    }
    const state = upload.state.value;
    if (state.kind === "created") this.#ports.onCreated(state.image);
  }

  async #attempt(upload: OpenUpload, visibility: Visibility, aborted: AbortSignal): Promise<UploadState> {
    for (let retries = 0; ; retries++) {
      const response = await this.#send(upload, visibility, aborted);
      const body: unknown = await response.json().catch(() => undefined);
      const outcome = readOutcome(response, body);
      if (outcome.kind === "ok") return { kind: outcome.value.status, image: outcome.value.image };
      const pauseS = pauseBeforeRetry(outcome.problem);
      if (pauseS === undefined || retries === retriesMax) return { kind: "rejected", detail: outcome.problem.detail };
      upload.state.value = { kind: "waiting" };
      await pause(pauseS * 1000, aborted);
    }
  }

  #send(upload: OpenUpload, visibility: Visibility, aborted: AbortSignal): Promise<Response> {
    const form = new FormData();
    // The field goes first: the server reads the parts as they come.
    form.append("visibility", visibility);
    form.append("image", upload.file, upload.file.name);
    const onProgress = (share: number): void => {
      upload.state.value = share < 1 ? { kind: "sending", share } : { kind: "checking" };
    };
    return this.#ports.session.send((token) => {
      upload.state.value = { kind: "sending", share: 0 };
      return sendForm("/api/upload", form, { token, signal: aborted, onProgress });
    });
  }
}

function isOpen(state: UploadState): boolean {
  return state.kind === "waiting" || state.kind === "sending" || state.kind === "checking";
}

function tallyOf(list: readonly Upload[]): Tally {
  const states = list.map(({ state }) => state.value);
  const count = (kind: UploadState["kind"]): number => states.filter((state) => state.kind === kind).length;
  return {
    total: states.length,
    open: states.filter(isOpen).length,
    created: count("created"),
    duplicate: count("duplicate"),
    rejected: count("rejected"),
    cancelled: count("cancelled"),
  };
}

/** What became of the one file: a refusal is either its own, in a list of results, or that of the whole request. */
function readOutcome(response: Response, body: unknown): Outcome<Kept> {
  const { status, image, problem } = readResult(body) ?? {};
  if (image !== undefined && (status === "created" || status === "duplicate")) {
    return { kind: "ok", value: { status, image } };
  }
  return { kind: "problem", problem: readProblem(response, problem ?? body) };
}

function readResult(body: unknown): UploadResult | undefined {
  if (typeof body !== "object" || body === null || !("results" in body) || !Array.isArray(body.results))
    return undefined;
  return body.results[0];
}

/** Seconds to wait before the same file may be sent again; `undefined` when that would change nothing. */
function pauseBeforeRetry({ code, retryAfterS }: Problem): number | undefined {
  const passing = code === "too-many-requests" || code === "overloaded";
  return passing ? Math.min(retryAfterS ?? 2, pauseMaxS) : undefined;
}

function pause(ms: number, aborted: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(aborted.reason);
    };
    if (aborted.aborted) stop();
    aborted.addEventListener("abort", stop, { once: true });
  });
}
