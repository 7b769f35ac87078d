import { Failure } from "../errors.ts";
import type { Verdict } from "./object-store.ts";

/** Statuses of answers that may be other the next time (RFC 9110; 409: a store's conflict between two writers). */
const passingStatuses: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504]);

/** What Node and the clients call a connection that broke or was never made, or an answer that took too long. */
const passingCodes: ReadonlySet<string> = new Set([
  "ABORT_ERR",
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ESOCKETTIMEDOUT",
  "ETIMEDOUT",
  "UND_ERR_SOCKET",
]);

const passingNames: ReadonlySet<string> = new Set(["AbortError", "RequestTimeout", "SlowDown", "TimeoutError"]);

/** An error as all clients show it: a status of the store's answer, if it answered, and names for the rest. */
export interface StoreError {
  readonly status: number | undefined;
  readonly code: string;
  readonly name: string;
  readonly error: unknown;
}

/** What an error of a cloud's client means for whoever called. */
export function judgeStoreError({ status, code, name, error }: StoreError): Verdict {
  if (error instanceof Failure) return { kind: "final", failure: error };
  if (status === 507) return { kind: "final", failure: storageFull(error) };
  const passes =
    status === undefined
      ? passingCodes.has(code) || passingNames.has(name)
      : passingStatuses.has(status) || passingNames.has(name);
  if (passes) return { kind: "retry", failure: unavailable("The image store does not answer well just now.", error) };
  if (status === 401 || status === 403 || name === "CredentialsProviderError") {
    return { kind: "final", failure: unavailable("The image store takes no credentials that this server has.", error) };
  }
  if (status === 404) return { kind: "final", failure: unavailable("The image store has no such bucket.", error) };
  return { kind: "final", failure: unavailable("The image store did not do what it was asked.", error) };
}

export function storageFull(cause: unknown): Failure {
  return new Failure("storage-full", "The image store has no room left.", { cause, retryAfterS: 60 });
}

function unavailable(detail: string, cause: unknown): Failure {
  return new Failure("bucket-unavailable", detail, { cause, retryAfterS: 10 });
}
