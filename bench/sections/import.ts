import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { newPerson, type Person } from "../../server/test/support/person.ts";
import { openLibrary } from "../product/library.ts";
import { memoryOf, tellsMemory } from "../product/memory.ts";
import { webJpeg } from "../product/pictures.ts";
import { type ProcessorTime, processorTimeOf } from "../product/processor-time.ts";
import type { Room, Run } from "../report.ts";
import { mapAtOnce, median, quantile, round, timed } from "../statistics.ts";

const program = fileURLToPath(new URL("../../server/src/main.ts", import.meta.url));
const files = Number(process.env.UTSURU_BENCH_IMPORT_FILES ?? 10_000);
const perFolder = 1_000;
const searchEveryMs = 250;
/** Away from the seeds of other sections. */
const querySeed = 5_000_000;

/** What was seen while an import ran. */
interface Watched {
  readonly searchMs: { readonly file: number[]; readonly fingerprint: number[] };
  readonly serverMegabytes: number[];
  readonly clientMegabytes: number[];
}

/** A folder of pictures through `utsuru import`, searches beside it, and what the processor time of an image goes to. */
export const run: Run = async (room) => {
  if (!tellsMemory) return { kind: "skipped", why: "memory and processor time are read from /proc" };
  const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-import-"));
  const library = await openLibrary();
  try {
    await fillFolder(folder, room);
    const { pid, url } = library.server;
    const before = processorTimeOf(pid);
    room.say(`importing ${files} files`);
    const { value, ms } = await timed(() => importWatched(folder, library));
    const spent = difference(processorTimeOf(pid), before);
    const { value: again, ms: againMs } = await timed(() => importAlone(folder, { url, token: library.owner.token }));
    if (value.created !== files || again.present !== files) throw new Error("not every file was imported just once");
    return { kind: "measured", tables: [speedTable(value.watched, { ms, againMs }), timeTable(spent, value.clientMs)] };
  } finally {
    await library.close();
    await rm(folder, { recursive: true });
  }
};

async function fillFolder(folder: string, room: Room): Promise<void> {
  room.say(`drawing ${files} pictures`);
  const seeds = Array.from({ length: files }, (_, seed) => seed);
  for (let at = 0; at * perFolder < files; at++) await mkdir(join(folder, "pictures", `${at}`), { recursive: true });
  await mapAtOnce(seeds, 4, async (seed) => {
    await writeFile(join(folder, "pictures", `${Math.floor(seed / perFolder)}`, `${seed}.jpg`), await webJpeg(seed));
  });
}

/** Starts an import whose journal lies beside the pictures' folder. */
function startImport(folder: string, { url, token }: { readonly url: string; readonly token: string }) {
  const journal = join(folder, "journal.sqlite");
  const args = [program, "import", join(folder, "pictures"), "--server", url, "--json", "--journal", journal];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, UTSURU_TOKEN: token },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let tail = "";
  child.stdout.on("data", (chunk) => {
    tail = (tail + chunk).slice(-1000);
  });
  const closed = once(child, "close").then((): { created: number; present: number } => {
    const last = tail.trimEnd().split("\n").at(-1) ?? "";
    return JSON.parse(last).summary;
  });
  return { pid: child.pid ?? 0, closed };
}

async function importAlone(folder: string, where: { readonly url: string; readonly token: string }) {
  return startImport(folder, where).closed;
}

async function importWatched(folder: string, library: Awaited<ReturnType<typeof openLibrary>>) {
  const { url, pid } = library.server;
  const asker = await newPerson({ url });
  const importing = startImport(folder, { url, token: library.owner.token });
  const watched: Watched = { searchMs: { file: [], fingerprint: [] }, serverMegabytes: [], clientMegabytes: [] };
  let clientMs = 0;
  const over = importing.closed.then(() => true);
  for (let turn = 0; !(await Promise.race([over, delay(searchEveryMs, false)])); turn++) {
    watched.searchMs[turn % 2 === 0 ? "file" : "fingerprint"].push(await searchOnce(asker, turn));
    watched.serverMegabytes.push(memoryOf(pid).server);
    const client = memoryOf(importing.pid).server;
    if (client === 0) break; // it has just ended
    watched.clientMegabytes.push(client);
    clientMs = processorTimeOf(importing.pid).server;
  }
  return { watched, clientMs, created: (await importing.closed).created };
}

async function searchOnce(asker: Person, turn: number): Promise<number> {
  const hex = turn.toString(16).padStart(64, "5a");
  const picture = { name: "query.jpg", bytes: await webJpeg(querySeed + turn) };
  const ask = () => (turn % 2 === 0 ? asker.search(picture) : asker.call("POST", "/api/search", { fingerprint: hex }));
  const { value, ms } = await timed(ask);
  if (value.status !== 200) throw new Error(`a search was answered ${value.status}`);
  return ms;
}

function difference(after: ProcessorTime, before: ProcessorTime): ProcessorTime {
  return {
    server: after.server - before.server,
    decoders: after.decoders - before.decoders,
    postgres: after.postgres - before.postgres,
  };
}

function speedTable(
  { searchMs, serverMegabytes, clientMegabytes }: Watched,
  { ms, againMs }: { ms: number; againMs: number },
) {
  const all = [...searchMs.file, ...searchMs.fingerprint];
  const rate = (files / ms) * 1000;
  const p99 = quantile(all, 0.99);
  const growth = (values: readonly number[]) => {
    const quarter = Math.ceil(values.length / 4);
    return `${round(median(values.slice(quarter, 2 * quarter)))} → ${round(median(values.slice(-quarter)))}`;
  };
  return {
    title: `Import of ${files} JPEGs of 500 × 375 over HTTP, server and client on the same cores`,
    columns: ["what", "figure", "target"],
    rows: [
      ["images a second", round(rate), verdict(rate >= 100, "≥ 100")],
      ["the same folder once more, files a second", round((files / againMs) * 1000), ""],
      ["searches meanwhile, p50 / p99 ms", `${round(median(all))} / ${round(p99)}`, verdict(p99 < 150, "p99 < 150")],
      ["… with a picture, p99 ms", round(quantile(searchMs.file, 0.99)), ""],
      ["server, MB, second → last quarter", growth(serverMegabytes), "flat"],
      ["client, MB, second → last quarter", growth(clientMegabytes), "flat"],
    ],
    notes: [`${all.length} searches, every ${searchEveryMs} ms, with new pictures and fingerprints in turn.`],
  };
}

function timeTable(spent: ProcessorTime, clientMs: number) {
  const each = (ms: number) => round(ms / files, 1);
  const beyond = (spent.server + spent.postgres) / spent.decoders;
  return {
    title: "Processor time of one imported image, ms",
    columns: ["where", "ms"],
    rows: [
      ["decoders: decode, fingerprints, thumbnail", each(spent.decoders)],
      ["server: HTTP, SHA-256, files and fsync, statements, index", each(spent.server)],
      ["PostgreSQL", each(spent.postgres)],
      ["client: reading, SHA-256, HTTP", each(clientMs)],
    ],
    notes: [
      `Server and PostgreSQL together are ${round(beyond * 100)} % of what the decoders take; the target, under 25 %, does not count SHA-256 and fsync, which are in the server's figure. The searches beside it are in all of them.`,
    ],
  };
}

function verdict(isReached: boolean, target: string): string {
  return `${target}: ${isReached ? "reached" : "missed"}`;
}
