const side = 16;

/** How codes are cut: into 12 bands of 21 bits, with 4 bits to spare, or into 16 of 16. */
export type Bands = 12 | 16;

/**
 * Which bit of a code stands at each of 256 places of the index's words: with 12 bands, place 64 w + 21 b + i is bit i of band
 * 3 w + b, and place 64 w + 63 is in no band; with 16, place 64 w + 16 b + i is bit i of band 4 w + b. Bit n of a code is bit n
 * mod 8 of byte n div 8.
 *
 * A fingerprint's bits are the signs of 16 × 16 cosine coefficients, row by row. Mirroring a picture changes the sign of
 * just the odd columns or rows, so bits are sorted by the parity of both: a band then keeps its value, or turns it over as a
 * whole, and four orientations of one query walk the same few chains. Within a parity, neighbours in frequency, which are
 * alike in pictures, go to different bands.
 */
export function bitOrder(bands: Bands): Uint8Array {
  const order = new Uint8Array(256);
  const perWord = bands / 4;
  const bandBits = Math.floor(64 / perWord);
  for (let word = 0; word < 4; word++) {
    parityBits(word).forEach((bit, nth) => {
      const place = bandBits * (nth % perWord) + Math.floor(nth / perWord);
      order[64 * word + (nth < bandBits * perWord ? place : nth)] = bit;
    });
  }
  return order;
}

/** Changes with the order: snapshots hold reordered codes. */
export function bitOrderVersion(bands: Bands): number {
  return bands === 12 ? 1 : 2;
}

/**
 * The 64 bits of one parity of row and column, from high frequencies to low: short bands leave the last ones out, and low ones
 * depend most on one another (18 % fewer candidates at a million image-like codes than the other way round).
 */
function parityBits(word: number): number[] {
  const bits: number[] = [];
  for (let row = word >> 1; row < side; row += 2) {
    for (let column = word & 1; column < side; column += 2) bits.push(row * side + column);
  }
  return bits.sort((a, b) => frequency(b) - frequency(a) || a - b);
}

function frequency(bit: number): number {
  return Math.floor(bit / side) + (bit % side);
}
