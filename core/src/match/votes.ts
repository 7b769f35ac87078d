import type { LocalFeatures } from "../features/local-features.ts";
import type { Variant } from "../features/parity.ts";

/** A stored picture worth aligning with the query, and the variant of the query it looks like. */
export interface Candidate {
  readonly slot: number;
  readonly variant: Variant;
  /** Sum of what its agreeing keypoints weigh; comparable within one query alone. */
  readonly votes: number;
}

/** Stored keypoints that look like the query's, one a place of each list. */
export interface Hits {
  readonly count: number;
  /** Slot × number of variants that were asked for + place of the variant among them: what is voted for. */
  readonly ballot: Uint32Array;
  readonly keypoint: Uint8Array;
  readonly query: Uint16Array;
  /** Signature bits that differ. */
  readonly difference: Uint8Array;
}

/** What the ranking needs to know besides the hits. */
export interface Election {
  readonly query: LocalFeatures;
  readonly variants: readonly Variant[];
  /** Candidates wanted. */
  readonly count: number;
  readonly poseOf: (slot: number, keypoint: number) => { readonly angle: number; readonly scale: number };
}

const angleBins = 16;
const scaleBins = 16;
const none = -1;

/**
 * Ranks pictures by the hits that agree in turn and growth (weak geometric consistency: Jégou, Douze, Schmid, ECCV 2008), each
 * weighed by how near it is and by how few pictures its query keypoint hits: the best, most votes first, ties by slot.
 *
 * Agreeing hits cannot weigh more than all of a ballot, so that most ballots need only be weighed.
 */
export class VoteCounter {
  /** By ballot its first hit while votes are counted, `none` in between. */
  #first = new Int32Array(0).fill(none);
  readonly #bins = new Bins();

