import type { FastifyReply } from "fastify";
import { Failure } from "../errors.ts";

/** A signal that ends the work of a request when its client has gone. */
export function requestSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished)
      controller.abort(new Failure("malformed-request", "The client closed the connection."));
  });
  return controller.signal;
}
