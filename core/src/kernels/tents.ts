/** Cells along each side of a grid. */
export const cells = 64;
/** The weights of a cell along one side add up to this. */
export const unity: number = 2 ** 14;

/** For each cell along a side: the first pixel that it covers, and whole weights of the pixels from there on. */
export interface Tents {
  readonly taps: number;
  readonly starts: Int32Array;
  readonly weights: Int32Array;
}

/** Of a tent: where it stands and how far it reaches to either side, in 128ths of a pixel, over a side of so many pixels. */
interface Tent {
  readonly centre: number;
  readonly reach: number;
  readonly length: number;
}

const known = new Map<number, Tents>();

/**
 * Weights of tents two cells wide and centred on the side's cells; the last few are kept, since pictures tend to share their sides.
 * Those of the second half mirror those of the first exactly.
 */
export function tentsOver(length: number): Tents {
  const found = known.get(length);
  if (found !== undefined) return found;
  if (known.size >= 16) known.clear();
  const made = makeTents(length);
  known.set(length, made);
  return made;
}

function makeTents(length: number): Tents {
  // In 128ths of a pixel cell `i` is centred at (2i + 1)·length, and its tent reaches 2·length to either side: all whole numbers.
  const reach = 2 * length;
  const tents = emptyTents(length, Math.ceil(length / 32) + 1);
  const { taps, starts, weights } = tents;
  for (let i = 0; i < cells / 2; i++) {
    weigh(tents, i, { centre: (2 * i + 1) * length, reach, length });
    const mirror = cells - 1 - i;
    starts[mirror] = length - (starts[i] as number) - taps;
    for (let k = 0; k < taps; k++) weights[mirror * taps + taps - 1 - k] = weights[i * taps + k] as number;
  }
  return tents;
}

/**
 * Weights by which a side that was shrunk to `length` pixels gives what PDQ samples of all its `original` pixels.
 *
 * Two boxes, one after the other, are a tent. PDQ's boxes are a 128th of the side, rounded up, and one of an even number of pixels
 * stands half a pixel too far on; it samples at whole pixels. All this is measured in pixels of the original and then scaled.
 */
export function pdqTentsOver(length: number, original: number): Tents {
  const box = Math.ceil(original / (2 * cells));
  const drift = box % 2 === 0 ? 1 : 0;
  const scale = (128 * length) / original;
  const reach = box * scale;
  const tents = emptyTents(length, Math.ceil(reach / 64) + 1);
  for (let i = 0; i < cells; i++) {
    const sampled = Math.trunc(((i + 0.5) * original) / cells) + 0.5 + drift;
    weigh(tents, i, { centre: sampled * scale, reach, length });
  }
  return tents;
}

function emptyTents(length: number, tapsMax: number): Tents {
  const taps = Math.min(length, tapsMax);
  return { taps, starts: new Int32Array(cells), weights: new Int32Array(cells * taps) };
}

/** Integrates a cell's tent, cut at the ends of the side, over each pixel. */
function weigh({ taps, starts, weights }: Tents, cell: number, { centre, reach, length }: Tent): void {
  const start = Math.min(length - taps, Math.max(0, Math.floor((centre - reach) / 128)));
  const below = areaTo(Math.max(-centre, -reach), reach);
  const area = areaTo(Math.min(128 * length - centre, reach), reach) - below;
  const share = (x: number) => Math.floor((2 * unity * (areaTo(128 * x - centre, reach) - below) + area) / (2 * area));
  starts[cell] = start;
  for (let k = 0; k < taps; k++) weights[cell * taps + k] = share(start + k + 1) - share(start + k);
}

/** Twice the area of a tent of this reach and height, from its left end up to `at` from its centre. */
function areaTo(at: number, reach: number): number {
  const within = Math.max(-reach, Math.min(reach, at));
  return within <= 0 ? (reach + within) ** 2 : 2 * reach ** 2 - (reach - within) ** 2;
}
