import type { Readable } from "node:stream";
import type { Failure } from "../errors.ts";

/** Bytes to store, whole and digested, that can be read again for every try. */
export interface ObjectBody {
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  /** 32 hexadecimal digits. */
  readonly md5: string;
  open(): Readable;
}

/** What a store knows of an object. */
export interface ObjectFacts {
  readonly bytes: number;
  /** As it was written beside the object when it was stored; `undefined` for what others put there. */
  readonly sha256: string | undefined;
  readonly generation: string;
}

/** Bytes of an object as they arrive, from `from` on. */
export interface ObjectPart {
  readonly facts: ObjectFacts;
  readonly from: number;
  readonly count: number;
  readonly stream: Readable;
}

/** What to read of an object: all of it, or `from` … `to`, both included; of one generation only, where it is named. */
export interface PartRequest {
  readonly from?: number;
  readonly to?: number;
  readonly generation?: string;
}

/** One page of a listing. */
export interface ObjectPage {
  readonly items: readonly { readonly name: string; readonly bytes: number; readonly modifiedAt: Date }[];
  readonly next: string | undefined;
}

/** What an error of a store's client means: `retry` may pass by itself. */
export interface Verdict {
  readonly kind: "retry" | "final";
  readonly failure: Failure | Error;
}

/** How long a link holds (seconds), and what whoever follows it is told of the object. */
export interface LinkTerms {
  readonly expiresS: number;
  readonly contentType: string;
  /** A Content-Disposition header (RFC 6266). */
  readonly contentDisposition: string;
}

/**
 * One try of each call that a cloud's store answers, by full object names. `cloudBucket` makes a `Bucket` of it: retries, time limits,
 * resumed and verified reads. Errors are the client's own, to be read by `judge`.
 */
export interface ObjectStore {
  /** The store's own name of an object: `gs://bucket/name`. */
  link(name: string): string;
  /**
   * Stores bytes under a name that is free, refused by the store itself when they do not digest to what the body says.
   * A store that knows no such precondition replaces.
   */
  create(
    name: string,
    body: ObjectBody,
    options: { readonly contentType: string; readonly signal: AbortSignal },
  ): Promise<{ readonly kind: "created"; readonly generation: string } | { readonly kind: "taken" }>;
  describe(name: string, signal: AbortSignal): Promise<ObjectFacts | undefined>;
  /** `range-not-satisfiable` is judged from its error. */
  read(name: string, part: PartRequest, signal: AbortSignal): Promise<ObjectPart | undefined>;
  remove(name: string, signal: AbortSignal): Promise<void>;
  list(
    prefix: string,
    page: { readonly after: string | undefined; readonly limit: number },
    signal: AbortSignal,
  ): Promise<ObjectPage>;
  /** `undefined` when the credentials cannot sign. */
  sign(name: string, terms: LinkTerms): Promise<string | undefined>;
  judge(error: unknown): Verdict;
}
