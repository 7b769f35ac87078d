// PDQ from rows to spectrum, in single precision, each sum in the order of core/src/kernels/pdq-reference.ts.
//
// Rows arrive in bands of eight and are never held whole: a band is laid on its side (column x holds its eight rows in two
// vectors), so that the running sum along each row is a lane; then upright in a ring of rows, so that the running sum down each
// column is a lane; and so once more. Of the second filtering only the 64×64 samples are divided and kept.

/** Rows of a band: two vectors of four. */
const BAND: i32 = 8;
const SIDE: i32 = 64;
const FREQUENCIES: i32 = 16;
/** Bytes of one column of a band on its side. */
const COLUMN: usize = 32;
/** No side may be longer: addresses stay within 32 bits. */
const SIDE_MAX: i32 = 1 << 24;

// What every picture needs: the cosines (written once by the door), row by row and turned, then what the transform makes.
const COSINES: usize = (__heap_base + 15) & ~15;
const COSINES_TURNED: usize = COSINES + 16 * 64 * 4;
const GRID: usize = COSINES_TURNED + 16 * 64 * 4;
const HALFWAY: usize = GRID + 64 * 64 * 4;
const SPECTRUM: usize = HALFWAY + 16 * 64 * 4;
/** A running sum down each of the 64 sampled columns. */
const SAMPLE_SUMS: usize = SPECTRUM + 16 * 16 * 4;
/** A band of the 64 sampled columns, on its side. */
const SAMPLE_BAND: usize = SAMPLE_SUMS + 64 * 4;
const PICTURE: usize = SAMPLE_BAND + 64 * 32;

let width: i32 = 0;
let height: i32 = 0;
let channels: i32 = 0;
/** Samples that a box covers along a row and down a column, and how many of them lie before its centre or on it. */
let across: i32 = 0;
let down: i32 = 0;
let reachAcross: i32 = 0;
let reachDown: i32 = 0;

/** The samples of a band as they arrive. */
let samples: usize = 0;
/** How many samples the box about each centre covers, fewer at the ends. */
let coveredAcross: usize = 0;
let coveredDown: usize = 0;
/** Two bands on their sides; in front of each are `lead` bytes of zeros, which the sums subtract at first. */
let band: usize = 0;
let filtered: usize = 0;
let lead: usize = 0;
/** The last rows after the first filtering along rows, by their number modulo `ringRows`. */
let ring: usize = 0;
let ringRows: i32 = 0;
let rowBytes: usize = 0;
/** A running sum down each column. */
let sums: usize = 0;
/** As `ring`, of the 64 sampled columns in the second filtering. */
let sampleRing: usize = 0;

/** The next row to come in, the next of the second filtering, and the next row of the grid. */
let head: i32 = 0;
let sampleHead: i32 = 0;
let gridRow: i32 = 0;

export function cosinesAt(): usize {
  return COSINES;
}

export function spectrumAt(): usize {
  return SPECTRUM;
}

/** Where the samples of the next band belong. */
export function samplesAt(): usize {
  return samples;
}

/** Makes room for a picture in place of the one before; 0 when memory does not suffice. */
export function begin(pictureWidth: i32, pictureHeight: i32, pictureChannels: i32): i32 {
  if (max(pictureWidth, pictureHeight) > SIDE_MAX) return 0;
  width = pictureWidth;
  height = pictureHeight;
  channels = pictureChannels;
  across = boxOf(width);
  down = boxOf(height);
  reachAcross = (across + 2) / 2;
  reachDown = (down + 2) / 2;
  head = 0;
  sampleHead = 0;
  gridRow = 0;
  const end = layOut();
  const missing = <i64>end - ((<i64>memory.size()) << 16);
  if (missing > 0 && memory.grow(<i32>((missing + 0xffff) >> 16)) < 0) return 0;
  memory.fill(SAMPLE_SUMS, 0, SIDE * 4);
  memory.fill(band, 0, end - band);
  writeCovered(coveredAcross, width, across);
  writeCovered(coveredDown, height, down);
  return 1;
}

function boxOf(length: i32): i32 {
  return (length + 2 * SIDE - 1) / (2 * SIDE);
}

function layOut(): usize {
  const columns = <usize>((width + 3) & ~3);
  // An odd number of cache lines: rows a power of two apart would share one set of the cache.
  rowBytes = ((columns * 4 + 63) & ~63) | 64;
  ringRows = (down + 2 * BAND - 1) & ~(BAND - 1);
  lead = <usize>across * COLUMN;
  const bandBytes = lead + (columns + <usize>reachAcross) * COLUMN;
  samples = PICTURE;
  coveredAcross = after(samples, <usize>width * channels * BAND + 16);
  coveredDown = after(coveredAcross, <usize>width * 4);
  band = after(coveredDown, <usize>height * 4);
  filtered = after(band, bandBytes);
  ring = after(filtered, bandBytes);
  sums = after(ring, <usize>ringRows * rowBytes);
  sampleRing = after(sums, columns * 4);
  return after(sampleRing, <usize>ringRows * SIDE * 4);
}

