// The grid of dct256 in whole numbers, as core/src/kernels/centred-grid-reference.ts has it: sums of whole numbers know no order.
//
// Rows arrive in bands of eight. Down the columns first: samples of two rows, taken together, times the two rows' weights are one dot
// product, and colours need no telling apart. Only a finished row of cells is turned into luma and summed along itself.

/** Rows of a band. */
const BAND: i32 = 8;
const CELLS: i32 = 64;
/** Zero weights before the first tap and after the last, so that any band may look at any cell. */
const MARGIN: i32 = 8;

const STARTS_ACROSS: usize = (__heap_base + 15) & ~15;
const STARTS_DOWN: usize = STARTS_ACROSS + 64 * 4;
const GRID: usize = STARTS_DOWN + 64 * 4;
const PICTURE: usize = GRID + 64 * 64 * 2;

let width: i32 = 0;
let height: i32 = 0;
let channels: i32 = 0;
let tapsAcross: i32 = 0;
let tapsDown: i32 = 0;
let open: i32 = 0;

/** Bytes of a row as they arrive, and of a row of sums. */
let rowBytes: usize = 0;
let sumsBytes: usize = 0;
let samples: usize = 0;
/** Of a cell: whole weights of 32 bits, as many as `tapsAcross` up to a multiple of four. */
let weightsAcross: usize = 0;
/** Of a cell: weights of 16 bits between two margins. */
let weightsDown: usize = 0;
let lumaRow: usize = 0;
/** Rows of sums of cells that are begun and not finished, by their number modulo `open`, and one of those that a band does whole. */
let sums: usize = 0;
/** The next row to come in. */
let head: i32 = 0;

export function startsAcrossAt(): usize {
  return STARTS_ACROSS;
}
export function startsDownAt(): usize {
  return STARTS_DOWN;
}
export function weightsAcrossAt(): usize {
  return weightsAcross;
}
export function weightsDownAt(): usize {
  return weightsDown;
}
export function gridAt(): usize {
  return GRID;
}
/** Where the samples of the next band belong. */
export function samplesAt(): usize {
  return samples;
}

/** Says how large the next picture is; of how many taps its cells are follows with `layOut`. */
export function measure(pictureWidth: i32, pictureHeight: i32, pictureChannels: i32): void {
  width = pictureWidth;
  height = pictureHeight;
  channels = pictureChannels;
  head = 0;
}

/** Makes room for the picture in place of the one before; 0 when memory does not suffice. */
export function layOut(across: i32, down: i32, openMax: i32): i32 {
  tapsAcross = (across + 3) & ~3;
  tapsDown = down;
  open = openMax;
  rowBytes = <usize>width * channels;
  sumsBytes = ((rowBytes + 15) & ~15) * 4;
  samples = PICTURE;
  weightsAcross = after(samples, rowBytes * BAND + 16);
  weightsDown = after(weightsAcross, <usize>(CELLS * tapsAcross) * 4);
  lumaRow = after(weightsDown, <usize>(CELLS * (tapsDown + 2 * MARGIN)) * 2);
  sums = after(lumaRow, <usize>(width + 4) * 4);
  const end = sums + <usize>(open + 1) * sumsBytes;
  const missing = <i64>end - ((<i64>memory.size()) << 16);
  if (missing > 0 && memory.grow(<i32>((missing + 0xffff) >> 16)) < 0) return 0;
  return 1;
}

function after(at: usize, bytes: usize): usize {
  return (at + bytes + 15) & ~15;
}

/** Takes the band of up to 8 rows whose samples lie at `samplesAt`; what lies there beyond the last row has no weight. */
export function take(): void {
  const next = head + BAND;
  for (let i = 0; i < CELLS; i++) {
    const start = load<i32>(STARTS_DOWN + ((<usize>i) << 2));
    const end = start + tapsDown;
    if (start >= next || end <= head) continue;
    const begins = start >= head;
    const ends = end <= next;
    const row = sums + <usize>(begins && ends ? open : i % open) * sumsBytes;
    if (begins) memory.fill(row, 0, sumsBytes);
    const first = i * (tapsDown + 2 * MARGIN) + MARGIN + head - start;
    addBand(row, weightsDown + ((<usize>first) << 1));
    if (ends) finishRow(row, GRID + <usize>(i * CELLS) * 2);
  }
  head = next;
}

/** Adds the band, each row times its weight, to a row of sums: below 2^22 each, as weights add up to 2^14. */
function addBand(to: usize, weights: usize): void {
  for (let row: usize = 0; row < 8; row += 2) {
    if (load<u32>(weights + row * 2) !== 0) {
      addPair(to, samples + row * rowBytes, v128.load32_splat(weights + row * 2));
    }
  }
}

/** Adds a row and the next, times their weights, 16 samples of each a step. */
function addPair(to: usize, at: usize, weights: v128): void {
  const below = rowBytes;
  for (const end = at + rowBytes; at < end; at += 16, to += 64) {
    const upper = v128.load(at);
    const lower = v128.load(at + below);
    const first = v128.shuffle<u8>(upper, lower, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const last = v128.shuffle<u8>(upper, lower, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const a = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(first), weights);
    const b = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(first), weights);
    const c = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(last), weights);
    const d = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(last), weights);
    v128.store(to, i32x4.add(v128.load(to), a));
    v128.store(to, i32x4.add(v128.load(to, 16), b), 16);
    v128.store(to, i32x4.add(v128.load(to, 32), c), 32);
    v128.store(to, i32x4.add(v128.load(to, 48), d), 48);
  }
}

/** From the sums down the columns to a row of cells. */
function finishRow(row: usize, to: usize): void {
  if (channels === 3) lumaOfColours(row);
  else lumaOfGreys(row);
  let weights = weightsAcross;
  for (let j: usize = 0; j < 64; j++) {
    let at = lumaRow + ((<usize>load<i32>(STARTS_ACROSS + j * 4)) << 2);
    let sum = i64x2.splat(0);
    for (const end = weights + ((<usize>tapsAcross) << 2); weights < end; weights += 16, at += 16) {
      const luma = v128.load(at);
      const weight = v128.load(weights);
      sum = i64x2.add(sum, i64x2.extmul_low_i32x4_s(luma, weight));
      sum = i64x2.add(sum, i64x2.extmul_high_i32x4_s(luma, weight));
    }
    const total = i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1);
    store<u16>(to + j * 2, <u16>((total + (1 << 27)) >> 28));
  }
}

function lumaOfColours(row: usize): void {
  const end = row + (rowBytes << 2);
  for (let to = lumaRow; row < end; row += 12, to += 4) {
    store<i32>(to, 77 * load<i32>(row) + 150 * load<i32>(row, 4) + 29 * load<i32>(row, 8));
  }
}

function lumaOfGreys(row: usize): void {
  const end = row + (rowBytes << 2);
  for (let to = lumaRow; row < end; row += 16, to += 16) v128.store(to, i32x4.shl(v128.load(row), 8));
}
