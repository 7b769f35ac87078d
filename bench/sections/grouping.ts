import { groupingColumns, groupingRow } from "../hamming/grouping.ts";
import { spreads } from "../hamming/sets.ts";
import type { Run } from "../report.ts";

/** How long `utsuru duplicates` takes to group a hundred thousand pictures. */
export const run: Run = async () => ({
  kind: "measured",
  tables: [{ title, columns: groupingColumns, rows: spreads.map(groupingRow), notes }],
});

const title = "`utsuru duplicates`: pictures grouped by their copies, apart from decoding";

const notes = [
  "Each picture with PDQ and dct256 in eight orientations and as a negative; a tenth of them copies of others, 0 to 31 bits away.",
  "To reach: 30 s.",
];
