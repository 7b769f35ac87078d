import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newPerson } from "../../server/test/support/person.ts";
import { codesOf, queriesOf, randomFrom, type Spread, spreads } from "../hamming/sets.ts";
import { drive } from "../http/drive.ts";
import { crowdFolder } from "../product/crowded-server.ts";
import { processorTimeOf } from "../product/processor-time.ts";
import { readRuntime } from "../product/runtime.ts";
import { startServer } from "../product/server-process.ts";
import type { Room, Run, Table } from "../report.ts";
import { round } from "../statistics.ts";

const images = Number(process.env.UTSURU_BENCH_CROWD ?? 1_000_000);
/** Threads that share the index; 0: it is in the server's own. */
const threadCounts = [0, 2];
const connectionCounts = [8, 16, 32];
const seconds = 15;
const warmUpSeconds = 5;
const bodyCount = 2_000;

/** Searches by fingerprint over HTTP among a million images: how many a second, and how long each takes. */
export const run: Run = async (room) => {
  const rows: (string | number)[][] = [];
  const notes: string[] = [];
  for (const spread of spreads) {
    for (const result of await measure(spread, room)) {
      rows.push(...result.rows);
      notes.push(result.note);
    }
  }
  const table: Table = {
    title: `Search by fingerprint over HTTP among ${images.toLocaleString("en")} images, ms until answered`,
    columns: [
      "codes",
      "index threads",
      "connections",
      "requests a second",
      "p50",
      "p99",
      "slowest",
      "answers",
      "errors",
      "of them not answered in 10 s",
      "ms of CPU a request, server / PostgreSQL",
    ],
    rows,
    notes: [
      "Bare PDQ fingerprints, half of them copies of an image held (0 to 31 bits changed), half strangers; one server process with the embedded PostgreSQL, the client (autocannon) in a process of its own on the same cores.",
      "To reach: ≥ 2,000 requests a second, p99 < 20 ms.",
      ...notes,
    ],
  };
  return { kind: "measured", tables: [table] };
};

interface Measured {
  readonly rows: readonly (string | number)[][];
  readonly note: string;
}

async function measure(spread: Spread, room: Room): Promise<Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-"));
  try {
    room.say(`writing ${images.toLocaleString("en")} images with ${spread} codes`);
    const pdq = codesOf(spread, images, randomFrom(1));
    await crowdFolder(folder, { pdq, dct256: codesOf(spread, images, randomFrom(2)) });
    const measured: Measured[] = [];
    for (const threads of threadCounts) measured.push(await searchOver(folder, { spread, pdq, threads }, room));
    return measured;
  } finally {
    await rm(folder, { recursive: true, maxRetries: 5 });
  }
}

async function searchOver(
  folder: string,
  { spread, pdq, threads }: { readonly spread: Spread; readonly pdq: Uint8Array; readonly threads: number },
  room: Room,
): Promise<Measured> {
  const server = await startServer(folder, { UTSURU_INDEX_THREADS: `${threads}` });
  try {
    const { token } = await newPerson(server);
    const bodies = queriesOf(pdq, spread, { count: bodyCount, seed: 5 }).map(bodyOf);
    await drive({ url: server.url, token, bodies, connections: 8, seconds: warmUpSeconds });
    const rows: (string | number)[][] = [];
    for (const connections of connectionCounts) {
      room.say(`${spread}, ${threads} threads, ${connections} connections`);
      const before = processorTimeOf(server.pid);
      const { perSecond, p50, p99, max, statuses, errors, timeouts } = await drive({
        ...{ url: server.url, token, bodies },
        ...{ connections, seconds },
      });
      const after = processorTimeOf(server.pid);
      const cpuMs = (["server", "postgres"] as const).map((of) =>
        round((after[of] - before[of]) / (perSecond * seconds), 2),
      );
      const answers = [round(perSecond), p50, p99, max, statuses.join(", "), errors, timeouts];
      rows.push([spread, threads, connections, ...answers, cpuMs.join(" / ")]);
    }
    const { residentMegabytes, heapUsedMegabytes } = await readRuntime(server.url);
    const [resident, heap] = [Math.round(residentMegabytes), Math.round(heapUsedMegabytes)];
    const start = `${round(server.readyMs / 1000, 1)} s from start to ready, all fingerprints read from the database`;
    return { rows, note: `${spread}, ${threads} threads: ${start}; ${resident} MB resident, ${heap} of them heap.` };
  } finally {
    await server.stop();
  }
}

function bodyOf(code: Uint8Array): string {
  return JSON.stringify({ fingerprint: Buffer.from(code).toString("hex") });
}
