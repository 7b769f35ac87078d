// Keypoints and the vectors that describe them, each step as core/src/kernels/features-*.ts has it; those pages explain the steps.
//
// A picture's planes lie one after the other above the tables and are forgotten when the next picture begins.

const LEVELS: i32 = 12;
const SIDE_MIN: i32 = 24;
const FACING: i32 = 8;
const BINS: i32 = 32;
const WINDOW: i32 = 24;
const WIDE: i32 = 26;
const CELLS: i32 = 4;
const DIRECTIONS: i32 = 8;
const POOL: i32 = 6;

const COSINES: usize = (__heap_base + 15) & ~15;
const SINES: usize = COSINES + 256 * 8;
const FACING_WEIGHTS: usize = SINES + 256 * 8;
const HISTOGRAM: usize = FACING_WEIGHTS + 17 * 17 * 8;
const SMOOTHED: usize = HISTOGRAM + 32 * 8;
const FACINGS: usize = SMOOTHED + 32 * 8;
const LATTICE: usize = FACINGS + 64;
const POOLED: usize = LATTICE + 26 * 26 * 4;
const VECTOR: usize = POOLED + 6 * 6 * 8 * 8;
const ORBITS: usize = VECTOR + 128 * 4;
const PROJECTIONS: usize = ORBITS + 128 * 4;
const FOLDED: usize = PROJECTIONS + 256 * 32 * 2;
const DOTS: usize = FOLDED + 32 * 2;
const WIDTHS: usize = DOTS + 256 * 4;
const HEIGHTS: usize = WIDTHS + 12 * 4;
const PLANES: usize = HEIGHTS + 12 * 4;
const RESPONSES: usize = PLANES + 12 * 4;
const PICTURE: usize = (RESPONSES + 12 * 4 + 15) & ~15;
/** A blob: level, x, y, scale, response. */
const BLOB: usize = 5 * 8;

let top: usize = PICTURE;
let source: usize = 0;
let sourceWidth: i32 = 0;
let sourceHeight: i32 = 0;
let levels: i32 = 0;
let blobs: usize = 0;

export function orbitsAt(): usize {
  return ORBITS;
}
export function projectionsAt(): usize {
  return PROJECTIONS;
}
export function facingsAt(): usize {
  return FACINGS;
}
export function dotsAt(): usize {
  return DOTS;
}
export function vectorAt(): usize {
  return VECTOR;
}
export function blobsAt(): usize {
  return blobs;
}

/** Makes room for a picture's samples, 16 bits each, and says where; 0 when memory does not suffice. */
export function begin(width: i32, height: i32): usize {
  top = PICTURE;
  sourceWidth = width;
  sourceHeight = height;
  source = take(<usize>width * <usize>height * 2);
  return source;
}

/** Resamples the picture, builds, smooths and searches its levels; how many blobs there are, or -1 when memory does not suffice. */
export function detect(width: i32, height: i32, floor: i32): i32 {
  fillTables();
  let plane = resample(source, sourceWidth, sourceHeight, width, height);
  if (plane == 0) return -1;
  levels = 0;
  let shrink: f64 = 1;
  let w = width;
  let h = height;
  while (true) {
    const middle = take(<usize>w * h * 2 + 16);
    const smoothed = take(<usize>w * h * 2 + 16);
    const twice = take(<usize>w * h * 2 + 16);
    const response = take(<usize>w * h * 4);
    if (middle == 0 || smoothed == 0 || twice == 0 || response == 0) return -1;
    smooth(plane, middle, smoothed, w, h);
    smooth(smoothed, middle, twice, w, h);
    respond(twice, response, w, h);
    store<i32>(WIDTHS + 4 * levels, w);
    store<i32>(HEIGHTS + 4 * levels, h);
    store<u32>(PLANES + 4 * levels, <u32>twice);
    store<u32>(RESPONSES + 4 * levels, <u32>response);
    levels++;
    if (levels == LEVELS) break;
    shrink *= 1.25;
    const nextWidth = <i32>Math.floor(<f64>width / shrink + 0.5);
    const nextHeight = <i32>Math.floor(<f64>height / shrink + 0.5);
    if (min(nextWidth, nextHeight) < SIDE_MIN) break;
    plane = resample(plane, w, h, nextWidth, nextHeight);
    if (plane == 0) return -1;
    w = nextWidth;
    h = nextHeight;
  }
  return findBlobs(floor);
}

