import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describeCircumstances } from "./machine.ts";
import { mergeResults, type Outcome, type Room, type Run, renderTable, type Shared } from "./report.ts";

// `npm run bench` runs every section, `npm run bench -- NAME …` the named ones; results go to standard output and RESULTS.md.

const resultsFile = fileURLToPath(new URL("RESULTS.md", import.meta.url));

const head = `# Measured

Written by \`npm run bench\`; every section says when, on what machine and at which commit, and stands until it is run again
(\`npm run bench -- NAME …\`). Two shared cores with other work on them: repeat a figure before you rely on it, and take gaps
under 2× for ties. The load average tells how busy the machine was; at 2 its cores were already taken.`;

/** The sections in the order of the report; `memory` shares the library of `quality`, `upload` and `search` that of `start`. */
const sections: Readonly<Record<string, () => Promise<{ readonly run: Run }>>> = {
  start: () => import("./sections/start.ts"),
  upload: () => import("./sections/upload.ts"),
  import: () => import("./sections/import.ts"),
  search: () => import("./sections/search.ts"),
  queue: () => import("./sections/queue.ts"),
  memory: () => import("./sections/memory.ts"),
  quality: () => import("./sections/quality.ts"),
  peers: () => import("./sections/peers.ts"),
  load: () => import("./sections/load.ts"),
  shards: () => import("./sections/shards.ts"),
  duplicates: () => import("./sections/duplicates.ts"),
  requests: () => import("./sections/requests.ts"),
  hamming: () => import("./sections/hamming.ts"),
  "hamming-peers": () => import("./sections/hamming-peers.ts"),
  pauses: () => import("./sections/pauses.ts"),
  grouping: () => import("./sections/grouping.ts"),
  fingerprint: () => import("./sections/fingerprint.ts"),
};

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in sections));
  if (unknown.length > 0) {
    console.error(`No section ${unknown.join(", ")}; there are ${Object.keys(sections).join(", ")}.`);
    process.exitCode = 2;
    return;
  }
  const room = makeRoom();
  try {
    for (const name of names.length > 0 ? names : Object.keys(sections)) await runSection(name, room);
  } finally {
    await room.close();
  }
}

/** Writes a section's results at once, so that a later one that fails costs none of the earlier ones. */
async function runSection(name: string, room: Room): Promise<void> {
  const load = sections[name];
  if (!load) throw new Error(`there is no section ${name}`);
  const circumstances = describeCircumstances();
  room.say(`— ${name}`);
  try {
    const outcome = await (await load()).run(room);
    if (outcome.kind === "skipped") room.say(`${name} skipped: ${outcome.why}`);
    else record(name, outcome, circumstances);
  } catch (error) {
    console.error(`${name} failed:`, error);
    process.exitCode = 1;
  }
}

function record(name: string, outcome: Extract<Outcome, { kind: "measured" }>, circumstances: string): void {
  const text = [`## ${name}`, circumstances, ...outcome.tables.map(renderTable)].join("\n\n");
  console.log(`${text}\n`);
  const before = existsSync(resultsFile) ? readFileSync(resultsFile, "utf8") : "";
  const order = Object.keys(sections);
  writeFileSync(resultsFile, mergeResults(before, new Map([[name, text]]), { head, order }));
}

function makeRoom(): Room & { close(): Promise<void> } {
  const shared = new Map<unknown, Promise<Shared<unknown>>>();
  const room: Room = {
    say: (line) => console.error(line),
    share: async <T>(make: (room: Room) => Promise<Shared<T>>): Promise<T> => {
      const made = (shared.get(make) as Promise<Shared<T>> | undefined) ?? make(room);
      shared.set(make, made);
      return (await made).value;
    },
  };
  const close = async (): Promise<void> => {
    const all = await Promise.allSettled(shared.values());
    for (const one of all.reverse()) if (one.status === "fulfilled") await one.value.close();
  };
  return { ...room, close };
}

await main(process.argv.slice(2));
