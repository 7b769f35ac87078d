import { hash, verify } from "@node-rs/bcrypt";
import pLimit from "p-limit";
import { Failure } from "../errors.ts";
import type { Passwords } from "../ports.ts";

const cost = 12;

/** A hash of nothing that anybody knows, of the same cost: what an unknown address is compared with. */
const nobodysHash = "$2b$12$fsMIbudb8QFo8PPzrRJ4Aey7OM9r6KU.jIgxkryrVXjHIEzPbUz4K";

/**
 * Passwords by bcrypt at cost 12 (some 250 ms of one core each), computed in libuv's threads. Only `concurrency` run at once,
 * so that logins never take all threads from file reads, and only `queueMax` wait: more are refused as `overloaded`.
 */
export function bcryptPasswords({ concurrency = 2, queueMax = 64 } = {}): Passwords {
  const limit = pLimit(concurrency);
  const run = <T>(work: () => Promise<T>): Promise<T> => {
    if (limit.pendingCount >= queueMax)
      throw new Failure("overloaded", "Too many people are logging in at once; try again in a few seconds.", {
        retryAfterS: 5,
      });
    return limit(work);
  };
  return {
    hash: async (password) => run(() => hash(password, { cost })),
    matches: async (password, passwordHash) =>
      (await run(() => verify(password, passwordHash ?? nobodysHash))) && passwordHash !== undefined,
  };
}
