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
/** Before the import, so that what is seen is the import and not a server that has just started. */
const warmUps = 10;
/** Away from the seeds of other sections. */
const querySeed = 5_000_000;

/** When the images of an import can be found by their parts; the import's own option. */
const modes = ["now", "later"] as const;

type Mode = (typeof modes)[number];

/** What was seen while an import ran. */
interface Watched {
  readonly searchMs: { readonly file: number[]; readonly fingerprint: number[] };
  readonly serverMegabytes: number[];
  readonly clientMegabytes: number[];
}

/** One import, from an empty library on. */
interface Imported {
  readonly watched: Watched;
  readonly ms: number;
  readonly againMs: number;
  /** From the end of the import until every image was found by its parts; 0 when they are at once. */
  readonly backlogMs: number;
  readonly spent: ProcessorTime;
  readonly clientMs: number;
}

/** A folder of pictures through `utsuru import`, searches beside it, and what the processor time of an image goes to; with parts at once, and later. */
export const run: Run = async (room) => {
  if (!tellsMemory) return { kind: "skipped", why: "memory and processor time are read from /proc" };
  const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-import-"));
  try {
    await fillFolder(folder, room);
    const [now, later] = [
      await importOnce({ folder, parts: "now" }, room),
      await importOnce({ folder, parts: "later" }, room),
    ];
    return { kind: "measured", tables: [speedTable({ now, later }), timeTable({ now, later })] };
  } finally {
    await rm(folder, { recursive: true });
  }
};

async function importOnce(what: { readonly folder: string; readonly parts: Mode }, room: Room): Promise<Imported> {
  const library = await openLibrary();
  try {
    const { pid, url } = library.server;
    const before = processorTimeOf(pid);
    room.say(`importing ${files} files, parts ${what.parts}`);
    const { value, ms } = await timed(() => importWatched(what, library));
    const spent = difference(processorTimeOf(pid), before);
    const { ms: backlogMs } = await timed(() => untilNoneIsLeft(url, what.parts));
    const again = await timed(() => startImport(what, { url, token: library.owner.token }).closed);
    if (value.created !== files || again.value.present !== files)
      throw new Error("not every file was imported just once");
    return { ...value, ms, againMs: again.ms, backlogMs: what.parts === "now" ? 0 : backlogMs, spent };
  } finally {
    await library.close();
  }
}

/** Waits until the lane `maintenance` has nothing left to do. */
async function untilNoneIsLeft(url: string, parts: Mode): Promise<void> {
  const left = /^utsuru_queue_tasks\{lane="maintenance",state="(?:planned|waiting|running)"\} [1-9]/m;
  while (parts === "later" && left.test(await (await fetch(`${url}/metrics`)).text())) await delay(1000);
}

async function fillFolder(folder: string, room: Room): Promise<void> {
  room.say(`drawing ${files} pictures`);
  const seeds = Array.from({ length: files }, (_, seed) => seed);
  for (let at = 0; at * perFolder < files; at++) await mkdir(join(folder, "pictures", `${at}`), { recursive: true });
  await mapAtOnce(seeds, 4, async (seed) => {
    await writeFile(join(folder, "pictures", `${Math.floor(seed / perFolder)}`, `${seed}.jpg`), await webJpeg(seed));
  });
}

/** Starts an import whose journal lies beside the pictures' folder. */
function startImport(
  { folder, parts }: { readonly folder: string; readonly parts: Mode },
  { url, token }: { readonly url: string; readonly token: string },
) {
  const journal = join(folder, `journal-${parts}.sqlite`);
  const where = ["--server", url, "--journal", journal];
  const args = [program, "import", join(folder, "pictures"), "--json", "--parts", parts, ...where];
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

async function importWatched(
  what: Parameters<typeof startImport>[0],
  library: Awaited<ReturnType<typeof openLibrary>>,
) {
  const { url, pid } = library.server;
  const asker = await newPerson({ url });
  for (let turn = -warmUps; turn < 0; turn++) await searchOnce(asker, turn);
  const importing = startImport(what, { url, token: library.owner.token });
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
  const hex = Math.abs(turn).toString(16).padStart(64, "5a");
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

type Both = Readonly<Record<Mode, Imported>>;

function speedTable(both: Both) {
  const figures = (of: (imported: Imported) => number | string) => modes.map((mode) => of(both[mode]));
  const rateOf = ({ ms }: Imported) => (files / ms) * 1000;
  const allOf = ({ watched: { searchMs } }: Imported) => [...searchMs.file, ...searchMs.fingerprint];
  const p99Of = (imported: Imported) => quantile(allOf(imported), 0.99);
  const growth = (values: readonly number[]) => {
    const quarter = Math.ceil(values.length / 4);
    return `${round(median(values.slice(quarter, 2 * quarter)))} → ${round(median(values.slice(-quarter)))}`;
  };
  const target = (text: string, isReached: (imported: Imported) => boolean) =>
    `${text}: ${modes.map((mode) => verdict(isReached(both[mode]))).join(", ")}`;
  return {
    title: `Import of ${files} JPEGs of 500 × 375 over HTTP, server and client on the same cores`,
    columns: ["what", "parts now", "parts later", "target"],
    rows: [
      ["images a second", ...figures((i) => round(rateOf(i))), target("≥ 100", (i) => rateOf(i) >= 100)],
      [
        "… all found by their parts, images a second",
        ...figures((i) => round((files / (i.ms + i.backlogMs)) * 1000)),
        "",
      ],
      ["the same folder once more, files a second", ...figures(({ againMs }) => round((files / againMs) * 1000)), ""],
      [
        "searches meanwhile, p50 / p99 ms",
        ...figures((i) => `${round(median(allOf(i)))} / ${round(p99Of(i))}`),
        target("p99 < 150", (i) => p99Of(i) < 150),
      ],
      ["… with a picture, p99 ms", ...figures(({ watched }) => round(quantile(watched.searchMs.file, 0.99))), ""],
      ["server, MB, second → last quarter", ...figures(({ watched }) => growth(watched.serverMegabytes)), "flat"],
      ["client, MB, second → last quarter", ...figures(({ watched }) => growth(watched.clientMegabytes)), "flat"],
    ],
    notes: [
      `${figures((i) => allOf(i).length).join(" and ")} searches, every ${searchEveryMs} ms, with new pictures and fingerprints in turn, after ${warmUps} before the import: the first ones of a server take longer.`,
    ],
  };
}

function timeTable(both: Both) {
  const each = (of: (imported: Imported) => number) => modes.map((mode) => round(of(both[mode]) / files, 1));
  const beyondOf = ({ spent }: Imported) => `${round((100 * (spent.server + spent.postgres)) / spent.decoders)} %`;
  return {
    title: "Processor time of one imported image until it is answered, ms",
    columns: ["where", "parts now", "parts later"],
    rows: [
      ["decoders: decode, fingerprints, thumbnail, features", ...each(({ spent }) => spent.decoders)],
      ["server: HTTP, SHA-256, files and fsync, statements, index", ...each(({ spent }) => spent.server)],
      ["PostgreSQL", ...each(({ spent }) => spent.postgres)],
      ["client: reading, SHA-256, HTTP", ...each(({ clientMs }) => clientMs)],
    ],
    notes: [
      `Server and PostgreSQL together are ${modes.map((mode) => beyondOf(both[mode])).join(" and ")} of what the decoders take; SHA-256 and fsync are in the server's figure. The searches beside it are in all of them.`,
    ],
  };
}

function verdict(isReached: boolean): string {
  return isReached ? "reached" : "missed";
}
