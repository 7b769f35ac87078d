// How far the luma of pixels lies from a level, column by column, as core/src/kernels/line-deviations-reference.ts has it line by line.
//
// A patch is up to 256 columns wide. Each column is summed by itself, eight at a time with their sums in registers: so a patch may be a
// piece of upright lines, or a piece of one lying line, whose columns are then added up.

const COLUMNS_MAX: usize = 256;
/** With at least eight columns a patch has at most 2,048 rows: a column sums up to less than 2^27, and counts to less than 2^16. */
const PIXELS_MAX: usize = 1 << 14;

/** Of each column, over all patches since `clear`: the sum of `|luma − level|`, and how many pixels lie above the level; doubles. */
const DISTANCES: usize = (__heap_base + 15) & ~15;
const COUNTS_ABOVE: usize = DISTANCES + COLUMNS_MAX * 8;
const SAMPLES: usize = COUNTS_ABOVE + COLUMNS_MAX * 8;
const END: usize = SAMPLES + PIXELS_MAX * 3;

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

/** Sets all sums to zero. */
export function clear(): void {
  memory.fill(DISTANCES, 0, SAMPLES - DISTANCES);
}

/** Adds up the columns, a multiple of eight, of a patch. */
export function add(columns: usize, rows: usize, channels: usize, level: i32): void {
  const rowBytes = columns * channels;
  const levels = i16x8.splat(<i16>level);
  for (let column: usize = 0; column < columns; column += 8) {
    let low = i32x4.splat(0);
    let high = i32x4.splat(0);
    let above = i16x8.splat(0);
    const start = SAMPLES + column * channels;
    for (let at = start; at < start + rows * rowBytes; at += rowBytes) {
      const luma = channels === 3 ? lumaOfColours(at) : i16x8.shl(v128.load_ext<u8>(at), 8);
      const distance = i16x8.sub(i16x8.max_u(luma, levels), i16x8.min_u(luma, levels));
      low = i32x4.add(low, i32x4.extend_low_i16x8_u(distance));
      high = i32x4.add(high, i32x4.extend_high_i16x8_u(distance));
      above = i16x8.sub(above, i16x8.gt_u(luma, levels));
    }
    const to = DISTANCES + column * 8;
    addFour(to, low);
    addFour(to + 32, high);
    addFour(to + COLUMNS_MAX * 8, i32x4.extend_low_i16x8_u(above));
    addFour(to + COLUMNS_MAX * 8 + 32, i32x4.extend_high_i16x8_u(above));
  }
}

/** 77 R + 150 G + 29 B of eight pixels: below 2^16. The second vector ends with their last byte and overlaps the first. */
function lumaOfColours(at: usize): v128 {
  const first = v128.load(at);
  const last = v128.load(at, 8);
  const red = v128.shuffle<u8>(first, last, 0, 3, 6, 9, 12, 15, 26, 29, 0, 0, 0, 0, 0, 0, 0, 0);
  const green = v128.shuffle<u8>(first, last, 1, 4, 7, 10, 13, 24, 27, 30, 0, 0, 0, 0, 0, 0, 0, 0);
  const blue = v128.shuffle<u8>(first, last, 2, 5, 8, 11, 14, 25, 28, 31, 0, 0, 0, 0, 0, 0, 0, 0);
  const reddish = i16x8.mul(i16x8.extend_low_i8x16_u(red), i16x8.splat(77));
  const greenish = i16x8.mul(i16x8.extend_low_i8x16_u(green), i16x8.splat(150));
  const bluish = i16x8.mul(i16x8.extend_low_i8x16_u(blue), i16x8.splat(29));
  return i16x8.add(i16x8.add(reddish, greenish), bluish);
}

/** The sums of all columns. */
export function allDistances(): f64 {
  return sumOf(DISTANCES);
}
export function allCountsAbove(): f64 {
  return sumOf(COUNTS_ABOVE);
}

function sumOf(at: usize): f64 {
  let sum = f64x2.splat(0);
  for (const end = at + COLUMNS_MAX * 8; at < end; at += 16) sum = f64x2.add(sum, v128.load(at));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Adds four whole numbers to doubles. */
function addFour(to: usize, values: v128): void {
  const upper = v128.shuffle<u32>(values, values, 2, 3, 2, 3);
  v128.store(to, f64x2.add(v128.load(to), f64x2.convert_low_i32x4_u(values)));
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.convert_low_i32x4_u(upper)), 16);
}
