import { median, percent, quantile, round } from "../statistics.ts";
import { faissPeers } from "./faiss.ts";
import { builtIndex, multiIndexPeer, scanPeer, usearchPeer } from "./local.ts";
import type { Peer } from "./peer.ts";
import { postgresPeers } from "./postgres.ts";
import { codesOf, queriesOf, randomFrom, type Spread } from "./sets.ts";

const queryCount = 400;
/** V8 compiles WebAssembly well in the background, once it has been called often. */
const warmUp = 200;
/** A peer that has taken so long answers no more queries, once it has answered 3. */
const peerMsMax = 8_000;
const answersMin = 3;
/** Building HNSW of a million codes takes both cores for minutes. */
const usearchMsMax = 120_000;

export const peerColumns = ["way", "p50 ms", "p99 ms", "× ours", "found", "queries", "bytes a code"];

/** The same queries to every peer at hand, in turn, so that what else the machine does falls on all alike. */
export async function peerRows(spread: Spread, count: number): Promise<(string | number)[][]> {
  const codes = codesOf(spread, count, randomFrom(count));
  const peers = await peersOf(codes);
  try {
    const times = await alternate(peers, queriesOf(codes, spread, { count: queryCount, seed: 3 }));
    const ours = median(times[0]?.ms ?? []);
    return peers.map((peer, i) => rowOf(peer, times[i] as Times, ours));
  } finally {
    for (const peer of peers) await peer.close();
  }
}

async function peersOf(codes: Uint8Array): Promise<Peer[]> {
  const usearch = usearchPeer(codes, usearchMsMax);
  const local = [multiIndexPeer(builtIndex(codes)), scanPeer(codes), ...(usearch ? [usearch] : [])];
  return [...local, ...(await faissPeers(codes)), ...(await postgresPeers(codes))];
}

interface Times {
  readonly ms: number[];
  total: number;
  /** Codes found, and codes to be found by the same queries. */
  found: number;
  due: number;
}

async function alternate(peers: readonly Peer[], queries: readonly Uint8Array[]): Promise<Times[]> {
  const times = peers.map((): Times => ({ ms: [], total: 0, found: 0, due: 0 }));
  for (const query of queries.slice(0, warmUp)) await peers[0]?.answer(query);
  for (const query of queries) {
    let due = 0;
    for (const [i, peer] of peers.entries()) {
      const time = times[i] as Times;
      if (time.total > peerMsMax && time.ms.length >= answersMin) continue;
      const { ms, found } = await peer.answer(query);
      if (i === 0) due = found;
      time.ms.push(ms);
      time.total += ms;
      time.found += found;
      time.due += due;
    }
  }
  return times;
}

function rowOf({ name, bytesPerCode }: Peer, { ms, found, due }: Times, ours: number): (string | number)[] {
  return [
    name,
    round(median(ms), 3),
    ms.length >= 100 ? round(quantile(ms, 0.99), 3) : "–",
    round(median(ms) / ours, 1),
    due === 0 ? "–" : percent(found / due),
    ms.length,
    bytesPerCode === undefined ? "–" : round(bytesPerCode, 1),
  ];
}
