import { wasm } from "./centred-grid.wasm.ts";
import type { GridTents, Rectangle } from "./centred-grid-reference.ts";
import { compile, instantiate, type KernelMemory } from "./compile.ts";
import type { SampledRows } from "./pdq-reference.ts";
import { cells, type Tents, tentsOver } from "./tents.ts";

/** What core/kernels/centred-grid.ts exports. */
interface GridKernel {
  readonly memory: KernelMemory;
  startsAcrossAt(): number;
  startsDownAt(): number;
  weightsAcrossAt(): number;
  weightsDownAt(): number;
  gridAt(): number;
  samplesAt(): number;
  measure(width: number, height: number, channels: number): void;
  layOut(tapsAcross: number, tapsDown: number, openMax: number): number;
  take(): void;
}

/** Rows that the kernel takes at once. */
const bandRows = 8;
/** Zero weights that it wants about those down a cell. */
const margin = 8;

let kernel: GridKernel | undefined;

/**
 * Computes what `centredGridReference` does, bit for bit, in WebAssembly.
 *
 * The part passes through in bands of 8 rows, so memory grows with its sides and not with its area: 400 kB for 12 megapixels.
 * Shape: sides up to 131,072 pixels; row-major, 0 is black, 65,280 white.
 * @throws RangeError when memory does not suffice.
 */
export function centredGrid(rows: SampledRows, part: Rectangle): Uint16Array {
  return tentGrid(rows, part, { across: tentsOver(part.width), down: tentsOver(part.height) });
}

/** Computes what `tentGridReference` does, likewise. */
export function tentGrid(rows: SampledRows, part: Rectangle, { across, down }: GridTents): Uint16Array {
  kernel ??= instantiate(compile(wasm)) as GridKernel;
  kernel.measure(part.width, part.height, rows.channels);
  if (kernel.layOut(across.taps, down.taps, countOpen(down, part.height)) === 0) {
    throw new RangeError(`no memory for a picture of ${part.width}×${part.height}`);
  }
  writeTents(kernel, across, down);
  const bytes = part.width * rows.channels;
  const band = new Uint8Array(kernel.memory.buffer, kernel.samplesAt(), bandRows * bytes);
  for (let y = 0; y < part.height; y += bandRows) {
    copyRows(rows, { ...part, top: part.top + y, height: Math.min(bandRows, part.height - y) }, band);
    kernel.take();
  }
  return new Uint16Array(kernel.memory.buffer, kernel.gridAt(), cells ** 2).slice();
}

/** Bytes of memory that the kernel holds: it keeps what the greediest picture needed and uses it again. */
export function gridKernelBytes(): number {
  return kernel?.memory.buffer.byteLength ?? 0;
}

function writeTents(to: GridKernel, across: Tents, down: Tents): void {
  const { buffer } = to.memory;
  new Int32Array(buffer, to.startsAcrossAt(), cells).set(across.starts);
  new Int32Array(buffer, to.startsDownAt(), cells).set(down.starts);
  const paddedAcross = Math.ceil(across.taps / 4) * 4;
  const paddedDown = down.taps + 2 * margin;
  const weightsAcross = new Int32Array(buffer, to.weightsAcrossAt(), cells * paddedAcross).fill(0);
  const weightsDown = new Int16Array(buffer, to.weightsDownAt(), cells * paddedDown).fill(0);
  for (let i = 0; i < cells; i++) {
    weightsAcross.set(across.weights.subarray(i * across.taps, (i + 1) * across.taps), i * paddedAcross);
    weightsDown.set(down.weights.subarray(i * down.taps, (i + 1) * down.taps), i * paddedDown + margin);
  }
}

/** How far apart the numbers can be of cells that a band shares with another band: so many rows of sums are kept. */
function countOpen({ taps, starts }: Tents, height: number): number {
  let most = 1;
  for (let top = 0; top < height; top += bandRows) {
    let first = cells;
    let last = -1;
    for (let i = 0; i < cells; i++) {
      if (!isOpen(starts[i] as number, taps, top)) continue;
      first = Math.min(first, i);
      last = i;
    }
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** Whether a cell has rows in the band from `top` and rows in another. */
function isOpen(start: number, taps: number, top: number): boolean {
  const touches = start < top + bandRows && start + taps > top;
  return touches && (start < top || start + taps > top + bandRows);
}

function copyRows({ data, width, channels }: SampledRows, { left, top, ...part }: Rectangle, to: Uint8Array): void {
  if (part.width === width) {
    to.set(data.subarray(top * width * channels, (top + part.height) * width * channels));
    return;
  }
  for (let y = 0; y < part.height; y++) {
    const from = ((top + y) * width + left) * channels;
    to.set(data.subarray(from, from + part.width * channels), y * part.width * channels);
  }
}
