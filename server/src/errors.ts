/** What the server lacks just now: the same may work later. */
const passingCodes = [
  "overloaded",
  "storage-full",
  "bucket-unavailable",
  "database-unavailable",
  "index-unavailable",
  "shutting-down",
] as const;
const passing: ReadonlySet<string> = new Set(passingCodes);

/**
 * The closed list of expected failures. Codes are stable: clients match on them, never on a text.
 * What each means over HTTP stands in http/problems.ts alone.
 */
export const failureCodes = [
  // what was asked
  "invalid-request",
  "malformed-request",
  "unsupported-media-type",
  "payload-too-large",
  "headers-too-large",
  "too-many-files",
  "request-timeout",
  "not-found",
  "nothing-in-common",
  "method-not-allowed",
  "range-not-satisfiable",
  // who asks
  "unauthenticated",
  "invalid-credentials",
  "email-taken",
  "password-too-long",
  "too-many-requests",
  // what was sent as a picture
  "unsupported-format",
  "image-too-large",
  "image-too-complex",
  "image-broken",
  "image-undecodable",
  ...passingCodes,
] as const;

/** A stable name of an expected failure. */
export type FailureCode = (typeof failureCodes)[number];

/** One field that was wrong, by its place (JSON Pointer, RFC 6901) and in a sentence. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** What may accompany a failure. */
export interface FailureOptions {
  readonly cause?: unknown;
  readonly errors?: readonly FieldError[];
  /** Seconds after which another try makes sense. */
  readonly retryAfterS?: number;
}

/** An expected failure: a code of the closed list and one sentence for the person who reads it. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: FailureCode;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfterS: number | undefined;

  constructor(code: FailureCode, detail: string, options: FailureOptions = {}) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.errors = options.errors;
    this.retryAfterS = options.retryAfterS;
  }
}

/** Whether trying the same again later may work; otherwise it is what was asked that is at fault. */
export function mayPass(failure: Failure): boolean {
  return passing.has(failure.code);
}

/** Why the program cannot start or go on, in one sentence for the person who runs it. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** An archive that ends too early, or is none. */
export class ArchiveError extends StartError {}
