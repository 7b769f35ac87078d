import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** What a proxy does to one connection. */
type Fault = "none" | "refuse" | "drop-request" | "drop-answer" | "stall" | "503";

/** A proxy that spoils a share of what passes through it. */
export interface FaultyProxy {
  readonly endpoint: string;
  /** Share of connections that are spoiled from now on, 0 to 1. */
  spoil(share: number): void;
  /** Lets every new connection wait for so long before anything passes. */
  slow(ms: number): void;
  /** Breaks every connection and refuses new ones, until told otherwise. */
  cut(isCut: boolean): void;
  /** How many connections each fault befell. */
  readonly counts: Readonly<Record<Fault, number>>;
  stop(): Promise<void>;
}

const faults: readonly Fault[] = ["refuse", "drop-request", "drop-answer", "stall", "503"];
const stallMs = 300;

/** Starts a proxy in front of a server. Faults follow a fixed sequence from the seed, so that a run can be repeated. */
export async function startFaultyProxy(target: string, seed: number): Promise<FaultyProxy> {
  const random = randomFrom(seed);
  const counts = { none: 0, refuse: 0, "drop-request": 0, "drop-answer": 0, stall: 0, "503": 0 };
  const sockets = new Set<Socket>();
  let share = 0;
  let isDown = false;
  let waitMs = 0;
  const drawFault = (): Fault => {
    if (isDown) return "refuse";
    return random() < share ? (faults[Math.floor(random() * faults.length)] ?? "none") : "none";
  };
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const { hostname, port } = new URL(target);
  const server = createServer((client) => {
    const fault = drawFault();
    counts[fault] += 1;
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    const pass = (): void => spoilConnection({ client, upstream, fault, random });
    if (waitMs > 0) setTimeout(pass, waitMs);
    else pass();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${portOf(server)}`,
    spoil: (newShare) => {
      share = newShare;
      // A connection that is kept alive met its fate before.
      breakAll();
    },
    slow: (ms) => {
      waitMs = ms;
      breakAll();
    },
    cut: (isCut) => {
      isDown = isCut;
      breakAll();
    },
    counts,
    stop: async () => {
      breakAll();
      server.close();
      await once(server, "close");
    },
  };
}

function spoilConnection({
  client,
  upstream,
  fault,
  random,
}: {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly fault: Fault;
  readonly random: () => number;
}): void {
  switch (fault) {
    case "none":
      client.pipe(upstream).pipe(client);
      return;
    case "refuse":
      client.destroy();
      return;
    case "drop-request":
      upstream.pipe(client);
      passSome(client, { to: upstream, bytesMax: Math.floor(random() * 40_000) });
      return;
    case "drop-answer":
      client.pipe(upstream);
      passSome(upstream, { to: client, bytesMax: Math.floor(random() * 40_000) });
      return;
    case "stall":
      setTimeout(() => client.pipe(upstream).pipe(client), stallMs);
      return;
    case "503":
      client.once("data", () =>
        client.end("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
      );
      client.resume();
      return;
    default:
      fault satisfies never;
  }
}

/** Passes bytes on until there were too many, then breaks the connection. */
function passSome(from: Socket, { to, bytesMax }: { readonly to: Socket; readonly bytesMax: number }): void {
  let bytes = 0;
  from.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) {
      to.write(chunk);
      return;
    }
    from.destroy();
    to.destroy();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a port");
  return address.port;
}

/** Marsaglia's xorshift (2003), 32 bits. */
function randomFrom(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
