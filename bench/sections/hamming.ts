import { growthColumns, growthRow } from "../hamming/growth.ts";
import { type Spread, spreads } from "../hamming/sets.ts";
import type { Run } from "../report.ts";

/** UTSURU_BENCH_LARGE=1 adds ten million codes; `uniform` those that take a minute less to draw. */
const large = process.env.UTSURU_BENCH_LARGE;
const most = 10_000_000;
const curve = [10_000, 100_000, 1_000_000, ...(large ? [most] : [])];

/** Every code within 31 of 256 bits of a query: what the index takes, by number of codes. */
export const run: Run = async (room) => {
  const rows: (string | number)[][] = [];
  for (const count of curve) {
    for (const spread of spreadsAt(count)) {
      room.say(`index of ${count.toLocaleString("en")} ${spread} codes`);
      rows.push(await growthRow(spread, count));
    }
  }
  return { kind: "measured", tables: [{ title, columns: growthColumns, rows, notes }] };
};

function spreadsAt(count: number): readonly Spread[] {
  return count < most || large === "1" ? spreads : spreads.filter((spread) => spread === large);
}

const title = "Index of 256-bit codes: every code within 31 bits of a query";

const notes = [
  "400 queries, half of them copies of a code held with up to 31 bits changed, half strangers, each asked alone and then in eight orientations, after 200 of both that are not counted; one thread; adds one at a time.",
  "To reach: at 1 M p50 ≤ 0.2, p99 ≤ 0.6 ms, at 10 M p50 ≤ 1.2 ms; ≤ 90 bytes a code; 8 orientations ≤ 6 × one; ≥ 50,000 adds a second, none over 20 ms; a snapshot of 1 M in 0.3 s.",
];