/** Directions that a place faces (at most two, at `facingsAt`, 32 bits each); how many. */
export function face(level: i32, x: f64, y: f64): i32 {
  const width = load<i32>(WIDTHS + 4 * level);
  const height = load<i32>(HEIGHTS + 4 * level);
  const plane = <usize>load<u32>(PLANES + 4 * level);
  const cx = <i32>Math.floor(x + 0.5);
  const cy = <i32>Math.floor(y + 0.5);
  memory.fill(HISTOGRAM, 0, BINS * 8);
  for (let j = -FACING; j <= FACING; j++) {
    const yy = cy + j;
    if (yy < 1 || yy >= height - 1) continue;
    for (let i = -FACING; i <= FACING; i++) {
      const weight = load<f64>(FACING_WEIGHTS + ((j + FACING) * 17 + i + FACING) * 8);
      const xx = cx + i;
      if (weight == 0 || xx < 1 || xx >= width - 1) continue;
      const at = plane + (<usize>yy * width + xx) * 2;
      const dx = <i32>load<i16>(at + 2) - <i32>load<i16>(at - 2);
      const dy = <i32>load<i16>(at + <usize>width * 2) - <i32>load<i16>(at - <usize>width * 2);
      if (dx == 0 && dy == 0) continue;
      const fx = <f64>dx;
      const fy = <f64>dy;
      const magnitude = Math.sqrt(fx * fx + fy * fy) * weight;
      const place = directionOf(fx, fy) / 8;
      const whole = Math.floor(place);
      const share = place - whole;
      const low = <i32>whole & 31;
      const a = HISTOGRAM + low * 8;
      const b = HISTOGRAM + ((low + 1) & 31) * 8;
      store<f64>(a, load<f64>(a) + magnitude * (1 - share));
      store<f64>(b, load<f64>(b) + magnitude * share);
    }
  }
  smoothRing(HISTOGRAM, SMOOTHED);
  smoothRing(SMOOTHED, HISTOGRAM);
  return findPeaks();
}

/** The 256 projections of the window around a place, at `dotsAt`, 32 bits each. */
export function describe(level: i32, x: f64, y: f64, facing: i32, step: f64): void {
  sampleWindow(level, x, y, facing, step);
  pool();
  project();
}

function take(bytes: usize): usize {
  const at = top;
  const end = (at + bytes + 15) & ~15;
  const pages = <i32>((end + 0xffff) >>> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return 0;
  top = end;
  return at;
}

function fillTables(): void {
  if (load<f64>(COSINES) == 1) return;
  const c: f64 = 0.9996988186962042;
  const s: f64 = 0.024541228522912288;
  let x: f64 = 1;
  let y: f64 = 0;
  for (let i = 0; i < 256; i++) {
    store<f64>(COSINES + i * 8, Math.floor(x * 65536 + 0.5) / 65536);
    store<f64>(SINES + i * 8, Math.floor(y * 65536 + 0.5) / 65536);
    const next = x * c - y * s;
    y = x * s + y * c;
    x = next;
  }
  for (let j = -FACING; j <= FACING; j++)
    for (let i = -FACING; i <= FACING; i++) {
      const d = <f64>(i * i + j * j) / 64;
      store<f64>(FACING_WEIGHTS + ((j + FACING) * 17 + i + FACING) * 8, d >= 1 ? 0 : (1 - d) * (1 - d));
    }
}

// ── planes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function resample(from: usize, width: i32, height: i32, toWidth: i32, toHeight: i32): usize {
  if (width == toWidth && height == toHeight) return from;
  const across = tapsOf(width, toWidth);
  const middle = take(<usize>toWidth * height * 2 + 16);
  const down = tapsOf(height, toHeight);
  const target = take(<usize>toWidth * toHeight * 2 + 16);
  if (across == 0 || middle == 0 || down == 0 || target == 0) return 0;
  const acrossStride = strideOf(width, toWidth);
  for (let y = 0; y < height; y++) {
    const row = from + <usize>y * width * 2;
    const out = middle + <usize>y * toWidth * 2;
    let taps = across;
    for (let x = 0; x < toWidth; x++, taps += acrossStride) {
      const count = load<i32>(taps + 4);
      let at = row + <usize>load<i32>(taps) * 2;
      let sum: i32 = 1 << 13;
      for (let i = 0; i < count; i++, at += 2) sum += <i32>load<i16>(at) * load<i32>(taps + 8 + 4 * i);
      store<i16>(out + 2 * x, <i16>(sum >> 14));
    }
  }
  const downStride = strideOf(height, toHeight);
  for (let y = 0; y < toHeight; y++) {
    const taps = down + <usize>y * downStride;
    const first = middle + <usize>load<i32>(taps) * toWidth * 2;
    const count = load<i32>(taps + 4);
    const out = target + <usize>y * toWidth * 2;
    let x = 0;
    for (; x + 4 <= toWidth; x += 4) {
      let sum = i32x4.splat(1 << 13);
      for (let i = 0; i < count; i++) {
        const samples = v128.load16x4_s(first + (<usize>i * toWidth + x) * 2);
        sum = i32x4.add(sum, i32x4.mul(samples, i32x4.splat(load<i32>(taps + 8 + 4 * i))));
      }
      sum = i32x4.shr_s(sum, 14);
      v128.store64_lane(out + 2 * x, i16x8.narrow_i32x4_s(sum, sum), 0);
    }
    for (; x < toWidth; x++) {
      let sum: i32 = 1 << 13;
      for (let i = 0; i < count; i++)
        sum += <i32>load<i16>(first + (<usize>i * toWidth + x) * 2) * load<i32>(taps + 8 + 4 * i);
      store<i16>(out + 2 * x, <i16>(sum >> 14));
    }
  }
  return target;
}

