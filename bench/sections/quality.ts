import { weigh } from "../product/weight.ts";
import { corpusLibrary } from "../quality/corpus-library.ts";
import { type FalseCopySearch, searchDistractors, searchHardNegatives } from "../quality/false-copies.ts";
import { type Kind, kindOf, kinds } from "../quality/kinds.ts";
import { type EditSearch, searchEdits } from "../quality/search-edits.ts";
import type { Run, Table } from "../report.ts";
import { percent, quantile, round } from "../statistics.ts";

/** Which edited copies are found, and what is called a copy that is none, over the whole corpus through the API. */
export const run: Run = async (room) => {
  const filled = await room.share(corpusLibrary);
  if ("missing" in filled) return { kind: "skipped", why: filled.missing };
  const searches = await searchEdits(room, filled);
  const weight = await weigh("after the searches", filled.library);
  const distractors = await searchDistractors(filled);
  const hard = await searchHardNegatives(filled);
  const speed = `${searches.length} searches, two at once: p50 ${times(searches, 0.5)} ms, p99 ${times(searches, 0.99)} ms; uploads before them ${round(filled.uploadsPerSecond)} a second. The server weighed ${round(weight.memory.server)} MB after them, its heap ${round(weight.runtime.heapUsedMegabytes)} MB; its longest stall was ${round(weight.runtime.stallMaxMs)} ms.`;
  return {
    kind: "measured",
    tables: [
      {
        ...kindTable(searches),
        notes: [`${filled.originals.length} originals among ${filled.distractors.length} distractors.`, speed],
      },
      editTable(searches),
      falseTable([
        { set: "distractors", ...distractors },
        { set: "hard negatives", ...hard },
      ]),
    ],
  };
};

function times(searches: readonly EditSearch[], share: number): number {
  return round(
    quantile(
      searches.map(({ ms }) => ms),
      share,
    ),
  );
}

function kindTable(searches: readonly EditSearch[]): Table {
  const rows = kinds.map((kind) => {
    const own = searches.filter(({ edit }) => kindOf(edit) === kind);
    return [kind.name, new Set(own.map(({ edit }) => edit)).size, ...shares(own), verdictOn(kind, own)];
  });
  return {
    title: "Edited copies found, by kind",
    columns: ["kind", "edits", "first", "at any rank", "false matches", "target"],
    rows: [...rows, ["all", new Set(searches.map(({ edit }) => edit)).size, ...shares(searches), ""]],
  };
}

function editTable(searches: readonly EditSearch[]): Table {
  const byEdit = Map.groupBy(searches, ({ edit }) => edit);
  const place = (edit: string): number => kinds.indexOf(kindOf(edit));
  const edits = [...byEdit.keys()].sort((a, b) => place(a) - place(b) || a.localeCompare(b, "en", { numeric: true }));
  return {
    title: "Edited copies found, by edit",
    columns: ["edit", "kind", "first", "at any rank", "false matches"],
    rows: edits.map((edit) => [edit, kindOf(edit).name, ...shares(byEdit.get(edit) ?? [])]),
  };
}

function shares(searches: readonly EditSearch[]): (string | number)[] {
  const share = (has: (search: EditSearch) => boolean): string =>
    percent(searches.filter(has).length / searches.length);
  const falseMatches = searches.reduce((sum, search) => sum + search.falseMatches, 0);
  return [share(({ rank }) => rank === 1), share(({ rank }) => rank !== undefined), falseMatches];
}

function verdictOn({ foundMin }: Kind, searches: readonly EditSearch[]): string {
  if (foundMin === undefined) return "";
  const found = searches.filter(({ rank }) => rank === 1).length / searches.length;
  return `≥ ${percent(foundMin)}: ${found >= foundMin ? "reached" : "MISSED"}`;
}

function falseTable(sets: readonly (FalseCopySearch & { readonly set: string })[]): Table {
  return {
    title: "Different pictures called copies",
    columns: ["queries", "how many", "false copies"],
    rows: sets.map(({ set, queries, found }) => [set, queries, found.length]),
    notes: sets.flatMap(({ found }) =>
      found.map(({ query, found: name, distance }) => `${query} finds ${name} at ${distance} bits.`),
    ),
  };
}
