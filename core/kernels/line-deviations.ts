// How far the luma of pixels lies from a level, column by column, as core/src/kernels/line-deviations-reference.ts has it line by line.
//
// A patch is up to 256 columns wide. Each column is summed by itself, four at a time with their sums in registers: so a patch may be a
// piece of upright lines, or a piece of one lying line, whose columns are then added up.

const COLUMNS_MAX: usize = 256;
/** With at least four columns a patch has at most 4,096 rows: a column sums up to less than 2^28. */
const PIXELS_MAX: usize = 1 << 14;

/** Of each column, over all patches since `clear`: the sum of `|luma − level|`, and how many pixels lie above the level; doubles. */
const DISTANCES: usize = (__heap_base + 15) & ~15;
const COUNTS_ABOVE: usize = DISTANCES + COLUMNS_MAX * 8;
const SAMPLES: usize = COUNTS_ABOVE + COLUMNS_MAX * 8;
/** Four pixels are read as 16 bytes. */
const END: usize = SAMPLES + PIXELS_MAX * 3 + 4;

const missing: i32 = <i32>((END + 0xffff) >> 16) - memory.size();
if (missing > 0) memory.grow(missing);

export function distancesAt(): usize {
  return DISTANCES;
}
export function countsAboveAt(): usize {
  return COUNTS_ABOVE;
}
/** Where the samples of the next patch belong, row after row. */
export function samplesAt(): usize {
  return SAMPLES;
}

/** Sets the sums of the first columns to zero. */
export function clear(columns: usize): void {
  memory.fill(DISTANCES, 0, columns * 8);
  memory.fill(COUNTS_ABOVE, 0, columns * 8);
}

/**
 * How four pixels of 16 bytes become four lumas of 32 bits: which bytes go where, as 16 bits (255 is none), and their weights; twice, to be
 * added. 77 R + 150 G + 29 B of colours, 256 v of greys.
 */
// biome-ignore format: a row is a vector
const PLACES: usize = memory.data<u8>([
  0, 255, 1, 255, 3, 255, 4, 255, 6, 255, 7, 255, 9, 255, 10, 255,
  2, 255, 255, 255, 5, 255, 255, 255, 8, 255, 255, 255, 11, 255, 255, 255,
  0, 255, 255, 255, 1, 255, 255, 255, 2, 255, 255, 255, 3, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
], 16);
// biome-ignore format: a row is a vector
const WEIGHTS: usize = memory.data<i16>([
  77, 150, 77, 150, 77, 150, 77, 150,
  29, 0, 29, 0, 29, 0, 29, 0,
  256, 0, 256, 0, 256, 0, 256, 0,
  0, 0, 0, 0, 0, 0, 0, 0,
], 16);

/** Adds up the columns, a multiple of four, of a patch. */
export function add(columns: usize, rows: usize, channels: usize, level: i32): void {
  const rowBytes = columns * channels;
  const pixel: usize = channels === 3 ? 0 : 32;
  // From memory: constants would be made anew for every vector.
  const places = v128.load(PLACES + pixel);
  const restPlaces = v128.load(PLACES + pixel, 16);
  const weights = v128.load(WEIGHTS + pixel);
  const restWeights = v128.load(WEIGHTS + pixel, 16);
  const levels = i32x4.splat(level);
  for (let column: usize = 0; column < columns; column += 4) {
    let distances = i32x4.splat(0);
    let above = i32x4.splat(0);
    const start = SAMPLES + column * channels;
    const end = start + rows * rowBytes;
    for (let at = start; at < end; at += rowBytes) {
      const bytes = v128.load(at);
      const most = i32x4.dot_i16x8_s(i8x16.swizzle(bytes, places), weights);
      const rest = i32x4.dot_i16x8_s(i8x16.swizzle(bytes, restPlaces), restWeights);
      const luma = i32x4.add(most, rest);
      distances = i32x4.add(distances, i32x4.abs(i32x4.sub(luma, levels)));
      above = i32x4.sub(above, i32x4.gt_s(luma, levels));
    }
    addFour(DISTANCES + column * 8, distances);
    addFour(COUNTS_ABOVE + column * 8, above);
  }
}

/** The sums of the first columns, an even number, together. */
export function allDistances(columns: usize): f64 {
  return sumOf(DISTANCES, columns);
}
export function allCountsAbove(columns: usize): f64 {
  return sumOf(COUNTS_ABOVE, columns);
}

function sumOf(at: usize, columns: usize): f64 {
  let sum = f64x2.splat(0);
  for (const end = at + columns * 8; at < end; at += 16) sum = f64x2.add(sum, v128.load(at));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Adds four whole numbers to doubles. */
function addFour(to: usize, values: v128): void {
  const upper = v128.shuffle<u32>(values, values, 2, 3, 2, 3);
  v128.store(to, f64x2.add(v128.load(to), f64x2.convert_low_i32x4_u(values)));
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.convert_low_i32x4_u(upper)), 16);
}