/** Bytes of one target's taps: first source, count, weights. */
function strideOf(from: i32, to: i32): usize {
  return 8 + 4 * (<usize>Math.ceil(2 * Math.max(1, <f64>from / <f64>to)) + 1);
}

function tapsOf(from: i32, to: i32): usize {
  const scale = <f64>from / <f64>to;
  const radius = Math.max(1, scale);
  const stride = strideOf(from, to);
  const taps = take(stride * to);
  if (taps == 0) return 0;
  for (let target = 0; target < to; target++) {
    const at = taps + stride * target;
    const centre = (<f64>target + 0.5) * scale - 0.5;
    const lo = max(0, <i32>Math.ceil(centre - radius));
    const hi = min(from - 1, <i32>Math.floor(centre + radius));
    let total: f64 = 0;
    for (let i = lo; i <= hi; i++) total += 1 - Math.abs(<f64>i - centre) / radius;
    let left = 1 << 14;
    let largest = lo;
    for (let i = lo; i <= hi; i++) {
      const weight = <i32>Math.floor(((1 - Math.abs(<f64>i - centre) / radius) / total) * 16384 + 0.5);
      store<i32>(at + 8 + 4 * (i - lo), weight);
      left -= weight;
      if (weight > load<i32>(at + 8 + 4 * (largest - lo))) largest = i;
    }
    const peak = at + 8 + 4 * (largest - lo);
    store<i32>(peak, load<i32>(peak) + left);
    store<i32>(at, lo);
    store<i32>(at + 4, hi - lo + 1);
  }
  return taps;
}

function smooth(from: usize, middle: usize, to: usize, width: i32, height: i32): void {
  for (let y = 0; y < height; y++) {
    const row = from + <usize>y * width * 2;
    const out = middle + <usize>y * width * 2;
    const last = width - 1;
    let x = 0;
    for (; x < 2; x++) smoothEdge(row, out, x, last);
    for (; x + 6 <= width; x += 4) {
      const at = row + 2 * x;
      const sum = weigh(
        v128.load16x4_s(at - 4),
        v128.load16x4_s(at - 2),
        v128.load16x4_s(at),
        v128.load16x4_s(at + 2),
        v128.load16x4_s(at + 4),
      );
      v128.store64_lane(out + 2 * x, i16x8.narrow_i32x4_s(sum, sum), 0);
    }
    for (; x < width; x++) smoothEdge(row, out, x, last);
  }
  for (let y = 0; y < height; y++) {
    const a = middle + <usize>max(0, y - 2) * width * 2;
    const b = middle + <usize>max(0, y - 1) * width * 2;
    const c = middle + <usize>y * width * 2;
    const d = middle + <usize>min(height - 1, y + 1) * width * 2;
    const e = middle + <usize>min(height - 1, y + 2) * width * 2;
    const out = to + <usize>y * width * 2;
    let x: usize = 0;
    const end: usize = 2 * width;
    for (; x + 8 <= end; x += 8) {
      const sum = weigh(
        v128.load16x4_s(a + x),
        v128.load16x4_s(b + x),
        v128.load16x4_s(c + x),
        v128.load16x4_s(d + x),
        v128.load16x4_s(e + x),
      );
      v128.store64_lane(out + x, i16x8.narrow_i32x4_s(sum, sum), 0);
    }
    for (; x < end; x += 2)
      store<i16>(
        out + x,
        <i16>(
          ((<i32>load<i16>(a + x) +
            <i32>load<i16>(e + x) +
            4 * (<i32>load<i16>(b + x) + <i32>load<i16>(d + x)) +
            6 * <i32>load<i16>(c + x) +
            8) >>
            4)
        ),
      );
  }
}

