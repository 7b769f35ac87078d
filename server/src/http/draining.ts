import type { Socket } from "node:net";
import { Failure } from "../errors.ts";
import type { App } from "./app.ts";

const drainMs = 30_000;

/** While the server closes, requests in flight finish and give up their connection, new ones are refused; after half a minute all connections are cut. */
export function draining(app: App): void {
  let closing = false;
  const untried = connectionsWithoutRequest(app);
  app.addHook("preClose", async () => {
    closing = true;
    for (const socket of untried) socket.destroy();
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

/** Connections that clients made ahead of time: Node does not count them among the idle ones, which it closes by itself. */
function connectionsWithoutRequest(app: App): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  app.server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  app.server.on("request", ({ socket }) => sockets.delete(socket));
  return sockets;
}
