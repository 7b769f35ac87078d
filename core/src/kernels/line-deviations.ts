import type { Rectangle } from "./centred-grid-reference.ts";
import { compile, instantiate, type KernelMemory } from "./compile.ts";
import { wasm } from "./line-deviations.wasm.ts";
import type { LineComparison } from "./line-deviations-reference.ts";
import type { SampledRows } from "./pdq-reference.ts";

/** What core/kernels/line-deviations.ts exports. */
interface DeviationKernel {
  readonly memory: KernelMemory;
  samplesAt(): number;
  distancesAt(): number;
  countsAboveAt(): number;
  clear(columns: number): void;
  add(columns: number, rows: number, channels: number, level: number): void;
  allDistances(columns: number): number;
  allCountsAbove(columns: number): number;
}

/** The most columns and pixels of a patch; it is as wide as a multiple of four. */
const columnsMax = 256;
const pixelsMax = 2 ** 14;

/** The kernel and what its memory, which never grows, holds. */
interface Patch {
  readonly kernel: DeviationKernel;
  readonly samples: Uint8Array;
  /** Of each column: the sum of `|luma − level|`, and how many pixels lie above the level. */
  readonly distances: Float64Array;
  readonly countsAbove: Float64Array;
}

let patch: Patch | undefined;

/** Computes what `lineDeviationsReference` does, to the last bit, in WebAssembly and 64 kB of memory whatever the picture's size. */
export function lineDeviations(rows: SampledRows, comparison: LineComparison): Float64Array {
  patch ??= openPatch();
  return comparison.lines === "rows"
    ? deviationsOfRows(patch, rows, comparison)
    : deviationsOfColumns(patch, rows, comparison);
}

function openPatch(): Patch {
  const kernel = instantiate(compile(wasm)) as DeviationKernel;
  const { buffer } = kernel.memory;
  return {
    kernel,
    samples: new Uint8Array(buffer, kernel.samplesAt(), pixelsMax * 3),
    distances: new Float64Array(buffer, kernel.distancesAt(), columnsMax),
    countsAbove: new Float64Array(buffer, kernel.countsAboveAt(), columnsMax),
  };
}

/** A row passes through in pieces, each folded into rows of four pixels; what is missing of the last of these is black. */
function deviationsOfRows(to: Patch, { data, ...rows }: SampledRows, { part, total }: LineComparison): Float64Array {
  const { channels } = rows;
  const level = Math.floor(total / part.width);
  const deviations = new Float64Array(part.height);
  for (let row = 0; row < part.height; row++) {
    const start = (part.top + row) * rows.width + part.left;
    let missing = 0;
    to.kernel.clear(4);
    for (let from = 0; from < part.width; from += pixelsMax) {
      const pixels = Math.min(pixelsMax, part.width - from);
      const folds = Math.ceil(pixels / 4);
      missing = folds * 4 - pixels;
      to.samples.set(data.subarray((start + from) * channels, (start + from + pixels) * channels));
      if (missing > 0) to.samples.fill(0, pixels * channels, folds * 4 * channels);
      to.kernel.add(4, folds, channels, level);
    }
    const distance = to.kernel.allDistances(4) - missing * level;
    deviations[row] = deviationOf({ distance, above: to.kernel.allCountsAbove(4) }, total, part.width);
  }
  return deviations;
}

/** Columns pass through in strips, each in bands of rows. */
function deviationsOfColumns(to: Patch, rows: SampledRows, { part, total }: LineComparison): Float64Array {
  const level = Math.floor(total / part.height);
  const deviations = new Float64Array(part.width);
  for (let from = 0; from < part.width; from += columnsMax) {
    const strip = { ...part, left: part.left + from, width: Math.min(columnsMax, part.width - from) };
    const columns = Math.ceil(strip.width / 4) * 4;
    const rowsMax = Math.trunc(pixelsMax / columns);
    to.kernel.clear(columns);
    for (let y = 0; y < part.height; y += rowsMax) {
      const band = { ...strip, top: part.top + y, height: Math.min(rowsMax, part.height - y) };
      copyPart(rows, band, { data: to.samples, rowBytes: columns * rows.channels });
      to.kernel.add(columns, band.height, rows.channels, level);
    }
    for (let column = 0; column < strip.width; column++) {
      const sums = { distance: to.distances[column] as number, above: to.countsAbove[column] as number };
      deviations[from + column] = deviationOf(sums, total, part.height);
    }
  }
  return deviations;
}

function copyPart(
  { data, width, channels }: SampledRows,
  part: Rectangle,
  to: { readonly data: Uint8Array; readonly rowBytes: number },
): void {
  for (let y = 0; y < part.height; y++) {
    const from = ((part.top + y) * width + part.left) * channels;
    to.data.set(data.subarray(from, from + part.width * channels), y * to.rowBytes);
  }
}

/** With a rest the mean lies above the level: a pixel above the level is nearer to it by `rest / length`, any other that much farther. */
function deviationOf(
  sums: { readonly distance: number; readonly above: number },
  total: number,
  length: number,
): number {
  return length * sums.distance + (total % length) * (length - 2 * sums.above);
}
