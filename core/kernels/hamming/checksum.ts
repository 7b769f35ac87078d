// XXH64 (Collet, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md) of whole 8-byte words.

const prime1: u64 = 0x9e3779b185ebca87;
const prime2: u64 = 0xc2b2ae3d27d4eb4f;
const prime3: u64 = 0x165667b19e3779f9;
const prime4: u64 = 0x85ebca77c2b2ae63;
const prime5: u64 = 0x27d4eb2f165667c5;

/** `length` is a multiple of 8. */
export function checksumOf(at: usize, length: usize, seed: u64): u64 {
  const end = at + length;
  let place = at;
  let sum = seed + prime5;
  if (length >= 32) {
    let a = seed + prime1 + prime2;
    let b = seed + prime2;
    let c = seed;
    let d = seed - prime1;
    for (; place + 32 <= end; place += 32) {
      a = stirred(a, load<u64>(place));
      b = stirred(b, load<u64>(place, 8));
      c = stirred(c, load<u64>(place, 16));
      d = stirred(d, load<u64>(place, 24));
    }
    sum = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
    sum = merged(merged(merged(merged(sum, a), b), c), d);
  }
  sum += <u64>length;
  for (; place < end; place += 8) sum = rotl<u64>(sum ^ stirred(0, load<u64>(place)), 27) * prime1 + prime4;
  sum = (sum ^ (sum >> 33)) * prime2;
  sum = (sum ^ (sum >> 29)) * prime3;
  return sum ^ (sum >> 32);
}

function stirred(lane: u64, word: u64): u64 {
  return rotl<u64>(lane + word * prime2, 31) * prime1;
}

function merged(sum: u64, lane: u64): u64 {
  return (sum ^ stirred(0, lane)) * prime1 + prime4;
}
