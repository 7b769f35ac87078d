import type { HttpOptions, Ports } from "./app.ts";
import { buildServer } from "./server.ts";

/** A server that listens. */
export interface Listening {
  readonly url: string;
  /** Takes no more connections, lets requests in flight finish, then is closed. */
  close(): Promise<void>;
}

/** Serves HTTP over the ports; port 0 picks a free one. */
export async function serveHttp(
  ports: Ports,
  options: HttpOptions & { host: string; port: number },
): Promise<Listening> {
  const app = await buildServer(ports, options);
  const url = await app.listen({ host: options.host, port: options.port });
  return { url, close: () => app.close() };
}
