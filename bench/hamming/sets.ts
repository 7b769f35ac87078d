/** Uniform random numbers below 1; the same seed gives the same ones on every machine (sfc32, PractRand's small fast counter). */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  // A typed array keeps the state from being boxed, which took most of the time.
  const state = Int32Array.of(seed, 0x9e3779b9, 0x85ebca6b, 1);
  const next = () => {
    const a = state[0] as number;
    const b = state[1] as number;
    const c = state[2] as number;
    const counter = state[3] as number;
    const sum = (((a + b) | 0) + counter) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + sum;
    state[3] = counter + 1;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** How codes are spread: evenly, or with bits that depend on one another as those of pictures do. */
export type Spread = "uniform" | "image-like";

export const spreads: readonly Spread[] = ["uniform", "image-like"];

export const codeBytes = 32;

/** So many codes, one after another. */
export function codesOf(spread: Spread, count: number, random: Random): Uint8Array {
  const codes = new Uint8Array(count * codeBytes);
  const next = spread === "uniform" ? uniformCode : imageLikeCode(randomFrom(1977));
  for (let i = 0; i < count; i++) next(codes.subarray(i * codeBytes, (i + 1) * codeBytes), random);
  return codes;
}

/** Half of them copies, 0 to 31 bits from a code held, half strangers of the same spread. */
export function queriesOf(
  codes: Uint8Array,
  spread: Spread,
  { count, seed }: { count: number; seed: number },
): Uint8Array[] {
  const random = randomFrom(seed);
  const strangers = codesOf(spread, count, random);
  return Array.from({ length: count }, (_, i) => {
    if (i % 2 === 1) return strangers.slice(i * codeBytes, (i + 1) * codeBytes);
    const at = Math.floor((random() * codes.length) / codeBytes) * codeBytes;
    return withFlips(codes.slice(at, at + codeBytes), Math.floor(random() * 32), random);
  });
}

/** What an image-like code's bits have in common. */
const causes = 10;

/** Bits by which an orientation's code differs from the query's, turned over exactly: 6.6 (PDQ) and 5.9 (dct256) in 40 photographs. */
const orientationNoise = 6;

/** A query's eight orientations, as cosine signs have them: mirroring turns odd columns or rows over, turning transposes. */
export function orientationsOf(code: Uint8Array, random: Random): Uint8Array[] {
  const turned = transposed(code);
  const exact = [code, turned].flatMap((base) => [0, 1, 2, 3].map((axes) => mirrored(base, axes)));
  return exact.map((orientation, i) => (i === 0 ? orientation : withFlips(orientation, orientationNoise, random)));
}

function uniformCode(code: Uint8Array, random: Random): void {
  for (let i = 0; i < codeBytes; i++) code[i] = random() * 256;
}

/**
 * Bits as signs of 256 values that share 10 hidden causes, strongest at low frequencies, and lean to one side each: pairs of
 * bits correlate by up to 0.5, single bits are set in 20 to 80 % of codes.
 */
function imageLikeCode(shape: Random): (code: Uint8Array, random: Random) => void {
  const { leanings, weights } = shapeFrom(shape);
  const cause = new Float32Array(causes);
  const values = new Float64Array(256);
  return (code, random) => {
    for (let k = 0; k < causes; k++) cause[k] = bell(random);
    for (let bit = 0; bit < 256; bit++) values[bit] = (leanings[bit] as number) + bell(random);
    for (let k = 0; k < causes; k++) addScaled(values, weights[k] as Float64Array, cause[k] as number);
    code.fill(0);
    for (let bit = 0; bit < 256; bit++) if ((values[bit] as number) > 0) toggle(code, bit);
  };
}

/** By how much each bit leans to one side, and for each hidden cause how strongly it moves each bit. */
function shapeFrom(random: Random): { leanings: Float32Array; weights: readonly Float64Array[] } {
  const weights = Array.from({ length: causes }, () => new Float64Array(256));
  for (let bit = 0; bit < 256; bit++) {
    const frequency = (bit >> 4) + (bit & 15);
    for (const weight of weights) weight[bit] = Math.fround((bell(random) * 1.2) / (1 + frequency / 6));
  }
  return { leanings: Float32Array.from({ length: 256 }, () => bell(random) * 0.4), weights };
}

function addScaled(values: Float64Array, summand: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) + (summand[i] as number) * factor;
}

/** Nearly normal, of deviation 1: the sum of three uniform numbers. */
function bell(random: Random): number {
  return (random() + random() + random() - 1.5) * 2;
}

function withFlips(code: Uint8Array, flips: number, random: Random): Uint8Array {
  for (let i = 0; i < flips; i++) toggle(code, Math.floor(random() * 256));
  return code;
}

function toggle(code: Uint8Array, bit: number): void {
  code[bit >> 3] = (code[bit >> 3] as number) ^ (1 << (bit & 7));
}

function mirrored(code: Uint8Array, axes: number): Uint8Array {
  const image = Uint8Array.from(code);
  for (let bit = 0; bit < 256; bit++) {
    const turns = (axes & bit & 1) ^ ((axes >> 1) & (bit >> 4) & 1);
    if (turns === 1) toggle(image, bit);
  }
  return image;
}

function transposed(code: Uint8Array): Uint8Array {
  const image = new Uint8Array(codeBytes);
  for (let bit = 0; bit < 256; bit++) {
    if ((((code[bit >> 3] as number) >> (bit & 7)) & 1) === 1) toggle(image, (bit & 15) * 16 + (bit >> 4));
  }
  return image;
}
