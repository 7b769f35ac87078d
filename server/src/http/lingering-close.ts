import type { App } from "./app.ts";

const bytesMax = 64 * 1024 * 1024;
const lingerMs = 10_000;
const checkMs = 200;

/**
 * Bounds what is still read of a body after its request was answered. A connection that is closed at once resets, and the client
 * never sees why it was refused (RFC 9112, 9.6); one that is read to the end may have no end.
 */
export function lingeringClose(app: App): void {
  app.addHook("onResponse", async ({ raw }) => {
    if (raw.complete || raw.socket.destroyed) return;
    const { socket } = raw;
    const [bytesBefore, start] = [socket.bytesRead, performance.now()];
    raw.resume();
    const timer = setInterval(() => {
      if (
        !raw.complete &&
        !socket.destroyed &&
        socket.bytesRead - bytesBefore < bytesMax &&
        performance.now() - start < lingerMs
      )
        return;
      clearInterval(timer);
      if (!raw.complete) socket.destroy();
    }, checkMs);
    timer.unref();
  });
}