function after(at: usize, bytes: usize): usize {
  return (at + bytes + 15) & ~15;
}

function writeCovered(at: usize, length: i32, window: i32): void {
  const reach = (window + 2) / 2;
  for (let centre = 0; centre < length; centre++) {
    const end = centre + reach;
    store<f32>(at + ((<usize>centre) << 2), <f32>(min(end, length) - max(0, end - window)));
  }
}

/** Takes the band of `rows` rows, 8 but for the last, whose samples lie at `samplesAt`. */
export function take(rows: i32): void {
  if (channels === 3) lumaOfColours();
  else lumaOfGreys();
  if (width === SIDE && height === SIDE) {
    standUp(band + lead, GRID + <usize>head * SIDE * 4, SIDE * 4);
    head += BAND;
    return;
  }
  clearPastRow(band);
  filterAlong();
  const slot = ring + <usize>(head % ringRows) * rowBytes;
  standUp(filtered + lead, slot, rowBytes);
  memory.fill(slot + <usize>rows * rowBytes, 0, <usize>(BAND - rows) * rowBytes);
  filterAgain();
}

/** Ends the picture: its spectrum lies at `spectrumAt`; returns its quality. */
export function finish(): i32 {
  if (width !== SIDE || height !== SIDE) {
    while (head < height + reachDown - 1) {
      memory.fill(ring + <usize>(head % ringRows) * rowBytes, 0, <usize>BAND * rowBytes);
      filterAgain();
    }
    while (gridRow < SIDE) {
      memory.fill(sampleRing + <usize>(sampleHead % ringRows) * SIDE * 4, 0, SIDE * 4);
      filterSamplesDown();
    }
  }
  transform();
  return quality();
}

/** Four pixels of three bytes a step; reads up to 4 bytes past the row, for which `samples` has room. */
function lumaOfColours(): void {
  const reds = i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1);
  const greens = i8x16(1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1);
  const blues = i8x16(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1);
  const rowSamples = <usize>width * 3;
  for (let half: usize = 0; half < 2; half++) {
    let from = samples + half * 4 * rowSamples;
    let to = band + lead + half * 16;
    const end = to + <usize>width * COLUMN;
    for (; to < end; to += 4 * COLUMN, from += 12) {
      const a = luma(from, reds, greens, blues);
      const b = luma(from + rowSamples, reds, greens, blues);
      const c = luma(from + 2 * rowSamples, reds, greens, blues);
      const d = luma(from + 3 * rowSamples, reds, greens, blues);
      storeTurned(to, COLUMN, a, b, c, d);
    }
  }
}

function luma(at: usize, reds: v128, greens: v128, blues: v128): v128 {
  const bytes = v128.load(at);
  const red = f32x4.mul(f32x4.splat(0.299), f32x4.convert_i32x4_s(i8x16.swizzle(bytes, reds)));
  const green = f32x4.mul(f32x4.splat(0.587), f32x4.convert_i32x4_s(i8x16.swizzle(bytes, greens)));
  const blue = f32x4.mul(f32x4.splat(0.114), f32x4.convert_i32x4_s(i8x16.swizzle(bytes, blues)));
  return f32x4.add(f32x4.add(red, green), blue);
}

function lumaOfGreys(): void {
  const spread = i8x16(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3, -1, -1, -1);
  const rowSamples = <usize>width;
  for (let half: usize = 0; half < 2; half++) {
    let from = samples + half * 4 * rowSamples;
    let to = band + lead + half * 16;
    const end = to + <usize>width * COLUMN;
    for (; to < end; to += 4 * COLUMN, from += 4) {
      const a = f32x4.convert_i32x4_s(i8x16.swizzle(v128.load32_zero(from), spread));
      const b = f32x4.convert_i32x4_s(i8x16.swizzle(v128.load32_zero(from + rowSamples), spread));
      const c = f32x4.convert_i32x4_s(i8x16.swizzle(v128.load32_zero(from + 2 * rowSamples), spread));
      const d = f32x4.convert_i32x4_s(i8x16.swizzle(v128.load32_zero(from + 3 * rowSamples), spread));
      storeTurned(to, COLUMN, a, b, c, d);
    }
  }
}

