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
  const worth = new Float64Array(keypoints.length);
  for (const cell of cellsOf(keypoints, options)) {
    cell.sort().reverse();
    for (let before = 0; before < cell.length; before++) {
      const index = keypointsMax - 1 - ((cell[before] as number) % keypointsMax);
      const { response, level } = keypoints[index] as T;
      worth[index] = Math.sqrt(response) * powerOf(crowding, before) * powerOf(levelGain, level);
    }
  }
  return best(keypoints, worth, options.count);
}

/** The keypoints of each cell, every one as a number, the greater the stronger, and of equal ones the earlier: numbers sort several times faster without a comparison of our own. */
function cellsOf(
  keypoints: readonly Spreadable[],
  { width, height }: { readonly width: number; readonly height: number },
): Float64Array[] {
  const side = Math.max(width, height) / 8;
  const cells: number[][] = [];
  for (let index = 0; index < keypoints.length; index++) {
    const { x, y, response } = keypoints[index] as Spreadable;
    const place = Math.floor(y / side) * 16 + Math.floor(x / side);
    cells[place] ??= [];
    cells[place].push(response * keypointsMax + (keypointsMax - 1 - index));
  }
  return Object.values(cells).map((cell) => new Float64Array(cell));
}

function best<T extends Spreadable>(keypoints: readonly T[], worth: Float64Array, count: number): T[] {
  const least = worth.slice().sort().at(-count) ?? 0;
  const ranked: { readonly keypoint: T; readonly worth: number }[] = [];
  for (let i = 0; i < worth.length; i++) {
    if ((worth[i] as number) >= least) ranked.push({ keypoint: keypoints[i] as T, worth: worth[i] as number });
  }
  return ranked
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
