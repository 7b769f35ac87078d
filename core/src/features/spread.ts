/** A keypoint as the spreading sees it: place in the working picture, level, and how strongly the detector answered. */
export interface Spreadable {
  readonly x: number;
  readonly y: number;
  readonly level: number;
  readonly response: number;
}

/** Each further keypoint of one cell counts for this much of the one before it. */
const crowding = 0.7;
/** What a level counts for, against the one below: coarse keypoints survive blur, compression and shrinking. */
const levelGain = 1.2;

/**
 * The `count` best keypoints, strongest first, each weakened by the stronger ones in its cell of an 8 × 8 grid, so that a line of
 * lettering cannot take them all.
 */
export function spreadKeypoints<T extends Spreadable>(
  keypoints: readonly T[],
  options: { width: number; height: number; count: number },
): T[] {
  const cell = Math.max(options.width, options.height) / 8;
  const taken = new Map<number, number>();
  const strongest = [...keypoints].sort(
    (a, b) => b.response - a.response || a.level - b.level || a.y - b.y || a.x - b.x,
  );
  const ranked = strongest.map((keypoint) => {
    const place = Math.floor(keypoint.y / cell) * 16 + Math.floor(keypoint.x / cell);
    const before = taken.get(place) ?? 0;
    taken.set(place, before + 1);
    return {
      keypoint,
      worth: Math.sqrt(keypoint.response) * power(crowding, before) * power(levelGain, keypoint.level),
    };
  });
  // sort is stable: ties keep the order of the response
  ranked.sort((a, b) => b.worth - a.worth);
  return ranked.slice(0, options.count).map(({ keypoint }) => keypoint);
}

/** A whole power by products: engines may differ in `**`. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent && result > 1e-30; i++) result *= base;
  return result;
}
