import { normalizeIP, type RateLimitOptions } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";
import { parseEmail } from "../accounts/email.ts";
import { Failure } from "../errors.ts";
import type { App } from "./app.ts";

const timeWindow = "1 minute";
const failuresPerAddressAndAccount = 10;

/** Limits calls of an address, or of a /64 of IPv6, that cost a password hash. A proxy's word for the address counts only when the proxy is trusted. */
export function addressLimit(max: number): { rateLimit: RateLimitOptions } {
  const errorResponseBuilder = (_request: FastifyRequest, { ttl }: { ttl: number }): Failure => tooMany(ttl);
  return { rateLimit: { max, timeWindow, keyGenerator: networkOf, errorResponseBuilder } };
}

/** Counts wrong passwords for one account from one address: after ten in a minute, that pair has to wait. Right ones are never counted. */
export function guessLimit(
  app: App,
): <T>(request: FastifyRequest<{ Body: { email: string } }>, attempt: () => Promise<T>) => Promise<T> {
  const guesses = app.createRateLimit({
    max: failuresPerAddressAndAccount,
    timeWindow,
    keyGenerator: (request) => `${networkOf(request)} ${accountOf((request.body as { email: string }).email)}`,
  });
  return async (request, attempt) => {
    const before = await guesses(request as FastifyRequest, { increment: false });
    if (!before.isAllowed && before.remaining === 0) throw tooMany(before.ttl);
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Failure && error.code === "invalid-credentials") await guesses(request as FastifyRequest);
      throw error;
    }
  };
}

/** One sender of IPv6 has a whole /64 to choose addresses from (RFC 6177): it counts as one. */
function networkOf({ ip }: FastifyRequest): string {
  return normalizeIP(ip, 64);
}

/** The account that an address stands for in every spelling; what is no address stands for none, and all such count as one. */
function accountOf(email: string): string {
  try {
    return parseEmail(email).key;
  } catch (error) {
    if (error instanceof Failure) return "";
    throw error;
  }
}

function tooMany(ttlMs: number): Failure {
  const retryAfterS = Math.max(1, Math.ceil(ttlMs / 1000));
  return new Failure("too-many-requests", `Too many tries from this address; try again in ${retryAfterS} s.`, {
    retryAfterS,
  });
}
