// Lists of postings: which keypoint, and its signature, 32 bits each. One instance, one index; core/src/match/posting-lists.ts says
// where the lists are, this module holds them and reads them.

/** Most postings that one reading goes through. */
const READ_MAX: i32 = 4096;
const RESULTS: usize = (__heap_base + 15) & ~15;
const LISTS: usize = (RESULTS + READ_MAX * 8 + 0xffff) & ~0xffff;

let end: usize = LISTS;

/** Where `read` writes: pairs of posting and difference. */
export function resultsAt(): usize {
  return RESULTS;
}

/** Makes room for so many bytes of lists (a multiple of 16) and says where; 0 when memory does not suffice. */
export function extend(bytes: usize): usize {
  const at = end;
  const pages = <i32>((at + bytes + 0xffff) >>> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return 0;
  end = at + bytes;
  return at;
}

/** Finds the postings of a list whose signature differs from the given one in few bits; how many were written. */
export function read(at: usize, length: i32, signature: i32, differenceMax: i32): i32 {
  const own = i32x4.splat(signature);
  const most = i32x4.splat(differenceMax);
  let out = RESULTS;
  const count = min(length, READ_MAX);
  let i = 0;
  for (; i + 4 <= count; i += 4, at += 32) {
    const signatures = v128.shuffle<i32>(v128.load(at), v128.load(at + 16), 1, 3, 5, 7);
    const bits = i8x16.popcnt(v128.xor(signatures, own));
    const differences = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bits));
    const near = i32x4.bitmask(i32x4.le_s(differences, most));
    if (near == 0) continue;
    if (near & 1) out = write(out, at, i32x4.extract_lane(differences, 0));
    if (near & 2) out = write(out, at + 8, i32x4.extract_lane(differences, 1));
    if (near & 4) out = write(out, at + 16, i32x4.extract_lane(differences, 2));
    if (near & 8) out = write(out, at + 24, i32x4.extract_lane(differences, 3));
  }
  for (; i < count; i++, at += 8) {
    const difference = <i32>popcnt<u32>(load<u32>(at + 4) ^ <u32>signature);
    if (difference <= differenceMax) out = write(out, at, difference);
  }
  return <i32>((out - RESULTS) >>> 3);
}

function write(out: usize, posting: usize, difference: i32): usize {
  store<u32>(out, load<u32>(posting));
  store<i32>(out + 4, difference);
  return out + 8;
}
