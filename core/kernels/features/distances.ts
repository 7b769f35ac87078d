// Distances between two lists of descriptors, 32 bytes each.

import { forgetPicture, take } from "./memory";

let listA: usize = 0;
let listB: usize = 0;

/** Makes room for two lists of descriptors, and for their nearest ones; where the first list goes, 0 without memory. */
export function beginMatch(countA: i32, countB: i32): usize {
  forgetPicture();
  listA = take(<usize>countA * 32);
  listB = take(<usize>countB * 32);
  return listA != 0 && listB != 0 ? listA : 0;
}

export function secondListAt(): usize {
  return listB;
}

/** Writes the distances of descriptor `i` of the first list to all of the second, 16 bits each, and says where; 0 without memory. */
export function distancesOf(countA: i32, countB: i32): usize {
  const out = take(<usize>countA * countB * 2);
  if (out == 0) return 0;
  let at = out;
  for (let i = 0; i < countA; i++) {
    const a = v128.load(listA + i * 32);
    const b = v128.load(listA + i * 32 + 16);
    for (let j = 0; j < countB; j++, at += 2) {
      const x = i8x16.popcnt(v128.xor(a, v128.load(listB + j * 32)));
      const y = i8x16.popcnt(v128.xor(b, v128.load(listB + j * 32 + 16)));
      const pairs = i16x8.extadd_pairwise_i8x16_u(i8x16.add(x, y));
      const fours = i32x4.extadd_pairwise_i16x8_u(pairs);
      const eights = i64x2.add(i64x2.extend_low_i32x4_u(fours), i64x2.extend_high_i32x4_u(fours));
      const sum = i64x2.extract_lane(eights, 0) + i64x2.extract_lane(eights, 1);
      store<u16>(at, <u16>sum);
    }
  }
  return out;
}
