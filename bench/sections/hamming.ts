import { groupingColumns, groupingRow } from "../hamming/grouping.ts";
import { growthColumns, growthRow } from "../hamming/growth.ts";
import { pauseColumns, pauseRows } from "../hamming/pauses.ts";
import { peerColumns, peerRows } from "../hamming/peers.ts";
import type { Spread } from "../hamming/sets.ts";
import type { Run, Table } from "../report.ts";

const spreads: readonly Spread[] = ["uniform", "image-like"];
/** UTSURU_BENCH_LARGE=1 adds ten million codes, which take a minute to draw. */
const curve = [10_000, 100_000, 1_000_000, ...(process.env.UTSURU_BENCH_LARGE === "1" ? [10_000_000] : [])];
const peersAt = [100_000, 1_000_000];

/** Every code within 31 of 256 bits of a query: the index by number of codes, then beside its peers. */
export const run: Run = async (room) => {
  const growth: Table = {
    title: "Index of 256-bit codes: every code within 31 bits of a query",
    columns: growthColumns,
    rows: curve.flatMap((count) =>
      spreads.map((spread) => {
        room.say(`index of ${count.toLocaleString("en")} ${spread} codes`);
        return growthRow(spread, count);
      }),
    ),
    notes: [
      "400 queries, half of them copies of a code held with up to 31 bits changed, half strangers; one thread; adds one at a time.",
      "To reach: at 1 M p50 ≤ 0.2, p99 ≤ 0.6 ms, at 10 M p50 ≤ 1.2 ms; ≤ 90 bytes a code; 8 orientations ≤ 6 × one; ≥ 50,000 adds a second, none over 20 ms.",
    ],
  };
  const pauses: Table = {
    title: "Pauses with a million images, two codes each",
    columns: pauseColumns,
    rows: await pauseRows(room.say),
    notes: [
      "Changed: taken in anew, which removes and adds both codes. On a busy machine the event loop also waits for its turn on a core, which the last column tells and the one before does not count.",
      "To reach: ≥ 50,000 codes a second, no pause over 20 ms. A snapshot is read before a server takes requests.",
    ],
  };
  room.say("grouping pictures");
  const grouping: Table = {
    title: "`utsuru duplicates`: pictures grouped by their copies, apart from decoding",
    columns: groupingColumns,
    rows: spreads.map(groupingRow),
    notes: [
      "Each picture with PDQ and dct256 in eight orientations and as a negative; a tenth of them copies of others, 0 to 31 bits away.",
      "To reach: 30 s.",
    ],
  };
  const tables = [growth, pauses, grouping];
  for (const count of peersAt) {
    for (const spread of spreads) {
      room.say(`peers with ${count.toLocaleString("en")} ${spread} codes`);
      const title = `Ways to find them, ${count.toLocaleString("en")} ${spread} codes`;
      tables.push({ title, columns: peerColumns, rows: await peerRows(spread, count), notes: peerNotes });
    }
  }
  return { kind: "measured", tables };
};

const peerNotes = [
  "The same queries in turn; found: of what the index finds, which is proved exact. faiss is timed inside its process, one thread; usearch only up to 100,000 codes.",
  "To reach at 1 M: ≥ 20 × faster than faiss's MultiHash, ≥ 1,000 × faster than the bit_count scan.",
];
