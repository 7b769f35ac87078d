import { corpusLibrary } from "../quality/corpus-library.ts";
import { kindOf, kinds } from "../quality/kinds.ts";
import { corpusQueries, drawnQueries, editQueries, type PeerQuery, querySets } from "../quality/peer-queries.ts";
import { askOrb, fillPeers, type PeerAnswer, searchAll } from "../quality/peers.ts";
import type { Run, Table } from "../report.ts";
import { percent } from "../statistics.ts";

/** How much is asked; less where a machine is busy. */
const asked = {
  originals: Number(process.env.UTSURU_BENCH_ORIGINALS ?? 60),
  distractors: Number(process.env.UTSURU_BENCH_DISTRACTORS ?? 1000),
  drawn: Number(process.env.UTSURU_BENCH_DRAWN ?? 20_000),
  drawnQueries: 160,
};
/** Wrong matches that are listed by name. */
const listedMax = 30;

/** What Utsuru finds beside pHash, PDQ and OpenCV's ORB: the same pictures and queries in one run. */
export const run: Run = async (room) => {
  const filled = await room.share(corpusLibrary);
  if ("missing" in filled) return { kind: "skipped", why: filled.missing };
  const library = await fillPeers(room, filled, asked.drawn);
  const queries = [
    ...(await editQueries(filled, asked.originals)),
    ...(await corpusQueries(filled, asked.distractors)),
    ...(asked.drawn > 0 ? await drawnQueries(asked.drawnQueries, asked.drawn) : []),
  ];
  const searched = await searchAll(room, library, queries);
  room.say("all queries searched; now ORB");
  const orb = await askOrb(filled, queries);
  const answers = [...searched, ...orb.answers];
  const notes = [
    `${asked.originals} originals of odd number, to which nothing was fitted, among ${library.names.size} pictures, ${asked.drawn} of them drawn. Found: the best match is the original; of collages the other picture in them is left out, as it is rightly found.`,
    orb.note,
  ];
  return { kind: "measured", tables: [editTable(answers, notes), falseTable(answers, queries)] };
};

/** Whether the best match is the right one, but for what is right too. */
function isFirst({ query, found }: PeerAnswer): boolean {
  return found.find((name) => !query.isExcused(name)) === query.right;
}

function waysOf(answers: readonly PeerAnswer[]): string[] {
  return [...new Set(answers.map(({ way }) => way))];
}

function editTable(answers: readonly PeerAnswer[], notes: readonly string[]): Table {
  const ways = waysOf(answers);
  const ofEdits = answers.filter(({ query }) => query.set === "edits");
  const place = (edit: string): number => kinds.indexOf(kindOf(edit));
  const edits = [...new Set(ofEdits.map(({ query }) => query.edit ?? ""))].sort(
    (a, b) => place(a) - place(b) || a.localeCompare(b, "en", { numeric: true }),
  );
  const shares = (own: readonly PeerAnswer[]): string[] =>
    ways.map((way) => {
      const mine = own.filter((answer) => answer.way === way);
      return mine.length === 0 ? "" : percent(mine.filter(isFirst).length / mine.length);
    });
  return {
    title: "Edited copies found first, beside other ways",
    columns: ["edit", ...ways],
    rows: [
      ...edits.map((edit) => [edit, ...shares(ofEdits.filter(({ query }) => query.edit === edit))]),
      ["all", ...shares(ofEdits)],
    ],
    notes,
  };
}

function falseTable(answers: readonly PeerAnswer[], queries: readonly PeerQuery[]): Table {
  const ways = waysOf(answers);
  const own = answers
    .filter(({ way }) => way === "Utsuru")
    .flatMap((answer) => wrongOf(answer).map((name) => ({ name, answer })));
  return {
    title: "Wrong matches, beside other ways",
    columns: ["queries", "how many", ...ways],
    rows: querySets.map((set) => [
      set,
      queries.filter((query) => query.set === set).length,
      ...ways.map((way) => {
        const mine = answers.filter((answer) => answer.way === way && answer.query.set === set);
        return mine.length === 0 ? "" : mine.reduce((sum, answer) => sum + wrongOf(answer).length, 0);
      }),
    ]),
    notes: [
      ...own.slice(0, listedMax).map(({ name, answer }) => `Utsuru: ${answer.query.picture.name} finds ${name}.`),
      ...(own.length > listedMax ? [`And ${own.length - listedMax} more.`] : []),
    ],
  };
}

function wrongOf({ query, found }: PeerAnswer): string[] {
  return found.filter((name) => name !== query.right && !query.isExcused(name));
}
