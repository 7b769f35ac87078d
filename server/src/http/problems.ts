import { Failure, type FailureCode, type FieldError } from "../errors.ts";
import type { JobProblem } from "../ports.ts";

/** A failure as it goes over HTTP (RFC 9457), with what only this program's answers carry: `code` and `errors`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: FailureCode | "internal";
  readonly errors?: FieldError[];
}

/** The one place where failures get their HTTP status. */
const kinds: Readonly<Record<FailureCode, { readonly status: number; readonly title: string }>> = {
  "invalid-request": { status: 422, title: "The request is not valid" },
  "malformed-request": { status: 400, title: "The request cannot be read" },
  "unsupported-media-type": { status: 415, title: "The body is of a type that this call does not take" },
  "payload-too-large": { status: 413, title: "The request is too large" },
  "headers-too-large": { status: 431, title: "The headers are too large" },
  "too-many-files": { status: 422, title: "Too many files" },
  "request-timeout": { status: 408, title: "The request came too slowly" },
  "nothing-in-common": { status: 422, title: "The pictures have nothing in common" },
  "not-found": { status: 404, title: "Not found" },
  "method-not-allowed": { status: 405, title: "The method does not fit" },
  "range-not-satisfiable": { status: 416, title: "There are no such bytes" },
  unauthenticated: { status: 401, title: "Log in first" },
  "invalid-credentials": { status: 401, title: "Wrong e-mail address or password" },
  "email-taken": { status: 409, title: "The e-mail address is taken" },
  "password-too-long": { status: 422, title: "The password is too long" },
  "too-many-requests": { status: 429, title: "Too many requests" },
  "unsupported-format": { status: 415, title: "Not a picture of a known format" },
  "image-too-large": { status: 413, title: "The picture has too many pixels" },
  "image-too-complex": { status: 422, title: "The picture is too costly to decode" },
  "image-broken": { status: 422, title: "The picture is broken" },
  "image-undecodable": { status: 422, title: "The picture cannot be decoded" },
  overloaded: { status: 503, title: "Too much to do at the moment" },
  "storage-full": { status: 507, title: "The storage is full" },
  "bucket-unavailable": { status: 503, title: "The picture storage is not available" },
  "database-unavailable": { status: 503, title: "The database is not available" },
  "index-unavailable": { status: 503, title: "The search index does not know what the database holds" },
  "shutting-down": { status: 503, title: "The server is shutting down" },
};

/** The problem that a failure is, over HTTP. */
export function problemOf(failure: Failure): Problem {
  const { status, title } = kinds[failure.code];
  const problem = { type: `/problems/${failure.code}`, title, status, detail: failure.message, code: failure.code };
  return failure.errors ? { ...problem, errors: [...failure.errors] } : problem;
}

/** What is said of an error that nobody expected: nothing of its inside. */
export const internalProblem: Problem = {
  type: "/problems/internal",
  title: "The server made a mistake",
  status: 500,
  detail: "Something went wrong that should not have; the server's log says what.",
  code: "internal",
};

/** The problem that kept a file of a job from being taken in. */
export function storedProblem({ code, detail }: JobProblem): Problem {
  return code === "internal" ? { ...internalProblem, detail } : problemOf(new Failure(code, detail));
}
