import { createHash, randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { create as createContentDisposition } from "content-disposition";
import { Failure } from "../errors.ts";
import type { Bucket, ByteRange, StoredObject } from "../ports.ts";
import { unsatisfiable } from "./byte-range.ts";
import { bodyOfContent, bodyOfFile } from "./object-body.ts";
import { isKey, splitKey, splitPrefix } from "./object-key.ts";
import type { ObjectBody, ObjectFacts, ObjectPart, ObjectStore, PartRequest } from "./object-store.ts";
import { resumedStream } from "./resumed-stream.ts";
import { callStore, type RetryTerms, retryTerms } from "./retries.ts";

/** Slowest upload that is waited for. */
const bytesPerMsMin = 100;
/** How often a put begins anew because what held its name was deleted before it could be looked at. */
const racesMax = 5;
const pageItems = 1000;
/** After a call whose tries were all in vain, others are tried but once for so long, or until one succeeds: nobody waits for a store that is known to be down. */
const downMs = 10_000;
const standardProbeMsMax = 60 * 60_000;

/** What a bucket in a cloud is made of. */
export interface CloudBucketOptions {
  readonly store: ObjectStore;
  /** Stands before every key: empty, or ends in a slash. */
  readonly prefix: string;
  readonly terms?: RetryTerms;
  /** Probes that are older were left by a crash. Default an hour. */
  readonly probeMsMax?: number;
}

/**
 * A `Bucket` over a cloud's object store. What may pass by itself is tried again with growing waits, reads go on where they broke and are
 * verified by SHA-256; a put is refused by the store itself when bytes were changed on the way.
 * Throws `bucket-unavailable`, `storage-full`, `range-not-satisfiable`.
 */
export function cloudBucket({
  store,
  prefix,
  terms = retryTerms,
  probeMsMax = standardProbeMsMax,
}: CloudBucketOptions): Bucket {
  const cloud = new Cloud(store, { prefix, terms, probeMsMax });
  return {
    put: async (key, body, { contentType, signal }) => {
      splitKey(key);
      signal?.throwIfAborted();
      const whole = "file" in body ? await bodyOfFile(body.file, signal) : bodyOfContent(body.content);
      return cloud.put(key, whole, { contentType, signal });
    },
    get: (key, { range, signal } = {}) => cloud.get(key, range, signal),
    size: async (key) => (await cloud.describe(key, undefined))?.bytes,
    generation: async (key) => (await cloud.describe(key, undefined))?.generation,
    delete: (key) => cloud.delete(key, undefined),
    list: (keyPrefix) => cloud.list(keyPrefix),
    check: (signal) => cloud.check(signal),
    signedUrl: (key, { expiresS, fileName, contentType }) => {
      splitKey(key);
      const header = createContentDisposition(fileName, { type: "inline" });
      return store.sign(prefix + key, { expiresS, contentType, contentDisposition: header });
    },
  };
}

interface PutOptions {
  readonly contentType: string;
  readonly signal: AbortSignal | undefined;
}

class Cloud {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #terms: RetryTerms;
  readonly #probeMsMax: number;
  /** Whether the store refuses to replace when it is asked to; learned by trying, once. */
  #refusesToReplace: Promise<boolean> | undefined;
  /** Until then (by the monotonic clock) a call that fails is not tried again. */
  #downUntilMs = 0;

  constructor(store: ObjectStore, { prefix, terms, probeMsMax }: Required<Omit<CloudBucketOptions, "store">>) {
    this.#store = store;
    this.#prefix = prefix;
    this.#terms = terms;
    this.#probeMsMax = probeMsMax;
  }

  async #call<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal | undefined, extraMs = 0): Promise<T> {
    const judge = (error: unknown) => this.#store.judge(error);
    const isDown = performance.now() < this.#downUntilMs;
    const terms = isDown ? { ...this.#terms, tries: 1 } : this.#terms;
    try {
      const answer = await callStore(call, { terms, judge, signal, extraMs });
      this.#downUntilMs = 0;
      return answer;
    } catch (error) {
      const isUnavailable = error instanceof Failure && error.code === "bucket-unavailable";
      if (isUnavailable && !isDown) this.#downUntilMs = performance.now() + downMs;
      throw error;
    }
  }

  async put(key: string, body: ObjectBody, { contentType, signal }: PutOptions): Promise<StoredObject> {
    const name = this.#prefix + key;
    const link = this.#store.link(name);
    for (let race = 0; race < racesMax; race += 1) {
      const created = await this.#createIfFree(name, body, { contentType, signal });
      if (created !== undefined) {
        return { key, bytes: body.bytes, sha256: body.sha256, generation: created, link };
      }
      const facts = await this.#call((trySignal) => this.#store.describe(name, trySignal), signal);
      if (facts === undefined) continue;
      const sha256 = facts.bytes === body.bytes ? await this.#sha256Of(name, facts, signal) : "of another size";
      if (sha256 !== body.sha256) {
        throw new Error(
          `expected SHA-256 ${body.sha256} under a name that is taken, found ${sha256} in ${link}: never replaced`,
        );
      }
      return { key, bytes: body.bytes, sha256, generation: facts.generation, link };
    }
    throw new Failure("overloaded", "The object was deleted again and again while it was stored.", { retryAfterS: 1 });
  }

  /** The generation that was created; `undefined` when the name is taken, perhaps by an earlier try whose answer was lost. */
  async #createIfFree(
    name: string,
    body: ObjectBody,
    { contentType, signal }: PutOptions,
  ): Promise<string | undefined> {
    const looksFirst = !(await this.#doesRefuseToReplace(signal));
    const create = async (trySignal: AbortSignal) => {
      if (looksFirst && (await this.#store.describe(name, trySignal)) !== undefined) return undefined;
      const outcome = await this.#store.create(name, body, { contentType, signal: trySignal });
      return outcome.kind === "created" ? outcome.generation : undefined;
    };
    return this.#call(create, signal, Math.ceil(body.bytes / bytesPerMsMin));
  }

  #doesRefuseToReplace(signal: AbortSignal | undefined): Promise<boolean> {
    this.#refusesToReplace ??= this.#tryToReplace().catch((error: unknown) => {
      this.#refusesToReplace = undefined;
      throw error;
    });
    signal?.throwIfAborted();
    return this.#refusesToReplace;
  }

  async #tryToReplace(): Promise<boolean> {
    const name = this.#probeName();
    const create = () =>
      this.#call(
        (signal) => this.#store.create(name, bodyOfContent(Buffer.from(name)), { contentType: "text/plain", signal }),
        undefined,
      );
    await create();
    const again = await create();
    await this.#call((signal) => this.#store.remove(name, signal), undefined);
    await this.#sweepProbes().catch(() => {}); // a put does not depend on it, and the next process tries again
    return again.kind === "taken";
  }

  /** Removes what processes left that were killed while they tried the store; no note names it. Once a process, before its first put. */
  async #sweepProbes(): Promise<void> {
    const first = { after: undefined, limit: pageItems };
    const page = await this.#call((signal) => this.#store.list(this.#probesPrefix, first, signal), undefined);
    for (const { name, modifiedAt } of page.items) {
      if (Date.now() - modifiedAt.getTime() < this.#probeMsMax) continue;
      await this.#call((signal) => this.#store.remove(name, signal), undefined);
    }
  }

  async #sha256Of(name: string, facts: ObjectFacts, signal: AbortSignal | undefined): Promise<string> {
    if (facts.sha256 !== undefined) return facts.sha256;
    const stream = await this.#open(name, { generation: facts.generation }, signal);
    const hash = createHash("sha256");
    for await (const chunk of stream?.stream ?? []) hash.update(chunk);
    return hash.digest("hex");
  }

  async get(key: string, range: ByteRange | undefined, signal: AbortSignal | undefined): ReturnType<Bucket["get"]> {
    splitKey(key);
    if (range !== undefined && !isRange(range)) throw unsatisfiable();
    return this.#open(this.#prefix + key, range ?? {}, signal);
  }

  async #open(
    name: string,
    part: PartRequest,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly bytes: number; readonly stream: Readable } | undefined> {
    const open = (wanted: PartRequest) =>
      this.#call(async (trySignal) => asWanted(await this.#store.read(name, wanted, trySignal), wanted), signal);
    const first = await open(part);
    if (first === undefined) {
      await this.#mustBeThere(signal);
      return undefined;
    }
    const stream = resumedStream(first, {
      reopen: open,
      judge: (error) => this.#store.judge(error),
      signal,
      tries: this.#terms.tries,
      silenceMsMax: this.#terms.tryMsMax,
    });
    return { bytes: first.count, stream };
  }

  async describe(key: string, signal: AbortSignal | undefined): Promise<ObjectFacts | undefined> {
    splitKey(key);
    const facts = await this.#call((trySignal) => this.#store.describe(this.#prefix + key, trySignal), signal);
    if (facts === undefined) await this.#mustBeThere(signal);
    return facts;
  }

  /** Fails when the bucket itself has gone: stores answer 404 for that too, and then nothing may be called absent. */
  async #mustBeThere(signal: AbortSignal | undefined): Promise<void> {
    await this.#call(
      (trySignal) => this.#store.list(this.#probeName(), { after: undefined, limit: 1 }, trySignal),
      signal,
    );
  }

  async delete(key: string, signal: AbortSignal | undefined): Promise<void> {
    splitKey(key);
    await this.#call((trySignal) => this.#store.remove(this.#prefix + key, trySignal), signal);
  }

  async *list(keyPrefix: string): ReturnType<Bucket["list"]> {
    splitPrefix(keyPrefix);
    let after: string | undefined;
    do {
      const start = { after, limit: pageItems };
      const page = await this.#call((signal) => this.#store.list(this.#prefix + keyPrefix, start, signal), undefined);
      for (const { name, bytes, modifiedAt } of page.items) {
        const key = name.slice(this.#prefix.length);
        if (isKey(key)) yield { key, bytes, modifiedAt };
      }
      after = page.next;
    } while (after !== undefined);
  }

  async check(signal: AbortSignal): Promise<void> {
    const name = this.#probeName();
    const body = bodyOfContent(Buffer.from(name));
    await this.#call(
      (trySignal) => this.#store.create(name, body, { contentType: "text/plain", signal: trySignal }),
      signal,
    );
    const facts = await this.#call((trySignal) => this.#store.describe(name, trySignal), signal);
    await this.#call((trySignal) => this.#store.remove(name, trySignal), signal);
    if (facts?.bytes !== body.bytes) {
      throw new Failure("bucket-unavailable", "The image store does not have what it has just taken.");
    }
  }

  /** `~` is in no key, so a probe never meets an object. */
  #probeName(): string {
    return `${this.#probesPrefix}${randomUUID()}`;
  }

  get #probesPrefix(): string {
    return `${this.#prefix}~probe/`;
  }
}

/** A part that begins where it was asked to. Some servers answer a range beyond the end, or any range, with the whole object. */
function asWanted(part: ObjectPart | undefined, { from = 0 }: PartRequest): ObjectPart | undefined {
  if (part === undefined) return part;
  const isThere = from === 0 || from < part.facts.bytes;
  if (isThere && part.from === from) return part;
  part.stream.destroy();
  if (!isThere) throw unsatisfiable();
  throw new Failure("bucket-unavailable", "The image store answered another part of an object than it was asked for.");
}

function isRange({ from, to }: ByteRange): boolean {
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && to >= from;
}
