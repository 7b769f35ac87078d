import type { LocalFeatures } from "../features/local-features.ts";
import type { Variant } from "../features/parity.ts";

/** A stored picture worth aligning with the query, and the variant of the query it looks like. */
export interface Candidate {
  readonly slot: number;
  readonly variant: Variant;
  /** Sum of what its agreeing keypoints weigh; comparable within one query alone. */
  readonly votes: number;
}

/** A stored keypoint that looks like one of the query's. */
export interface Hit {
  readonly slot: number;
  readonly keypoint: number;
  readonly query: number;
  /** Place in the list of variants that were asked for. */
  readonly variant: number;
  /** Signature bits that differ. */
  readonly difference: number;
}

/** What the ranking needs to know besides the hits. */
export interface Election {
  readonly query: LocalFeatures;
  readonly variants: readonly Variant[];
  readonly pictures: number;
  readonly featuresOf: (slot: number, keypoint: number) => { readonly angle: number; readonly scale: number };
}

const angleBins = 16;
const scaleBins = 16;

/**
 * Ranks pictures by the hits that agree in turn and growth (weak geometric consistency: Jégou, Douze, Schmid, ECCV 2008), each
 * weighed by how near it is and by how few pictures its query keypoint hits.
 */
export function rankCandidates(hits: readonly Hit[], election: Election): Candidate[] {
  const rarity = raritiesOf(hits, election);
  const ballots = new Map<number, Hit[]>();
  for (const hit of hits) {
    const ballot = hit.slot * election.variants.length + hit.variant;
    const list = ballots.get(ballot);
    if (list) list.push(hit);
    else ballots.set(ballot, [hit]);
  }
  const best = new Map<number, Candidate>();
  for (const [ballot, list] of ballots) {
    const slot = Math.floor(ballot / election.variants.length);
    const variant = election.variants[ballot % election.variants.length] as Variant;
    const votes = agreementOf(list, variant, { election, rarity });
    const before = best.get(slot);
    if (before === undefined || votes > before.votes) best.set(slot, { slot, variant, votes });
  }
  return [...best.values()].sort((a, b) => b.votes - a.votes || a.slot - b.slot);
}

/** What a hit of each query keypoint weighs: less, the more hits the keypoint has. */
function raritiesOf(hits: readonly Hit[], { query }: Election): Float64Array {
  const counts = new Float64Array(query.count);
  for (const hit of hits) counts[hit.query] = (counts[hit.query] as number) + 1;
  return counts.map((count) => 1 / Math.sqrt(1 + count));
}

function agreementOf(
  hits: readonly Hit[],
  variant: Variant,
  { election, rarity }: { election: Election; rarity: Float64Array },
): number {
  if (hits.length === 1) return nearness(hits[0] as Hit) * (rarity[(hits[0] as Hit).query] as number);
  const bins = new Float64Array(angleBins * scaleBins);
  const seen = new Set<number>();
  for (const hit of hits) {
    const pose = election.featuresOf(hit.slot, hit.keypoint);
    const own = election.query.angle[hit.query] as number;
    const facing = variant === "plain" || variant === "inverted" ? own : 128 - own;
    const half = variant === "inverted" || variant === "mirrored-inverted" ? 128 : 0;
    const turn = (pose.angle - facing - half + 1024) % 256;
    const zoom = pose.scale - (election.query.scale[hit.query] as number);
    const turnBin = Math.floor(turn / 16);
    const zoomBin = Math.min(scaleBins - 1, Math.max(0, Math.floor(zoom / 2 + scaleBins / 2)));
    const once = (hit.query * angleBins + turnBin) * scaleBins + zoomBin;
    if (seen.has(once)) continue;
    seen.add(once);
    const at = turnBin * scaleBins + zoomBin;
    bins[at] = (bins[at] as number) + nearness(hit) * (rarity[hit.query] as number);
  }
  return heaviest(bins);
}

function nearness(hit: Hit): number {
  return 10 - hit.difference;
}

/** The heaviest 2 × 2 block, as turns and growths fall on either side of a bin's edge. */
function heaviest(bins: Float64Array): number {
  let most = 0;
  for (let turn = 0; turn < angleBins; turn++)
    for (let zoom = 0; zoom + 1 < scaleBins; zoom++) {
      const next = ((turn + 1) % angleBins) * scaleBins + zoom;
      const at = turn * scaleBins + zoom;
      most = Math.max(
        most,
        (bins[at] as number) + (bins[at + 1] as number) + (bins[next] as number) + (bins[next + 1] as number),
      );
    }
  return most;
}
