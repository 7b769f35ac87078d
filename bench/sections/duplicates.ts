import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCatalog } from "../../server/src/postgres/catalog.ts";
import { startEmbedded } from "../../server/src/postgres/embedded.ts";
import { CopyComparer } from "../../server/src/search/compare-copies.ts";
import { type DuplicatesPage, findDuplicates } from "../../server/src/search/find-duplicates.ts";
import { codeBytes, codesOf, queriesOf, randomFrom, type Spread } from "../hamming/sets.ts";
import { crowdDatabase, crowdOwnerId } from "../product/crowded-database.ts";
import type { Room, Run } from "../report.ts";
import { median, round, timed } from "../statistics.ts";

const images = Number(process.env.UTSURU_BENCH_OWNED ?? 100_000);
/** One image in ten is a copy of another, and one in ten a stranger more. */
const copies = images / 10;
const spreads: readonly Spread[] = ["uniform", "image-like"];
const pageSize = 50;

/** Groups of copies among one person's images, as `GET /api/duplicates` finds them, apart from HTTP. */
export const run: Run = async (room) => {
  const rows: (string | number)[][] = [];
  for (const spread of spreads) rows.push(await measure(spread, room));
  const table = {
    title: `Groups of copies among ${images.toLocaleString("en")} images of one person (\`GET /api/duplicates\`, apart from HTTP)`,
    columns: [
      "codes",
      "groups",
      "until all are compared, s",
      "CPU of this process, s",
      "answers meanwhile",
      "slowest, ms",
      `pages of ${pageSize}`,
      "p50 ms",
      "slowest, ms",
    ],
    rows,
    notes: [
      "PDQ and dct256 in eight orientations, and dct256 as a negative; a tenth are copies, 0 to 31 bits away. The same with `UTSURU_INDEX=memory` and `database`: neither index is asked. Each answer compares for 1.5 s.",
    ],
  };
  return { kind: "measured", tables: [table] };
};

async function measure(spread: Spread, room: Room): Promise<(string | number)[]> {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-"));
  const database = await startEmbedded({ directory: folder });
  try {
    room.say(`writing ${images.toLocaleString("en")} images with ${spread} codes`);
    await crowdDatabase(database.url, { pdq: withCopies(spread, 6), dct256: withCopies(spread, 7) });
    const catalog = await openCatalog(database);
    room.say("comparing them");
    const comparer = new CopyComparer({ copies: catalog.copies, clock: { now: () => new Date() } });
    const owner = { id: crowdOwnerId, audience: 1, email: "", createdAt: new Date() };
    const row = await group((cursor) =>
      findDuplicates({ catalog, comparer }, owner, { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }),
    );
    await catalog.close();
    return [spread, ...row];
  } finally {
    await database.stop();
    await rm(folder, { recursive: true, maxRetries: 5 });
  }
}

/** Asks as a client does: until all is compared, then page by page. */
async function group(ask: (cursor: string | undefined) => Promise<DuplicatesPage>): Promise<number[]> {
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  const [comparing, pages]: [number[], number[]] = [[], []];
  let cursor: string | undefined;
  let answer: DuplicatesPage;
  do {
    const { value, ms } = await timed(() => ask(cursor));
    answer = value;
    cursor = value.next;
    comparing.push(ms);
  } while (answer.pending > 0);
  const tookMs = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  let groups = answer.items.length;
  while (cursor !== undefined) {
    const { value, ms } = await timed(() => ask(cursor));
    cursor = value.next;
    groups += value.items.length;
    pages.push(ms);
  }
  return [
    groups,
    round(tookMs / 1000, 1),
    round((user + system) / 1e6, 1),
    comparing.length,
    Math.round(Math.max(...comparing)),
    pages.length,
    Math.round(median(pages)),
    Math.round(Math.max(...pages)),
  ];
}

/** Originals, then copies of some of them and strangers in turn. */
function withCopies(spread: Spread, seed: number): Uint8Array {
  const originals = codesOf(spread, images - 2 * copies, randomFrom(seed));
  const all = new Uint8Array(images * codeBytes);
  all.set(originals);
  for (const [i, code] of queriesOf(originals, spread, { count: 2 * copies, seed: seed + 10 }).entries())
    all.set(code, originals.length + i * codeBytes);
  return all;
}
