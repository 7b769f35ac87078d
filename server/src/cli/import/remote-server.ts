import { openAsBlob } from "node:fs";
import Type, { type Static, type TSchema } from "typebox";
import { Value } from "typebox/value";
import { StartError } from "../../errors.ts";
import type { PartsWhen } from "../../images/upload-image.ts";
import type { Visibility } from "../../ports.ts";
import { type Patience, persevere, Trouble } from "./persevere.ts";

/** A file to send. */
export interface Outgoing {
  readonly path: string;
  /** What it is to be called there. */
  readonly fileName: string;
}

/** What holds for all files of an upload. */
export interface UploadTerms {
  readonly visibility: Visibility;
  readonly parts: PartsWhen;
}

const Problem = Type.Object({ code: Type.String(), detail: Type.String() });
const Account = Type.Object({ user: Type.Object({ id: Type.String(), email: Type.String() }) });
const Checked = Type.Object({
  present: Type.Array(Type.Object({ sha256: Type.String(), id: Type.String() })),
  fileBytesMax: Type.Integer(),
});
const Result = Type.Union([
  Type.Object({
    status: Type.Union([Type.Literal("created"), Type.Literal("duplicate")]),
    image: Type.Object({ id: Type.String() }),
  }),
  Type.Object({ status: Type.Literal("rejected"), problem: Problem }),
]);
const Uploaded = Type.Object({ results: Type.Array(Result) });

/** What became of one file. */
export type UploadResult = Static<typeof Result>;

/** What became of a request: an answer for each file in order, or a refusal of all, perhaps because of one of them. */
export type UploadAnswer =
  | { readonly kind: "answered"; readonly results: readonly UploadResult[] }
  | { readonly kind: "refused"; readonly code: string; readonly detail: string };

/** How a server is reached. */
export interface RemoteOptions {
  readonly url: string;
  readonly token: string;
  readonly patience: Patience;
  /** Cuts requests in flight. */
  readonly signal: AbortSignal;
}

const callTimeoutMs = 60_000;
const uploadTimeoutMs = 15 * 60_000;
/** So often may the connection break with the same files while the server is well: then it is because of them. */
const breaksMax = 4;
const retryAfterSMax = 300;

/**
 * A server of Utsuru, over its API. Every call is repeated until it is answered, over restarts of the server and failures of the network;
 * throws `StartError` when that took too long, and for what no repetition mends: a token that does not hold, a server that is none of Utsuru.
 */
export class RemoteServer {
  readonly #options: RemoteOptions;

  constructor(options: RemoteOptions) {
    this.#options = options;
  }

  /** Whose token it is. */
  async account(): Promise<{ id: string; email: string }> {
    return (await this.#ask(Account, "/api/me", {})).user;
  }

  /** Which of up to a thousand checksums are there, and how large a file may be. */
  async check(sha256s: readonly string[]): Promise<Static<typeof Checked>> {
    const headers = { "content-type": "application/json" };
    return this.#ask(Checked, "/api/images/check", {
      method: "POST",
      headers,
      body: JSON.stringify({ sha256: sha256s }),
    });
  }

  /** Sends up to 32 files, streamed from disk. */
  async upload(files: readonly Outgoing[], terms: UploadTerms): Promise<UploadAnswer> {
    const { patience } = this.#options;
    for (let breaks = 1; ; breaks++) {
      try {
        return await persevere(() => this.#uploadOnce(files, terms), patience, ["asked"]);
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        await persevere(() => this.#call("/healthz", {}, callTimeoutMs), patience);
        if (breaks === breaksMax) return { kind: "refused", code: "connection-broken", detail: error.message };
      }
    }
  }

  async #uploadOnce(files: readonly Outgoing[], { visibility, parts }: UploadTerms): Promise<UploadAnswer> {
    const form = new FormData();
    form.append("visibility", visibility);
    if (parts === "later") form.append("parts", parts); // a server of an older version knows no such field
    for (const { path, fileName } of files) form.append("image", await blobOf(path), fileName);
    const response = await this.#call("/api/upload", { method: "POST", body: form }, uploadTimeoutMs);
    const body: unknown = response.body;
    if (Value.Check(Uploaded, body) && body.results.length === files.length) return { kind: "answered", ...body };
    if (response.status >= 400) return { kind: "refused", ...problemIn(response) };
    throw this.#notUtsuru(response.status);
  }

  async #ask<T extends TSchema>(shape: T, path: string, init: RequestInit): Promise<Static<T>> {
    const { status, body } = await persevere(() => this.#call(path, init, callTimeoutMs), this.#options.patience);
    if (Value.Check(shape, body)) return body;
    throw this.#notUtsuru(status);
  }

  #notUtsuru(status: number): StartError {
    return new StartError(`${this.#options.url} does not answer as this version of Utsuru does (status ${status}).`);
  }

  /** One try. Throws {@link Trouble} for what may pass, `StartError` for what stops everything. */
  async #call(path: string, init: RequestInit, timeoutMs: number): Promise<{ status: number; body: unknown }> {
    const { url, token, signal } = this.#options;
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}${path}`, { ...init, headers, redirect: "manual", signal: limit });
      text = await response.text();
    } catch (cause) {
      signal.throwIfAborted();
      throw new Trouble("broken", `No answer from ${url}: ${reasonOf(cause)}.`, { cause });
    }
    const answer = { status: response.status, body: parse(text) };
    refuse(url, response, answer);
    return answer;
  }
}

/** The file, read as it is sent. One that cannot be opened is sent as nothing, so that the server's answer stands for it. */
async function blobOf(path: string): Promise<Blob> {
  return openAsBlob(path).catch(() => new Blob([]));
}

/** Statuses that may pass: asked to wait, a proxy without its server, a full disk. */
const passing: ReadonlySet<number> = new Set([408, 429, 502, 503, 504, 507]);

function refuse(url: string, { status, headers }: Response, answer: { status: number; body: unknown }): void {
  const { detail } = problemIn(answer);
  if (status === 401 || status === 403)
    throw new StartError(`${url} does not accept the token: ${detail} Log in again.`);
  if (status >= 300 && status < 400)
    throw new StartError(`${url} sends one on to ${headers.get("location")}: give that server.`);
  if (!passing.has(status)) return;
  const seconds = Number.parseInt(headers.get("retry-after") ?? "", 10);
  const retryAfterMs = seconds >= 0 ? Math.min(seconds, retryAfterSMax) * 1000 : undefined;
  throw new Trouble("asked", `${url} answers ${status}: ${detail}`, { retryAfterMs });
}

function problemIn({ status, body }: { status: number; body: unknown }): { code: string; detail: string } {
  if (Value.Check(Problem, body)) return { code: body.code, detail: body.detail };
  return { code: `status-${status}`, detail: `The answer was ${status}, without a reason.` };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // an answer of some proxy's: its status says enough
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ("code" in cause ? String(cause.code) : cause.name);
}
