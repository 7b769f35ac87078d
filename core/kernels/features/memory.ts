// Where things lie: tables at fixed places, a picture's planes one after the other above them, forgotten when the next picture begins.

export const LEVELS: i32 = 12;
export const FACING_SIDE: i32 = 17;
export const BINS: i32 = 32;
/** Samples a side of a descriptor's window, and with one more around it. */
export const WINDOW: i32 = 24;
export const WIDE: i32 = WINDOW + 2;
export const CELLS: i32 = 4;
export const POOL: i32 = CELLS + 2;
export const DIRECTIONS: i32 = 8;

export const COSINES: usize = (__heap_base + 15) & ~15;
export const SINES: usize = COSINES + 256 * 8;
export const FACING_WEIGHTS: usize = SINES + 256 * 8;
export const HISTOGRAM: usize = FACING_WEIGHTS + <usize>FACING_SIDE * FACING_SIDE * 8;
export const SMOOTHED: usize = HISTOGRAM + <usize>BINS * 8;
export const FACINGS: usize = SMOOTHED + <usize>BINS * 8;
export const LATTICE: usize = FACINGS + 64;
/** Of each sample of the window: its cell's place in POOLED, 4 bytes; its weight and its shares in four cells, 8 bytes each. */
export const SAMPLE_CELLS: usize = LATTICE + <usize>WIDE * WIDE * 4;
export const SAMPLE_SHARES: usize = SAMPLE_CELLS + <usize>WINDOW * WINDOW * 4;
export const SHARES: usize = 5 * 8;
export const POOLED: usize = SAMPLE_SHARES + <usize>WINDOW * WINDOW * SHARES;
export const VECTOR: usize = POOLED + <usize>POOL * POOL * DIRECTIONS * 8;
export const ORBITS: usize = VECTOR + 128 * 4;
export const PROJECTIONS: usize = ORBITS + 128 * 4;
export const FOLDED: usize = PROJECTIONS + 256 * 32 * 2;
export const DOTS: usize = FOLDED + 32 * 2;
/** Of each level: width, height, plane, response, 4 bytes each. */
const LEVEL_TABLE: usize = DOTS + 256 * 4;
const PICTURE: usize = (LEVEL_TABLE + <usize>LEVELS * 16 + 15) & ~15;

/** What may be read beyond a plane's last sample, whose value does not matter. */
export const BEYOND: usize = 16;

let top: usize = PICTURE;

export function forgetPicture(): void {
  top = PICTURE;
}

/** Room for so many bytes; 0 when memory does not suffice. */
export function take(bytes: usize): usize {
  const at = top;
  const end = (at + bytes + 15) & ~15;
  const pages = <i32>((end + 0xffff) >>> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return 0;
  top = end;
  return at;
}

/** Room for a plane of 16-bit samples. */
export function takePlane(width: i32, height: i32): usize {
  return take(<usize>width * height * 2 + BEYOND);
}

/** Where the next thing will lie, and giving back all from there on. */
export function mark(): usize {
  return top;
}
export function giveBack(from: usize): void {
  top = from;
}

export function keepLevel(level: i32, width: i32, height: i32, plane: usize, response: usize): void {
  const at = LEVEL_TABLE + <usize>level * 16;
  store<i32>(at, width);
  store<i32>(at + 4, height);
  store<u32>(at + 8, <u32>plane);
  store<u32>(at + 12, <u32>response);
}

export function widthOf(level: i32): i32 {
  return load<i32>(LEVEL_TABLE + <usize>level * 16);
}
export function heightOf(level: i32): i32 {
  return load<i32>(LEVEL_TABLE + <usize>level * 16 + 4);
}
export function planeOf(level: i32): usize {
  return <usize>load<u32>(LEVEL_TABLE + <usize>level * 16 + 8);
}
export function responseOf(level: i32): usize {
  return <usize>load<u32>(LEVEL_TABLE + <usize>level * 16 + 12);
}
