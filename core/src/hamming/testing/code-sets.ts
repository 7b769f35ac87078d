/** Next 32 random bits; the same seed gives the same bits on every machine (Marsaglia's xorshift32, scrambled). */
export type RandomBits = () => number;

export function randomBits(seed: number): RandomBits {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.imul(state, 0x2545f491) >>> 0;
  };
}

export function randomCode(random: RandomBits): Uint8Array {
  const code = new Uint8Array(32);
  for (let i = 0; i < code.length; i++) code[i] = random() >>> 24;
  return code;
}

/** The code with exactly `bits` of its 256 bits changed. */
export function flipped(code: Uint8Array, bits: number, random: RandomBits): Uint8Array {
  const changed = Uint8Array.from(code);
  const done = new Set<number>();
  while (done.size < bits) {
    const bit = random() >>> 24;
    if (done.has(bit)) continue;
    done.add(bit);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
  }
  return changed;
}

/** A way of choosing codes that an index must stay exact on. */
export interface CodeSet {
  readonly name: string;
  codes(count: number, random: RandomBits): Uint8Array[];
  queries(count: number, random: RandomBits): Uint8Array[];
}

const centre = randomCode(randomBits(1));

export const codeSets: readonly CodeSet[] = [
  { name: "uniform", codes: uniformCodes, queries: nearCentre },
  { name: "skewed", codes: listOf(skewedCode), queries: listOf(skewedCode) },
  { name: "all equal", codes: listOf(() => centre), queries: nearCentre },
  { name: "all within one bit", codes: listOf((random) => flipped(centre, random() & 1, random)), queries: nearCentre },
  { name: "one bucket holding everything", codes: listOf(crowdedCode), queries: listOf(crowdedCode) },
  {
    name: "all zero but few bits",
    codes: listOf((random) => flipped(new Uint8Array(32), random() % 9, random)),
    queries: nearZero,
  },
];

function listOf(make: (random: RandomBits) => Uint8Array): (count: number, random: RandomBits) => Uint8Array[] {
  return (count, random) => Array.from({ length: count }, () => make(random));
}

/** Uniform codes, one in eight a copy of the centre with up to 48 bits changed, so that every radius has its edge cases. */
function uniformCodes(count: number, random: RandomBits): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    i % 8 === 0 ? flipped(centre, (i >> 3) % 49, random) : randomCode(random),
  );
}

function nearCentre(count: number, random: RandomBits): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => flipped(centre, i * 3, random));
}

function nearZero(count: number, random: RandomBits): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => flipped(new Uint8Array(32), i * 4, random));
}

/** As of pictures: some bits nearly constant, neighbours alike. */
function skewedCode(random: RandomBits): Uint8Array {
  const code = new Uint8Array(32);
  let previous = 0;
  for (let bit = 0; bit < 256; bit++) {
    const chance = bit % 5 === 0 ? 0.97 : 0.5;
    const value = random() < chance * 2 ** 32 ? 1 : 0;
    const chosen = random() < 0.6 * 2 ** 32 ? previous : value;
    code[bit >> 3] = (code[bit >> 3] as number) | (chosen << (bit & 7));
    previous = chosen;
  }
  return code;
}

/** Only 40 of the 256 bits ever differ: most bands have one bucket, which holds every code. */
function crowdedCode(random: RandomBits): Uint8Array {
  const code = Uint8Array.from(centre);
  for (let i = 0; i < 5; i++) code[i * 6] = random() >>> 24;
  return code;
}
