import { Failure } from "../errors.ts";

const retryAfterS = 5;

/** SQLSTATEs (PostgreSQL manual, appendix A) that say the database cannot serve just now; two characters stand for a class. */
const unavailable: ReadonlySet<string> = new Set([
  "08", // connection exceptions
  "28", // not let in: whoever runs us must see to it, not whoever asked
  "3D000", // the database is not there
  "53", // out of memory, too many connections
  "57014", // statement took longer than its limit
  "57P01", // being shut down
  "57P02", // another process of it crashed
  "57P03", // starting up or shutting down
  "57P05", // session idle for too long
  "25006", // read only: a stand-by that is not yet promoted
  "55P03", // lock not granted in time
]);

/** Those that waiting does not mend. */
const needsHelp: ReadonlySet<string> = new Set(["28000", "28P01", "3D000"]);

const forbidden = "42501";
const diskFull = "53100";

/** What Node says of a connection that could not be made or kept (errno names and those of its resolver). */
const connectionErrors: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT", // the Unix socket is gone
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** What `pg` says of the same, as errors that carry no code. */
const driverMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|timeout expired|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/;

/** An error of the driver as the failure that it means for a request, or itself when it means a mistake of ours. */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Failure) return error;
  const code = "code" in error ? String(error.code) : "";
  if (code === diskFull) {
    return new Failure("storage-full", "The database has no room left on its disk.", { cause: error, retryAfterS: 60 });
  }
  const expected =
    unavailable.has(code) ||
    unavailable.has(code.slice(0, 2)) ||
    connectionErrors.has(code) ||
    (code === "" && driverMessages.test(error.message)) ||
    (error instanceof AggregateError && error.errors.some((one) => asFailure(one) instanceof Failure));
  if (!expected) return error;
  return new Failure("database-unavailable", "The database does not answer at the moment.", {
    cause: error,
    retryAfterS,
  });
}

/** Why a database cannot be opened, in a sentence, if that is what the error says; `mayPass`: whether it is worth waiting. */
export function reasonOf(error: unknown): { readonly sentence: string; readonly mayPass: boolean } | undefined {
  const cause = error instanceof Failure ? error.cause : error;
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  if (!(first instanceof Error)) return undefined;
  const code = "code" in first ? String(first.code) : "";
  const say = (what: string, mayPass: boolean) => ({ sentence: `${what}: ${first.message}.`, mayPass });
  if (code === forbidden) return say("The PostgreSQL user must own its database, and may not make tables", false);
  if (needsHelp.has(code)) return say("The PostgreSQL server does not let Utsuru in", false);
  const isAway = error instanceof Failure && error.code === "database-unavailable";
  return isAway ? say("The PostgreSQL server does not answer", true) : undefined;
}
