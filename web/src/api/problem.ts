/** Why something could not be done, in the server's words where it gave any (RFC 9457). */
export interface Problem {
  /** The server's stable code, or one of the page's own: `unreachable`, `unreadable`, `session-ended`. */
  readonly code: string;
  /** One sentence for the person who reads it. */
  readonly detail: string;
  /** What was wrong with single fields, by JSON Pointer (RFC 6901). */
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  /** Seconds after which the server would like to be asked again. */
  readonly retryAfterS: number | undefined;
}

/** A call's value, or the problem that came instead. */
export type Outcome<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "problem"; readonly problem: Problem };

/** The problem that a failed response describes; an answer from something else than the server (a proxy's page) is named as such. */
export function readProblem(response: Response, body: unknown): Problem {
  const seconds = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  const retryAfterS = Number.isFinite(seconds) ? seconds : undefined;
  const { code, detail, title, errors }: Record<string, unknown> = isRecord(body) ? body : {};
  if (typeof code === "string")
    return { code, detail: String(detail ?? title), errors: readErrors(errors), retryAfterS };
  const unexplained = `The server answered ${response.status} and gave no reason.`;
  return { code: "unreadable", detail: unexplained, errors: [], retryAfterS };
}

/** The problem of a request that got no answer. */
export function unreachable(): Problem {
  return {
    code: "unreachable",
    detail: "The server did not answer. Check the connection, then try again.",
    errors: [],
    retryAfterS: undefined,
  };
}

/** What was wrong with the named field, if anything, as a sentence about it. */
export function problemOf(field: { name: string; label: string }, problem: Problem | undefined): string | undefined {
  const detail = problem?.errors.find(({ pointer }) => pointer === `/${field.name}`)?.detail;
  // The server leaves the subject out: “must have at least 8 characters”.
  return detail === undefined || /^[^a-z]/.test(detail) ? detail : `${field.label} ${detail.replace(/\.$/, "")}.`;
}

function readErrors(errors: unknown): Problem["errors"] {
  if (!Array.isArray(errors)) return [];
  return errors.filter(isRecord).map(({ pointer, detail }) => ({ pointer: String(pointer), detail: String(detail) }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
