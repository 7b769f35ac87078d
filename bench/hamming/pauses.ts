import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { MultiIndex } from "@utsuru/core/multi-index";
import { snapshotFile } from "../../server/src/buckets/snapshot-file.ts";
import type { IndexEntry } from "../../server/src/ports.ts";
import { HeldImages } from "../../server/src/search/held-images.ts";
import { decodeSnapshot, encodeSnapshot } from "../../server/src/search/index-snapshot.ts";
import { round } from "../statistics.ts";
import { codeBytes, codesOf, randomFrom } from "./sets.ts";

const images = 1_000_000;
const changes = 200_000;
const changesPerTurn = 50;
const fillingPerTurn = 2_000;

export const pauseColumns = [
  "what",
  "took, s",
  "a second",
  "a second of CPU",
  "event loop held up: p99 ms",
  "longest, ms",
  "longest turn, ms of its own CPU",
  "longest wait for a core, ms",
];

const tickMs = 1;

/** For how long at a time the event loop of a server with a million images is held up while they change, are written to a snapshot, and are read from it. */
export async function pauseRows(say: (line: string) => void): Promise<(string | number)[][]> {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-"));
  const file = snapshotFile(join(folder, "index", "snapshot"));
  try {
    say(`holding ${images.toLocaleString("en")} images`);
    const codes = { pdq: codesOf("uniform", images, randomFrom(1)), dct256: codesOf("uniform", images, randomFrom(2)) };
    const held = new HeldImages({ pdq: new MultiIndex(), dct256: new MultiIndex() });
    const entry = (number: number): IndexEntry => entryOf(number, codes);
    for (let i = 0; i < images; i++) {
      held.put(entry(i));
      if (i % fillingPerTurn === 0) await turn();
    }
    say("changing them, writing and reading snapshots");
    return [
      await watched("a snapshot written, nothing else done", 1, () =>
        file.write(encodeSnapshot({ images: held, position: "" })),
      ),
      await watched("images changed, 2 codes each", changes, () => changeAll(held, entry)),
      await watched("a snapshot written while images change", changes, async () => {
        await Promise.all([file.write(encodeSnapshot({ images: held, position: "" })), changeAll(held, entry)]);
      }),
      await watched("a snapshot read", 1, async () => void (await decodeSnapshot(file.read()))),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function entryOf(number: number, codes: { readonly pdq: Uint8Array; readonly dct256: Uint8Array }): IndexEntry {
  const at = (number % images) * codeBytes;
  const fingerprints = (["pdq", "dct256"] as const).map((algorithm) => ({
    algorithm,
    code: codes[algorithm].subarray(at, at + codeBytes),
    quality: 100,
  }));
  return { imageId: `01900000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`, audience: 0, fingerprints };
}

/** Takes images in anew in place of what was held of them, some at a time, as the follower of a database does. */
async function changeAll(held: HeldImages, entry: (number: number) => IndexEntry): Promise<void> {
  for (let done = 0; done < changes; done += changesPerTurn) {
    for (let i = done; i < done + changesPerTurn; i++) held.put(entry((i * 7) % images));
    await turn();
  }
}

async function watched(what: string, count: number, work: () => Promise<void>): Promise<(string | number)[]> {
  const delays = monitorEventLoopDelay({ resolution: tickMs });
  const longest = watchThread();
  delays.enable();
  const [begun, before] = [performance.now(), threadTimes()];
  await work();
  const cpuSeconds = (threadTimes().cpuMs - before.cpuMs) / 1000;
  const seconds = (performance.now() - begun) / 1000;
  await turn();
  delays.disable();
  // The histogram counts the time between two ticks, of which the tick is its own.
  const ms = (nanoseconds: number): number => round(Math.max(0, nanoseconds / 1e6 - tickMs), 1);
  const { cpuMs, waitMs } = longest();
  const per = (time: number): string | number => (count === 1 ? "–" : Math.round(count / time));
  return [
    what,
    round(seconds, 2),
    per(seconds),
    per(cpuSeconds),
    ms(delays.percentile(99)),
    ms(delays.max),
    round(cpuMs, 1),
    round(waitMs, 1),
  ];
}

/** The most CPU time that the thread took between two ticks, which is what a pause is on a machine that has nothing else to do, and the longest it waited for a core. */
function watchThread(): () => { readonly cpuMs: number; readonly waitMs: number } {
  let last = threadTimes();
  const most = { cpuMs: 0, waitMs: 0 };
  const look = (): void => {
    const now = threadTimes();
    most.cpuMs = Math.max(most.cpuMs, now.cpuMs - last.cpuMs);
    most.waitMs = Math.max(most.waitMs, now.waitMs - last.waitMs);
    last = now;
  };
  const timer = setInterval(look, tickMs);
  return () => {
    look();
    clearInterval(timer);
    return most;
  };
}

/** What Linux counts of the main thread, in nanoseconds: on a core, and ready for one (Documentation/scheduler/sched-stats.rst). */
function threadTimes(): { readonly cpuMs: number; readonly waitMs: number } {
  const [onCore = 0, waiting = 0] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8")
    .split(" ")
    .map(Number);
  return { cpuMs: onCore / 1e6, waitMs: waiting / 1e6 };
}