/** Stores a 4×4 block with rows and columns exchanged. */
function storeTurned(to: usize, stride: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(to + stride, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  v128.store(to + 2 * stride, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(to + 3 * stride, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
}

/** What was computed beyond the last column, up to a multiple of four, becomes zero again: sums run past the end. */
function clearPastRow(at: usize): void {
  memory.fill(at + lead + <usize>width * COLUMN, 0, <usize>(-width & 3) * COLUMN);
}

/** The first box filter along the rows of `band`, into `filtered`. */
function filterAlong(): void {
  let add = band + lead;
  let subtract = band;
  let low = f32x4.splat(0);
  let high = f32x4.splat(0);
  // `across` zeros lie before the first column, so what is subtracted is `across` columns behind what is added from the start.
  for (let x = 1; x < reachAcross; x++, add += COLUMN, subtract += COLUMN) {
    low = f32x4.sub(f32x4.add(low, v128.load(add)), v128.load(subtract));
    high = f32x4.sub(f32x4.add(high, v128.load(add, 16)), v128.load(subtract, 16));
  }
  let to = filtered + lead;
  let covered = coveredAcross;
  for (
    const end = to + <usize>width * COLUMN;
    to < end;
    to += COLUMN, add += COLUMN, subtract += COLUMN, covered += 4
  ) {
    low = f32x4.sub(f32x4.add(low, v128.load(add)), v128.load(subtract));
    high = f32x4.sub(f32x4.add(high, v128.load(add, 16)), v128.load(subtract, 16));
    const count = v128.load32_splat(covered);
    v128.store(to, f32x4.div(low, count));
    v128.store(to, f32x4.div(high, count), 16);
  }
}

/** Writes a band on its side as rows `stride` bytes apart. */
function standUp(from: usize, to: usize, stride: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    let at = from + half * 16;
    let row = to + half * 4 * stride;
    const end = at + <usize>width * COLUMN;
    for (; at < end; at += 4 * COLUMN, row += 16) {
      storeTurned(row, stride, v128.load(at), v128.load(at, 32), v128.load(at, 64), v128.load(at, 96));
    }
  }
}

/** From the band just laid into the ring: the filter down its columns, then the second filtering as far as it can go. */
function filterAgain(): void {
  filterDown(0);
  filterDown(4);
  clearPastRow(band);
  sampleAlong();
  for (let k = 0; k < BAND; k++) {
    const centre = head + k - reachDown + 1;
    if (centre < 0 || centre >= height) continue;
    const row = sampleRing + <usize>(sampleHead % ringRows) * SIDE * 4;
    for (let j: usize = 0; j < 64; j++) store<f32>(row + j * 4, load<f32>(SAMPLE_BAND + j * COLUMN + <usize>k * 4));
    filterSamplesDown();
  }
  head += BAND;
}

/** Four rows of the first filter down the columns, from `ring` into a half of `band`. */
function filterDown(first: i32): void {
  const a0 = ringRow(first);
  const a1 = a0 + rowBytes;
  const a2 = a1 + rowBytes;
  const a3 = a2 + rowBytes;
  const s0 = ringRow(first - down);
  const s1 = ringRow(first - down + 1);
  const s2 = ringRow(first - down + 2);
  const s3 = ringRow(first - down + 3);
  const c0 = countDown(first);
  const c1 = countDown(first + 1);
  const c2 = countDown(first + 2);
  const c3 = countDown(first + 3);
  let to = band + lead + <usize>first * 4;
  const end = <usize>width * 4;
  for (let x: usize = 0; x < end; x += 16, to += 4 * COLUMN) {
    const sum0 = f32x4.sub(f32x4.add(v128.load(sums + x), v128.load(a0 + x)), v128.load(s0 + x));
    const sum1 = f32x4.sub(f32x4.add(sum0, v128.load(a1 + x)), v128.load(s1 + x));
    const sum2 = f32x4.sub(f32x4.add(sum1, v128.load(a2 + x)), v128.load(s2 + x));
    const sum3 = f32x4.sub(f32x4.add(sum2, v128.load(a3 + x)), v128.load(s3 + x));
    v128.store(sums + x, sum3);
    const a = f32x4.div(sum0, c0);
    const b = f32x4.div(sum1, c1);
    const c = f32x4.div(sum2, c2);
    storeTurned(to, COLUMN, a, b, c, f32x4.div(sum3, c3));
  }
}

/** The ring's row `offset` rows from the head: before the picture's first row it is still blank. */
function ringRow(offset: i32): usize {
  return ring + <usize>((head + offset + ringRows) % ringRows) * rowBytes;
}

function countDown(offset: i32): v128 {
  const centre = head + offset - reachDown + 1;
  return centre < 0 || centre >= height ? f32x4.splat(1) : v128.load32_splat(coveredDown + ((<usize>centre) << 2));
}

/** The second filter along rows, at the 64 sampled columns alone. */
function sampleAlong(): void {
  let add = band + lead;
  let subtract = band;
  let low = f32x4.splat(0);
  let high = f32x4.splat(0);
  let to = SAMPLE_BAND;
  for (let j = 0; j < SIDE; j++, to += COLUMN) {
    const centre = sampledAt(j, width);
    const end = band + lead + <usize>(centre + reachAcross) * COLUMN;
    for (; add < end; add += COLUMN, subtract += COLUMN) {
      low = f32x4.sub(f32x4.add(low, v128.load(add)), v128.load(subtract));
      high = f32x4.sub(f32x4.add(high, v128.load(add, 16)), v128.load(subtract, 16));
    }
    const count = v128.load32_splat(coveredAcross + ((<usize>centre) << 2));
    v128.store(to, f32x4.div(low, count));
    v128.store(to, f32x4.div(high, count), 16);
  }
}

function sampledAt(cell: i32, length: i32): i32 {
  return <i32>(((<f64>cell + 0.5) * <f64>length) / <f64>SIDE);
}

/** The second filter down the sampled columns moves on by the row in the sample ring, and keeps the rows of the grid. */
function filterSamplesDown(): void {
  const add = sampleRing + <usize>(sampleHead % ringRows) * SIDE * 4;
  const subtract = sampleRing + <usize>((sampleHead - down + ringRows) % ringRows) * SIDE * 4;
  for (let j: usize = 0; j < 256; j += 16) {
    const sum = f32x4.add(v128.load(SAMPLE_SUMS + j), v128.load(add + j));
    v128.store(SAMPLE_SUMS + j, f32x4.sub(sum, v128.load(subtract + j)));
  }
  const centre = sampleHead - reachDown + 1;
  sampleHead++;
  while (gridRow < SIDE && sampledAt(gridRow, height) === centre) {
    const count = v128.load32_splat(coveredDown + ((<usize>centre) << 2));
    const row = GRID + <usize>gridRow * SIDE * 4;
    for (let j: usize = 0; j < 256; j += 16) v128.store(row + j, f32x4.div(v128.load(SAMPLE_SUMS + j), count));
    gridRow++;
  }
}

/** D · grid · Dᵀ; four columns of the product a vector. */
function transform(): void {
  for (let i: usize = 0; i < 16; i++) {
    for (let j: usize = 0; j < 256; j += 16) {
      let sum = f32x4.splat(0);
      for (let k: usize = 0; k < 64; k++) {
        const term = f32x4.mul(v128.load32_splat(COSINES + i * 256 + k * 4), v128.load(GRID + k * 256 + j));
        sum = f32x4.add(sum, term);
      }
      v128.store(HALFWAY + i * 256 + j, sum);
    }
  }
  for (let i: usize = 0; i < 16; i++) {
    for (let j: usize = 0; j < 64; j += 16) {
      let sum = f32x4.splat(0);
      for (let k: usize = 0; k < 64; k++) {
        const term = f32x4.mul(v128.load32_splat(HALFWAY + i * 256 + k * 4), v128.load(COSINES_TURNED + k * 64 + j));
        sum = f32x4.add(sum, term);
      }
      v128.store(SPECTRUM + i * 64 + j, sum);
    }
  }
}

/** Sum of the whole hundredths of full contrast between neighbouring cells, scaled to 0–100. */
function quality(): i32 {
  let steps = i32x4.splat(0);
  for (let at = GRID; at < GRID + 63 * 256; at += 16) steps = i32x4.add(steps, step(v128.load(at), v128.load(at, 256)));
  const notLast = i32x4(-1, -1, -1, 0);
  for (let at = GRID; at < GRID + 64 * 256; at += 16) {
    const found = step(v128.load(at), v128.load(at, 4));
    steps = i32x4.add(steps, ((at - GRID) & 255) === 240 ? v128.and(found, notLast) : found);
  }
  const sum =
    i32x4.extract_lane(steps, 0) +
    i32x4.extract_lane(steps, 1) +
    i32x4.extract_lane(steps, 2) +
    i32x4.extract_lane(steps, 3);
  return min(100, sum / 90);
}

function step(a: v128, b: v128): v128 {
  const scaled = f32x4.div(f32x4.mul(f32x4.sub(a, b), f32x4.splat(100)), f32x4.splat(255));
  return i32x4.abs(i32x4.trunc_sat_f32x4_s(scaled));
}