function weigh(a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  const outer = i32x4.add(a, e);
  const inner = i32x4.shl(i32x4.add(b, d), 2);
  const centre = i32x4.add(i32x4.shl(c, 2), i32x4.shl(c, 1));
  return i32x4.shr_s(i32x4.add(i32x4.add(outer, inner), i32x4.add(centre, i32x4.splat(8))), 4);
}

function smoothEdge(row: usize, out: usize, x: i32, last: i32): void {
  const a = <i32>load<i16>(row + 2 * max(0, x - 2));
  const b = <i32>load<i16>(row + 2 * max(0, x - 1));
  const c = <i32>load<i16>(row + 2 * x);
  const d = <i32>load<i16>(row + 2 * min(last, x + 1));
  const e = <i32>load<i16>(row + 2 * min(last, x + 2));
  store<i16>(out + 2 * x, <i16>((a + e + 4 * (b + d) + 6 * c + 8) >> 4));
}

// ── blobs ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function respond(plane: usize, response: usize, width: i32, height: i32): void {
  memory.fill(response, 0, <usize>width * height * 4);
  const wide = <usize>width * 2;
  for (let y = 1; y < height - 1; y++) {
    const row = plane + <usize>y * wide;
    const out = response + <usize>y * width * 4;
    let x = 1;
    for (; x + 5 <= width; x += 4) {
      const at = row + 2 * x;
      const centre = i32x4.shl(v128.load16x4_s(at), 1);
      const xx = i32x4.shr_s(i32x4.sub(i32x4.add(v128.load16x4_s(at - 2), v128.load16x4_s(at + 2)), centre), 2);
      const yy = i32x4.shr_s(i32x4.sub(i32x4.add(v128.load16x4_s(at - wide), v128.load16x4_s(at + wide)), centre), 2);
      const same = i32x4.add(v128.load16x4_s(at - wide - 2), v128.load16x4_s(at + wide + 2));
      const cross = i32x4.add(v128.load16x4_s(at - wide + 2), v128.load16x4_s(at + wide - 2));
      const xy = i32x4.shr_s(i32x4.sub(same, cross), 4);
      const determinant = i32x4.sub(i32x4.mul(xx, yy), i32x4.mul(xy, xy));
      const trace = i32x4.add(xx, yy);
      const square = i32x4.shr_s(i32x4.mul(trace, trace), 3);
      const limit = i32x4.add(determinant, i32x4.shr_s(determinant, 1));
      const round = v128.and(i32x4.gt_s(determinant, i32x4.splat(0)), i32x4.lt_s(square, limit));
      v128.store(out + 4 * x, v128.and(determinant, round));
    }
    for (; x < width - 1; x++) store<i32>(out + 4 * x, respondAt(row + 2 * x, wide));
  }
}

function respondAt(at: usize, wide: usize): i32 {
  const centre = 2 * <i32>load<i16>(at);
  const xx = (<i32>load<i16>(at - 2) + <i32>load<i16>(at + 2) - centre) >> 2;
  const yy = (<i32>load<i16>(at - wide) + <i32>load<i16>(at + wide) - centre) >> 2;
  const same = <i32>load<i16>(at - wide - 2) + <i32>load<i16>(at + wide + 2);
  const cross = <i32>load<i16>(at - wide + 2) + <i32>load<i16>(at + wide - 2);
  const xy = (same - cross) >> 4;
  const determinant = xx * yy - xy * xy;
  const trace = xx + yy;
  return determinant > 0 && (trace * trace) >> 3 < determinant + (determinant >> 1) ? determinant : 0;
}

