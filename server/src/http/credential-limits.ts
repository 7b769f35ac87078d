import type { RateLimitOptions } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";
import { Failure } from "../errors.ts";
import type { App } from "./app.ts";

const timeWindow = "1 minute";
const failuresPerAddressAndAccount = 10;

/** Limits calls of an address that cost a password hash. A proxy's word for the address counts only when the proxy is trusted. */
export function addressLimit(max: number): { rateLimit: RateLimitOptions } {
  const errorResponseBuilder = (_request: FastifyRequest, { ttl }: { ttl: number }): Failure => tooMany(ttl);
  return { rateLimit: { max, timeWindow, keyGenerator: (request) => request.ip, errorResponseBuilder } };
}

/** Counts wrong passwords for one account from one address: after ten in a minute, that pair has to wait. Right ones are never counted. */
export function guessLimit(
  app: App,
): <T>(request: FastifyRequest<{ Body: { email: string } }>, attempt: () => Promise<T>) => Promise<T> {
  const guesses = app.createRateLimit({
    max: failuresPerAddressAndAccount,
    timeWindow,
    keyGenerator: (request) => `${request.ip} ${(request.body as { email: string }).email.trim().toLowerCase()}`,
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

function tooMany(ttlMs: number): Failure {
  const retryAfterS = Math.max(1, Math.ceil(ttlMs / 1000));
  return new Failure("too-many-requests", `Too many tries from this address; try again in ${retryAfterS} s.`, {
    retryAfterS,
  });
}
