const side = 16;

/** How codes are cut: into 11 bands of 23 bits, with 3 bits to spare, or into 16 of 16. */
export type Bands = 11 | 16;

/** How many bits a band has. */
export function bitsPerBand(bands: Bands): number {
  return Math.floor(256 / bands);
}

/**
 * Which bit of a code stands at each of 256 places of the index's codes: place `bitsPerBand` × b + i is bit i of band b; what is
 * left is in no band. Bit n of a code is bit n mod 8 of byte n div 8.
 *
 * A fingerprint's bits are the signs of 16 × 16 cosine coefficients, row by row. Mirroring a picture changes the sign of
 * just the odd columns or rows, so bits are sorted by the parity of both: a band of one parity keeps its value or turns it over as
 * a whole, and so does one that is filled up with bits of even row and column, which never change. Then four orientations of one
 * query walk through the same few buckets. Within a parity, neighbours in frequency, which are alike in pictures, go to different
 * bands.
 */
export function bitOrder(bands: Bands): Uint8Array {
  const banded = bands === 11 ? elevenBands() : sixteenBands();
  const bits = banded.flat();
  const others = Array.from({ length: 256 }, (_, bit) => bit).filter((bit) => !bits.includes(bit));
  return Uint8Array.from([...bits, ...others]);
}

/** Changes with the order: snapshots hold reordered codes. */
export function bitOrderVersion(bands: Bands): number {
  return bands === 11 ? 3 : 2;
}

/** Four bands of each parity. */
function sixteenBands(): number[][] {
  return parities.flatMap((parity) => dealt(parityBits(parity), [16, 16, 16, 16]));
}

/** Two bands of each parity, and three of what is left of the odd ones, filled up with even bits. */
function elevenBands(): number[][] {
  const [even, ...odd] = parities.map(parityBits) as [number[], number[], number[], number[]];
  const [first, second, ...fillings] = dealt(even, [23, 23, 5, 5, 5]) as [number[], number[], ...number[][]];
  return [first, second, ...odd.flatMap((bits, i) => mixed(dealt(bits, [23, 23, 18]), fillings[i] as number[]))];
}

function mixed(bands: number[][], filling: readonly number[]): number[][] {
  return bands.map((bits) => (bits.length < 23 ? [...bits, ...filling] : bits));
}

/** Row odd, column odd, as bits 1 and 0. */
const parities = [0, 1, 2, 3] as const;

/** Deals bits out to bands in turn, to each as many as it takes: first to the one that is the least full. */
function dealt(bits: readonly number[], sizes: readonly number[]): number[][] {
  const bands = sizes.map((): number[] => []);
  const fullness = (band: number): number => (bands[band] as number[]).length / (sizes[band] as number);
  for (const bit of bits.slice(
    0,
    sizes.reduce((sum, size) => sum + size),
  )) {
    const emptiest = sizes.map((_, band) => band).sort((a, b) => fullness(a) - fullness(b) || a - b)[0] as number;
    bands[emptiest]?.push(bit);
  }
  return bands;
}

/**
 * The 64 bits of one parity of row and column, from high frequencies to low: short bands leave the last ones out, and low ones
 * depend most on one another (18 % fewer candidates at a million image-like codes than the other way round).
 */
function parityBits(parity: number): number[] {
  const bits: number[] = [];
  for (let row = parity >> 1; row < side; row += 2) {
    for (let column = parity & 1; column < side; column += 2) bits.push(row * side + column);
  }
  return bits.sort((a, b) => frequency(b) - frequency(a) || a - b);
}

function frequency(bit: number): number {
  return Math.floor(bit / side) + (bit % side);
}