function findBlobs(floor: i32): i32 {
  blobs = top;
  let count = 0;
  for (let level = 0; level < levels; level++) {
    const width = load<i32>(WIDTHS + 4 * level);
    const height = load<i32>(HEIGHTS + 4 * level);
    const response = <usize>load<u32>(RESPONSES + 4 * level);
    for (let y = 4; y < height - 4; y++)
      for (let x = 4; x < width - 4; x++) {
        const at = response + (<usize>y * width + x) * 4;
        const value = load<i32>(at);
        if (value < floor || !isPeak(at, <usize>width * 4, value)) continue;
        const below = level > 0 ? neighbourMax(level - 1, width, height, x, y) : 0;
        if (below >= value) continue;
        const above = level + 1 < levels ? neighbourMax(level + 1, width, height, x, y) : 0;
        if (above > value) continue;
        const blob = take(BLOB);
        if (blob == 0) return -1;
        top = blob + BLOB;
        const root = Math.sqrt(<f64>value);
        const wide = <usize>width * 4;
        store<f64>(blob, <f64>level);
        store<f64>(blob + 8, <f64>x + vertex(rootAt(at - 4), root, rootAt(at + 4)));
        store<f64>(blob + 16, <f64>y + vertex(rootAt(at - wide), root, rootAt(at + wide)));
        store<f64>(blob + 24, <f64>level + vertex(Math.sqrt(<f64>below), root, Math.sqrt(<f64>above)));
        store<f64>(blob + 32, <f64>value);
        count++;
      }
  }
  return count;
}

function isPeak(at: usize, wide: usize, value: i32): bool {
  return (
    value > load<i32>(at - 4) &&
    value >= load<i32>(at + 4) &&
    value > load<i32>(at - wide - 4) &&
    value > load<i32>(at - wide) &&
    value > load<i32>(at - wide + 4) &&
    value >= load<i32>(at + wide - 4) &&
    value >= load<i32>(at + wide) &&
    value >= load<i32>(at + wide + 4)
  );
}

function neighbourMax(level: i32, fromWidth: i32, fromHeight: i32, fromX: i32, fromY: i32): i32 {
  const width = load<i32>(WIDTHS + 4 * level);
  const height = load<i32>(HEIGHTS + 4 * level);
  const response = <usize>load<u32>(RESPONSES + 4 * level);
  const x = <i32>Math.floor(((<f64>fromX + 0.5) * <f64>width) / <f64>fromWidth);
  const y = <i32>Math.floor(((<f64>fromY + 0.5) * <f64>height) / <f64>fromHeight);
  let most = 0;
  for (let j = max(0, y - 1); j <= min(height - 1, y + 1); j++)
    for (let i = max(0, x - 1); i <= min(width - 1, x + 1); i++)
      most = max(most, load<i32>(response + (<usize>j * width + i) * 4));
  return most;
}

function rootAt(at: usize): f64 {
  return Math.sqrt(<f64>load<i32>(at));
}

function vertex(before: f64, middle: f64, after: f64): f64 {
  const bend = before - 2 * middle + after;
  if (bend >= 0) return 0;
  const shift = (0.5 * (before - after)) / bend;
  return shift > 0.5 ? 0.5 : shift < -0.5 ? -0.5 : shift;
}

// ── facing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function directionOf(dx: f64, dy: f64): f64 {
  const ax = Math.abs(dx);
  const ay = Math.abs(dy);
  const large = Math.max(ax, ay);
  const r = Math.min(ax, ay) / large;
  const q = r * r;
  let angle = r * (40.73891042 + q * (-13.46978127 + q * (7.39274162 + q * (-3.5513583 + q * 0.89073597))));
  if (ay > ax) angle = 64 - angle;
  if (dx < 0) angle = 128 - angle;
  if (dy < 0) angle = 256 - angle;
  return angle >= 256 ? angle - 256 : angle;
}

function smoothRing(from: usize, to: usize): void {
  for (let i = 0; i < BINS; i++)
    store<f64>(
      to + i * 8,
      0.25 * load<f64>(from + ((i + 31) & 31) * 8) +
        0.5 * load<f64>(from + i * 8) +
        0.25 * load<f64>(from + ((i + 1) & 31) * 8),
    );
}

