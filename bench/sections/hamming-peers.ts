import { peerColumns, peerRows } from "../hamming/peers.ts";
import { spreads } from "../hamming/sets.ts";
import type { Run, Table } from "../report.ts";

/** UTSURU_BENCH_PEERS_AT names other numbers of codes, with commas; UTSURU_BENCH_POSTGRES the folder of PostgreSQL's programs, without which it is left out. */
const counts = (process.env.UTSURU_BENCH_PEERS_AT ?? "100000,1000000").split(",").map(Number);

/** Every code within 31 of 256 bits of a query: the index beside its peers. */
export const run: Run = async (room) => {
  const tables: Table[] = [];
  for (const count of counts) {
    for (const spread of spreads) {
      room.say(`peers with ${count.toLocaleString("en")} ${spread} codes`);
      const title = `Ways to find codes within 31 bits, ${count.toLocaleString("en")} ${spread} codes`;
      tables.push({ title, columns: peerColumns, rows: await peerRows(spread, count), notes });
    }
  }
  return { kind: "measured", tables };
};

const notes = [
  "The same queries in turn; found: of what the index finds, which is proved exact. faiss is timed inside its process, one thread; usearch where its graph is built within two minutes.",
  "To reach at 1 M: ≥ 20 × faster than faiss's MultiHash, ≥ 1,000 × faster than the bit_count scan.",
];
