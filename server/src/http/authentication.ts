import type { FastifyRequest } from "fastify";
import { authenticate } from "../accounts/authenticate.ts";
import type { Session } from "../ports.ts";
import type { Ports } from "./app.ts";

const sessions = new WeakMap<FastifyRequest, Session>();

/** A check that lets only requests with a good token pass; as `onRequest` of a route it comes before the body is read. */
export function authentication(
  ports: Pick<Ports, "catalog" | "tokens" | "clock">,
): (request: FastifyRequest) => Promise<void> {
  const { tokens, clock } = ports;
  const { accounts } = ports.catalog;
  return async (request) => {
    sessions.set(request, await authenticate({ accounts, tokens, clock }, request.headers.authorization));
  };
}

/** The session of a request that passed {@link authentication}. */
export function sessionOf(request: FastifyRequest): Session {
  const session = sessions.get(request);
  if (!session) throw new Error("sessionOf is called on a route without authentication");
  return session;
}