function findPeaks(): i32 {
  let most: f64 = 0;
  for (let i = 0; i < BINS; i++) most = Math.max(most, load<f64>(HISTOGRAM + i * 8));
  let first: f64 = 0;
  let second: f64 = 0;
  let count = 0;
  for (let i = 0; i < BINS; i++) {
    const before = load<f64>(HISTOGRAM + ((i + 31) & 31) * 8);
    const value = load<f64>(HISTOGRAM + i * 8);
    const after = load<f64>(HISTOGRAM + ((i + 1) & 31) * 8);
    if (!(value > before && value >= after && value >= 0.85 * most)) continue;
    const at = (<i32>Math.floor((<f64>i + vertex(before, value, after)) * 8 + 0.5) + 256) & 255;
    if (value > first) {
      second = first;
      store<i32>(FACINGS + 4, load<i32>(FACINGS));
      first = value;
      store<i32>(FACINGS, at);
    } else if (value > second) {
      second = value;
      store<i32>(FACINGS + 4, at);
    }
    count++;
  }
  return min(2, count);
}

// ── description ─────────────────────────────────────────────────────────────────────────────────────────────────────

function sampleWindow(level: i32, atX: f64, atY: f64, facing: i32, step: f64): void {
  const width = load<i32>(WIDTHS + 4 * level);
  const height = load<i32>(HEIGHTS + 4 * level);
  const plane = <usize>load<u32>(PLANES + 4 * level);
  const wide = <usize>width * 2;
  const cos = load<f64>(COSINES + facing * 8) * step;
  const sin = load<f64>(SINES + facing * 8) * step;
  const right = <f64>width - 1.001;
  const bottom = <f64>height - 1.001;
  for (let j = 0; j < WIDE; j++)
    for (let i = 0; i < WIDE; i++) {
      const u = <f64>i - 12.5;
      const v = <f64>j - 12.5;
      let x = atX + u * cos - v * sin;
      let y = atY + u * sin + v * cos;
      x = x < 0 ? 0 : x > right ? right : x;
      y = y < 0 ? 0 : y > bottom ? bottom : y;
      const xi = Math.floor(x);
      const yi = Math.floor(y);
      const fx = x - xi;
      const fy = y - yi;
      const p = plane + <usize>(<i32>yi * width + <i32>xi) * 2;
      const above = <f64>load<i16>(p) * (1 - fx) + <f64>load<i16>(p + 2) * fx;
      const under = <f64>load<i16>(p + wide) * (1 - fx) + <f64>load<i16>(p + wide + 2) * fx;
      store<i32>(LATTICE + (j * WIDE + i) * 4, <i32>Math.floor(above * (1 - fy) + under * fy + 0.5));
    }
}

function pool(): void {
  memory.fill(POOLED, 0, POOL * POOL * DIRECTIONS * 8);
  for (let j = 0; j < WINDOW; j++) {
    const down = (<f64>j + 0.5) / 6 - 0.5;
    const row = Math.floor(down);
    const fy = down - row;
    const v = (2 * (<f64>j + 0.5)) / 24 - 1;
    const taperDown = 1 - 0.7 * v * v;
    for (let i = 0; i < WINDOW; i++) {
      const across = (<f64>i + 0.5) / 6 - 0.5;
      const column = Math.floor(across);
      const fx = across - column;
      const u = (2 * (<f64>i + 0.5)) / 24 - 1;
      const weight = (1 - 0.7 * u * u) * taperDown;
      const at = LATTICE + ((j + 1) * WIDE + i + 1) * 4;
      const dx = load<i32>(at + 4) - load<i32>(at - 4);
      const dy = load<i32>(at + WIDE * 4) - load<i32>(at - WIDE * 4);
      const ax = abs(dx);
      const ay = abs(dy);
      const straight = <f64>(ax > ay ? ax - ay : ay - ax) * weight;
      const diagonal = 1.4142135623730951 * <f64>(ax > ay ? ay : ax) * weight;
      const straightBin = ax > ay ? (dx > 0 ? 0 : 4) : dy > 0 ? 2 : 6;
      const diagonalBin = dx > 0 ? (dy > 0 ? 1 : 7) : dy > 0 ? 3 : 5;
      const cell = POOLED + ((<i32>row + 1) * POOL + <i32>column + 1) * DIRECTIONS * 8;
      pour(cell, straightBin, diagonalBin, straight, diagonal, (1 - fx) * (1 - fy));
      pour(cell + 64, straightBin, diagonalBin, straight, diagonal, fx * (1 - fy));
      pour(cell + 64 * POOL, straightBin, diagonalBin, straight, diagonal, (1 - fx) * fy);
      pour(cell + 64 * POOL + 64, straightBin, diagonalBin, straight, diagonal, fx * fy);
    }
  }
  for (let row = 0; row < CELLS; row++)
    for (let column = 0; column < CELLS; column++)
      for (let bin = 0; bin < DIRECTIONS; bin++) {
        const sum = load<f64>(POOLED + (((row + 1) * POOL + column + 1) * DIRECTIONS + bin) * 8);
        store<i32>(VECTOR + ((row * CELLS + column) * DIRECTIONS + bin) * 4, <i32>Math.floor(4 * Math.sqrt(sum)));
      }
}