  rank(hits: Hits, election: Election): Candidate[] {
    const weights = weightsOf(hits, election.query.count);
    const { ballots, next } = this.#sort(hits);
    const best = new Map<number, Candidate>();
    let least = 0;
    for (const { ballot, bound } of heaviestFirst(ballots, (ballot) => this.#weigh(ballot, next, weights))) {
      if (bound < least) break;
      const slot = Math.floor(ballot / election.variants.length);
      const place = ballot % election.variants.length;
      const list = hitsFrom(this.#first[ballot] as number, next);
      const votes = agreementOf(list, { hits, weights, election, slot, place }, this.#bins);
      const before = best.get(slot);
      if (before !== undefined && before.votes >= votes) continue;
      best.set(slot, { slot, variant: election.variants[place] as Variant, votes });
      if (best.size >= election.count && votes > least) least = ranked(best)[election.count - 1]?.votes ?? 0;
    }
    for (const ballot of ballots) this.#first[ballot] = none;
    return ranked(best).slice(0, election.count);
  }

  /** Chains the hits of each ballot, in their order. */
  #sort({ count, ballot }: Hits): { readonly ballots: number[]; readonly next: Int32Array } {
    const next = new Int32Array(count);
    const ballots: number[] = [];
    for (let i = count - 1; i >= 0; i--) {
      const of = ballot[i] as number;
      if (of >= this.#first.length) this.#makeRoom(of);
      const after = this.#first[of] as number;
      if (after === none) ballots.push(of);
      next[i] = after;
      this.#first[of] = i;
    }
    return { ballots, next };
  }

  #makeRoom(ballot: number): void {
    const roomier = new Int32Array(2 * (ballot + 1)).fill(none);
    roomier.set(this.#first);
    this.#first = roomier;
  }

  #weigh(ballot: number, next: Int32Array, weights: Float64Array): number {
    let sum = 0;
    for (let i = this.#first[ballot] as number; i !== none; i = next[i] as number) sum += weights[i] as number;
    return sum;
  }
}

/** What each hit weighs: the nearer the more, and less, the more hits its query keypoint has. */
function weightsOf({ count, query, difference }: Hits, keypoints: number): Float64Array {
  const hitsOf = new Uint32Array(keypoints);
  for (let i = 0; i < count; i++) hitsOf[query[i] as number] = (hitsOf[query[i] as number] as number) + 1;
  const rarity = Float64Array.from(hitsOf, (hits) => 1 / Math.sqrt(1 + hits));
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++)
    weights[i] = (10 - (difference[i] as number)) * (rarity[query[i] as number] as number);
  return weights;
}

/** Ballots that were sorted at once; the others seldom matter. */
const leaders = 128;

/** All ballots, the heaviest first. */
function* heaviestFirst(
  ballots: readonly number[],
  weigh: (ballot: number) => number,
): Generator<{ ballot: number; bound: number }> {
  const bounds = Float64Array.from(ballots, weigh);
  const least = bounds.slice().sort().at(-leaders) ?? 0;
  const entries = (wanted: (bound: number) => boolean) =>
    ballots
      .flatMap((ballot, i) => (wanted(bounds[i] as number) ? [{ ballot, bound: bounds[i] as number }] : []))
      .sort((a, b) => b.bound - a.bound);
  yield* entries((bound) => bound >= least);
  yield* entries((bound) => bound < least);
}

function hitsFrom(first: number, next: Int32Array): number[] {
  const list: number[] = [];
  for (let i = first; i !== none; i = next[i] as number) list.push(i);
  return list;
}

function ranked(best: ReadonlyMap<number, Candidate>): Candidate[] {
  return [...best.values()].sort((a, b) => b.votes - a.votes || a.slot - b.slot);
}

/** The weight of those hits of a ballot that agree best, each query keypoint counted once. */
function agreementOf(
  list: readonly number[],
  of: { hits: Hits; weights: Float64Array; election: Election; slot: number; place: number },
  bins: Bins,
): number {
  const { hits, weights, election, slot } = of;
  if (list.length === 1) return weights[list[0] as number] as number;
  const variant = election.variants[of.place] as Variant;
  bins.clear(election.query.count);
  for (const hit of list) {
    const query = hits.query[hit] as number;
    const pose = election.poseOf(slot, hits.keypoint[hit] as number);
    bins.add(binOf(pose, election.query, { keypoint: query, variant }), query, weights[hit] as number);
  }
  return bins.heaviest();
}

/** By how much a stored keypoint is turned and grown against the query's. */
function binOf(
  pose: { readonly angle: number; readonly scale: number },
  query: LocalFeatures,
  { keypoint, variant }: { keypoint: number; variant: Variant },
): number {
  const own = query.angle[keypoint] as number;
  const facing = variant === "plain" || variant === "inverted" ? own : 128 - own;
  const half = variant === "inverted" || variant === "mirrored-inverted" ? 128 : 0;
  const turn = (pose.angle - facing - half + 1024) % 256;
  const zoom = pose.scale - (query.scale[keypoint] as number);
  const zoomBin = Math.min(scaleBins - 1, Math.max(0, Math.floor(zoom / 2 + scaleBins / 2)));
  return Math.floor(turn / 16) * scaleBins + zoomBin;
}

/** Weights of one ballot after another by turn and growth: cleared by a count, as thousands of ballots are looked at in one search. */
class Bins {
  readonly #weights = new Float64Array(angleBins * scaleBins);
  /** Bins that are not empty, in the order in which they were filled. */
  readonly #filled: number[] = [];
  /** Of each query keypoint and bin the round in which it was counted last. */
  #counted = new Uint32Array(0);
  #round = 0;

  /** Begins a new ballot, for a query of so many keypoints. */
  clear(keypoints: number): void {
    for (const bin of this.#filled) this.#weights[bin] = 0;
    this.#filled.length = 0;
    const room = keypoints * this.#weights.length;
    this.#round++;
    if (room <= this.#counted.length && this.#round < 2 ** 32) return;
    this.#counted = new Uint32Array(Math.max(room, this.#counted.length));
    this.#round = 1;
  }

  /** Adds to a bin, once for each query keypoint. */
  add(bin: number, keypoint: number, weight: number): void {
    const place = keypoint * this.#weights.length + bin;
    if (this.#counted[place] === this.#round) return;
    this.#counted[place] = this.#round;
    if (this.#weights[bin] === 0) this.#filled.push(bin);
    this.#weights[bin] = (this.#weights[bin] as number) + weight;
  }

  /** The heaviest 2 × 2 block, as turns and growths fall on either side of a bin's edge. */
  heaviest(): number {
    let most = 0;
    for (const bin of this.#filled) {
      const turn = Math.floor(bin / scaleBins);
      const zoom = bin % scaleBins;
      for (const from of [turn, (turn + angleBins - 1) % angleBins])
        for (const first of [zoom, zoom - 1])
          if (first >= 0 && first + 1 < scaleBins) most = Math.max(most, this.#block(from, first));
    }
    return most;
  }

  #block(turn: number, zoom: number): number {
    const at = turn * scaleBins + zoom;
    const next = ((turn + 1) % angleBins) * scaleBins + zoom;
    const weights = this.#weights;
    return (
      (weights[at] as number) + (weights[at + 1] as number) + (weights[next] as number) + (weights[next + 1] as number)
    );
  }
}
