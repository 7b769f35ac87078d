import { bandRadiusMax, bucketBitsMax, masks, orderTables } from "./layout";

/** Fills the tables by which codes are reordered; `order` holds 256 bytes: the place in the code of each bit to be. */
export function learnOrder(order: usize): void {
  memory.fill(orderTables, 0, 0x8000);
  for (let to: u32 = 0; to < 256; to++) {
    const from = <u32>load<u8>(order + to);
    for (let value: u32 = 0; value < 16; value++) {
      if (((value >> (from & 3)) & 1) == 0) continue;
      const at = orderTables + ((<usize>(from >> 2) * 16 + value) << 5) + ((to >> 6) << 3);
      store<u64>(at, load<u64>(at) | ((<u64>1) << (<u64>(to & 63))));
    }
  }
}

/** Writes to `to` the code at `from` in the order of the bands: 64 look-ups, some 80 ns. */
export function reorder(from: usize, to: usize): void {
  let w0: u64 = 0;
  let w1: u64 = 0;
  let w2: u64 = 0;
  let w3: u64 = 0;
  for (let i: usize = 0; i < 64; i++) {
    const nibble = (<u32>load<u8>(from + (i >> 1)) >> ((<u32>i & 1) << 2)) & 15;
    const at = orderTables + (((i << 4) + nibble) << 5);
    w0 |= load<u64>(at);
    w1 |= load<u64>(at, 8);
    w2 |= load<u64>(at, 16);
    w3 |= load<u64>(at, 24);
  }
  store<u64>(to, w0);
  store<u64>(to, w1, 8);
  store<u64>(to, w2, 16);
  store<u64>(to, w3, 24);
}

/** Lists the masks of at most `bandRadiusMax` bits, as far apart as buckets' words are; the next of equal count by Gosper's hack (HAKMEM, item 175). */
export function listMasks(): void {
  let at = masks;
  for (let count: u32 = 0; count <= bandRadiusMax; count++) {
    let mask: u32 = (1 << count) - 1;
    while (mask < 1 << bucketBitsMax) {
      store<u32>(at, mask << 3);
      at += 4;
      if (mask == 0) break;
      const low = mask & -mask;
      const ripple = mask + low;
      mask = (((ripple ^ mask) >> 2) / low) | ripple;
    }
  }
}

/** Where the masks of `count` bits begin. */
export function masksOf(count: u32): usize {
  let at = masks;
  for (let fewer: u32 = 0; fewer < count; fewer++) at += (<usize>choose(bucketBitsMax, fewer)) << 2;
  return at;
}

/** Where those end that are among `bits` bits. */
export function masksEnd(bits: u32, count: u32): usize {
  return masksOf(count) + ((<usize>choose(bits, count)) << 2);
}

/** How many masks of `count` bits there are among `bits` bits. */
export function choose(bits: u32, count: u32): u32 {
  let ways: u32 = 1;
  for (let i: u32 = 0; i < count; i++) ways = (ways * (bits - i)) / (i + 1);
  return ways;
}