function pour(cell: usize, straightBin: i32, diagonalBin: i32, straight: f64, diagonal: f64, share: f64): void {
  const a = cell + straightBin * 8;
  store<f64>(a, load<f64>(a) + share * straight);
  const b = cell + diagonalBin * 8;
  store<f64>(b, load<f64>(b) + share * diagonal);
}

function project(): void {
  for (let parity = 0; parity < 4; parity++) {
    const mirrored: i32 = parity < 2 ? 1 : -1;
    const inverted: i32 = (parity & 1) == 0 ? 1 : -1;
    for (let orbit = 0; orbit < 32; orbit++) {
      const at = ORBITS + orbit * 16;
      const sum =
        load<i32>(VECTOR + load<i32>(at) * 4) +
        mirrored * load<i32>(VECTOR + load<i32>(at + 4) * 4) +
        inverted * load<i32>(VECTOR + load<i32>(at + 8) * 4) +
        mirrored * inverted * load<i32>(VECTOR + load<i32>(at + 12) * 4);
      store<i16>(FOLDED + orbit * 2, <i16>sum);
    }
    const a = v128.load(FOLDED);
    const b = v128.load(FOLDED + 16);
    const c = v128.load(FOLDED + 32);
    const d = v128.load(FOLDED + 48);
    for (let row = 0; row < 64; row++) {
      const weights = PROJECTIONS + (parity * 64 + row) * 64;
      let sum = i32x4.dot_i16x8_s(a, v128.load(weights));
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(b, v128.load(weights + 16)));
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(c, v128.load(weights + 32)));
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(d, v128.load(weights + 48)));
      store<i32>(
        DOTS + (parity * 64 + row) * 4,
        i32x4.extract_lane(sum, 0) +
          i32x4.extract_lane(sum, 1) +
          i32x4.extract_lane(sum, 2) +
          i32x4.extract_lane(sum, 3),
      );
    }
  }
}

// ── distances ───────────────────────────────────────────────────────────────────────────────────────────────────────

let listA: usize = 0;
let listB: usize = 0;

/** Makes room for two lists of descriptors, 32 bytes each, and for their nearest ones; where the first list goes, 0 without memory. */
export function beginMatch(countA: i32, countB: i32): usize {
  top = PICTURE;
  listA = take(<usize>countA * 32);
  listB = take(<usize>countB * 32);
  return listA != 0 && listB != 0 ? listA : 0;
}

export function secondListAt(): usize {
  return listB;
}

/** Writes the distances of descriptor `i` of the first list to all of the second, 16 bits each, and says where; 0 without memory. */
export function distancesOf(countA: i32, countB: i32): usize {
  const out = take(<usize>countA * countB * 2);
  if (out == 0) return 0;
  let at = out;
  for (let i = 0; i < countA; i++) {
    const a = v128.load(listA + i * 32);
    const b = v128.load(listA + i * 32 + 16);
    for (let j = 0; j < countB; j++, at += 2) {
      const x = i8x16.popcnt(v128.xor(a, v128.load(listB + j * 32)));
      const y = i8x16.popcnt(v128.xor(b, v128.load(listB + j * 32 + 16)));
      const pairs = i16x8.extadd_pairwise_i8x16_u(i8x16.add(x, y));
      const fours = i32x4.extadd_pairwise_i16x8_u(pairs);
      const eights = i64x2.add(i64x2.extend_low_i32x4_u(fours), i64x2.extend_high_i32x4_u(fours));
      const sum = i64x2.extract_lane(eights, 0) + i64x2.extract_lane(eights, 1);
      store<u16>(at, <u16>sum);
    }
  }
  return out;
}
