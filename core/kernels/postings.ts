// Lists of postings: which keypoint, and its signature, 32 bits each. One instance, one index; core/src/match/posting-lists.ts says
// where the lists are, this module holds them and reads them.
//
// A list's signatures go up from its place and its keypoints down from it, so that reading, which refuses nearly all by their
// signatures, touches half of the memory.

/** What a query is looked for with: query keypoint, key, signature, 4 bytes each. */
const SEEDS_MAX: i32 = 8192;
const SEED: usize = 12;
/** Masks of a query keypoint's probes, 4 bytes each. */
const KEYPOINTS_MAX: i32 = 2048;
export const PROBES: i32 = 32;
/** What was found: posting, and 256 × seed + difference, 4 bytes each. */
const HITS_MAX: i32 = 1 << 18;

const SEEDS_AT: usize = (__heap_base + 15) & ~15;
const PROBES_AT: usize = SEEDS_AT + <usize>SEEDS_MAX * SEED;
const HITS_AT: usize = PROBES_AT + <usize>KEYPOINTS_MAX * PROBES * 4;
const HITS_END: usize = HITS_AT + <usize>HITS_MAX * 8;
/** Of each list that was fetched: place and length, 4 bytes each. */
const BATCH: i32 = 16;
const BATCH_AT: usize = HITS_END;
const LINE: usize = 64;
/** Of each key: its list's place and length, 4 bytes each. */
const KEYS_AT: usize = (BATCH_AT + <usize>BATCH * 8 + 15) & ~15;

let end: usize = KEYS_AT;
/** Keeps the loads that only touch. */
let touched: u32 = 0;

export function seedsAt(): usize {
  return SEEDS_AT;
}
export function probesAt(): usize {
  return PROBES_AT;
}
export function hitsAt(): usize {
  return HITS_AT;
}
export function keysAt(): usize {
  return KEYS_AT;
}

/** Makes room for so many bytes (a multiple of 16) and says where; 0 when memory does not suffice. The first are the keys'. */
export function extend(bytes: usize): usize {
  const at = end;
  const pages = <i32>((at + bytes + 0xffff) >>> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return 0;
  end = at + bytes;
  return at;
}

/**
 * Reads, probe after probe and seed after seed, the lists at the seeds' keys, each up to a length; how many hits were written.
 * Ends when so many postings were read and a round of seeds is over, or when there is no room for what a list may give.
 */
export function collect(seeds: i32, postingsMax: i32, lengthMax: i32, differenceMax: i32): i32 {
  let out = HITS_AT;
  let budget = postingsMax;
  for (let probe = 0; probe < PROBES && budget > 0; probe++)
    for (let first = 0; first < seeds; first += BATCH) {
      const end = min(seeds, first + BATCH);
      budget -= fetch(first, end, probe, lengthMax);
      for (let seed = first; seed < end; seed++) {
        const fetched = BATCH_AT + <usize>(seed - first) * 8;
        const length = load<i32>(fetched + 4);
        if (length == 0) continue;
        if (out + <usize>length * 8 > HITS_END) return hitsTo(out);
        const signature = load<i32>(SEEDS_AT + <usize>seed * SEED + 8);
        out = read(out, <usize>load<u32>(fetched), length, signature, differenceMax, seed << 8);
      }
    }
  return hitsTo(out);
}

/**
 * Looks some seeds' lists up and touches each line of them, so that the waits for memory, which are most of the time, overlap;
 * what they cost of the budget.
 */
function fetch(first: i32, end: i32, probe: i32, lengthMax: i32): i32 {
  let cost = 0;
  for (let seed = first; seed < end; seed++) {
    const at = SEEDS_AT + <usize>seed * SEED;
    const mask = load<u32>(PROBES_AT + (<usize>load<u32>(at) * PROBES + probe) * 4);
    const list = KEYS_AT + <usize>(load<u32>(at + 4) ^ mask) * 8;
    const fetched = BATCH_AT + <usize>(seed - first) * 8;
    const length = min(lengthMax, load<i32>(list + 4));
    store<u32>(fetched, load<u32>(list));
    store<i32>(fetched + 4, length);
    cost += 1 + length;
  }
  for (let i = 0; i < end - first; i++) {
    const list = <usize>load<u32>(BATCH_AT + <usize>i * 8);
    const listEnd = list + 4 * <usize>load<i32>(BATCH_AT + <usize>i * 8 + 4);
    for (let line = list; line < listEnd; line += LINE) touched ^= load<u32>(line);
  }
  return cost;
}

function hitsTo(out: usize): i32 {
  return <i32>((out - HITS_AT) >>> 3);
}

/** Writes the postings of a list whose signature differs from the given one in few bits. */
function read(out: usize, list: usize, length: i32, signature: i32, differenceMax: i32, seed: i32): usize {
  const own = i32x4.splat(signature);
  const most = i32x4.splat(differenceMax);
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const bits = i8x16.popcnt(v128.xor(v128.load(list + 4 * <usize>i), own));
    const differences = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bits));
    const near = i32x4.bitmask(i32x4.le_s(differences, most));
    if (near == 0) continue;
    if (near & 1) out = write(out, list, i, seed | i32x4.extract_lane(differences, 0));
    if (near & 2) out = write(out, list, i + 1, seed | i32x4.extract_lane(differences, 1));
    if (near & 4) out = write(out, list, i + 2, seed | i32x4.extract_lane(differences, 2));
    if (near & 8) out = write(out, list, i + 3, seed | i32x4.extract_lane(differences, 3));
  }
  for (; i < length; i++) {
    const difference = <i32>popcnt<u32>(load<u32>(list + 4 * <usize>i) ^ <u32>signature);
    if (difference <= differenceMax) out = write(out, list, i, seed | difference);
  }
  return out;
}

function write(out: usize, list: usize, i: i32, seedAndDifference: i32): usize {
  store<u32>(out, load<u32>(list - 4 - 4 * <usize>i));
  store<i32>(out + 4, seedAndDifference);
  return out + 8;
}
