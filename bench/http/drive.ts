import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** What a client sends: the bodies in turn, to search, from so many connections that each wait for their answer. */
export interface Drive {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
  readonly seconds: number;
  readonly bodies: readonly string[];
}

/** What came back: requests a second, latencies in milliseconds. */
export interface Driven {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** How many answers there were of each status. */
  readonly statuses: readonly string[];
  /** Requests without an answer: the connection broke, or the client waited for 10 s. */
  readonly errors: number;
  /** Those errors that are the client's impatience. */
  readonly timeouts: number;
}

const client = fileURLToPath(new URL("client.ts", import.meta.url));

/** Drives a server from a process of its own, by autocannon. */
export async function drive(what: Drive): Promise<Driven> {
  const child = spawn(process.execPath, [client], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(what));
  const answer = await text(child.stdout);
  if (answer === "") throw new Error("the client ended without a result");
  return JSON.parse(answer);
}
