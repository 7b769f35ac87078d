import { StartError } from "../errors.ts";
import type { HttpOptions, Ports } from "./app.ts";
import { buildServer } from "./server.ts";

/** A server that listens. */
export interface Listening {
  readonly url: string;
  /** Takes no more connections, lets requests in flight finish, then is closed. */
  close(): Promise<void>;
}

/** Why an address cannot be listened at, by errno; any other error is a mistake of ours. */
const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there; stop it, or set UTSURU_PORT to another port (0 picks a free one)",
  EACCES: "this user may not; ports under 1024 need a right of their own, UTSURU_PORT sets another",
  EADDRNOTAVAIL: "this machine does not have that address; UTSURU_HOST sets another",
  ENOTFOUND: "there is no host of that name; UTSURU_HOST sets another",
  EAI_AGAIN: "the name of the host cannot be looked up just now; UTSURU_HOST sets another",
};

/** Serves HTTP over the ports; port 0 picks a free one. Throws `StartError` when it cannot listen at the address. */
export async function serveHttp(
  ports: Ports,
  options: HttpOptions & { host: string; port: number },
): Promise<Listening> {
  const app = await buildServer(ports, options);
  try {
    const url = await app.listen({ host: options.host, port: options.port });
    return { url, close: () => app.close() };
  } catch (cause) {
    await app.close();
    const reason = cause instanceof Error && "code" in cause ? reasons[String(cause.code)] : undefined;
    if (reason === undefined) throw cause;
    throw new StartError(`Cannot listen at ${options.host}, port ${options.port}: ${reason}.`, { cause });
  }
}
