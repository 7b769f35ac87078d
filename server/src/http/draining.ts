import { Failure } from "../errors.ts";
import type { App } from "./app.ts";

const drainMs = 30_000;

/** While the server closes, requests in flight finish and give up their connection, new ones are refused; after half a minute all connections are cut. */
export function draining(app: App): void {
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
    setTimeout(() => app.server.closeAllConnections(), drainMs).unref();
  });
  app.addHook("onRequest", async () => {
    if (closing) throw new Failure("shutting-down", "The server is shutting down.", { retryAfterS: 5 });
  });
  // A connection that is kept alive would hold the closing server until the client lets go of it.
  app.addHook("onSend", async (_request, reply) => {
    if (closing) reply.header("connection", "close");
  });
}
