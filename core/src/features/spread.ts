/** A keypoint as the spreading sees it: place in the working picture, level, and how strongly the detector answered. */
export interface Spreadable {
  readonly x: number;
  readonly y: number;
  readonly level: number;
  readonly response: number;
}

/** Each further keypoint of one cell counts for this much of the one before it. */
const crowding = powersOf(0.7, 200);
/** What a level counts for, against the one below: coarse keypoints survive blur, compression and shrinking. */
const levelGain = powersOf(1.2, 16);

/** Keypoints that can be told apart in one number with a response below 2^31. */
const keypointsMax = 2 ** 21;

/**
 * The `count` best keypoints, strongest first, each weakened by the stronger ones in its cell of an 8 × 8 grid, so that a line of
 * lettering cannot take them all. Of two equal ones the earlier in the list comes first.
 * @throws RangeError for more than 2^21 keypoints.
 */
export function spreadKeypoints<T extends Spreadable>(
  keypoints: readonly T[],
  options: { width: number; height: number; count: number },
): T[] {
  if (keypoints.length > keypointsMax) throw new RangeError(`${keypoints.length} keypoints`);
  const cell = Math.max(options.width, options.height) / 8;
  const taken = new Int32Array(16 * 16);
  const worth = new Float64Array(keypoints.length);
  for (const index of byResponse(keypoints)) {
    const { x, y, level, response } = keypoints[index] as T;
    const place = Math.floor(y / cell) * 16 + Math.floor(x / cell);
    const before = taken[place] as number;
    taken[place] = before + 1;
    worth[index] = Math.sqrt(response) * powerOf(crowding, before) * powerOf(levelGain, level);
  }
  return best(keypoints, worth, options.count);
}

/** Places in the list, strongest first: numbers sort several times faster without a comparison of our own. */
function byResponse(keypoints: readonly Spreadable[]): Int32Array {
  const keys = Float64Array.from(keypoints, ({ response }, i) => response * keypointsMax + (keypointsMax - 1 - i));
  return Int32Array.from(keys.sort().reverse(), (key) => keypointsMax - 1 - (key % keypointsMax));
}

function best<T extends Spreadable>(keypoints: readonly T[], worth: Float64Array, count: number): T[] {
  const least = worth.slice().sort().at(-count) ?? 0;
  return keypoints
    .map((keypoint, i) => ({ keypoint, worth: worth[i] as number }))
    .filter((ranked) => ranked.worth >= least)
    .sort((a, b) => b.worth - a.worth || b.keypoint.response - a.keypoint.response)
    .slice(0, count)
    .map(({ keypoint }) => keypoint);
}

/** Whole powers by products: engines may differ in `**`. Those that are not listed are as small, or as large, as the last. */
function powersOf(base: number, count: number): Float64Array {
  const powers = new Float64Array(count).fill(1);
  for (let i = 1; i < count; i++) powers[i] = (powers[i - 1] as number) * base;
  return powers;
}

function powerOf(powers: Float64Array, exponent: number): number {
  return powers[Math.min(exponent, powers.length - 1)] as number;
}
