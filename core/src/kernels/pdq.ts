import { compile, instantiate, type KernelMemory } from "./compile.ts";
import { wasm } from "./pdq.wasm.ts";
import { cosines, frequencies, gridSide, type PdqSpectrum, type SampledRows } from "./pdq-reference.ts";

/** What core/kernels/pdq.ts exports. */
interface PdqKernel {
  readonly memory: KernelMemory;
  cosinesAt(): number;
  spectrumAt(): number;
  samplesAt(): number;
  begin(width: number, height: number, channels: number): number;
  take(rows: number): void;
  finish(): number;
}

/** Rows that the kernel takes at once. */
const bandRows = 8;

let kernel: PdqKernel | undefined;

/**
 * Computes what `pdqSpectrumReference` does, bit for bit, in WebAssembly: of a picture of at least 5×5 pixels.
 *
 * The picture passes through in bands of 8 rows, so memory grows with its width and its longest box alone: 1 MB for 12 megapixels.
 * @throws RangeError when a side exceeds 2^24 pixels or memory does not suffice.
 */
export function pdqSpectrum({ data, width, height, channels }: SampledRows): PdqSpectrum {
  kernel ??= openKernel();
  if (kernel.begin(width, height, channels) === 0)
    throw new RangeError(`no memory for a picture of ${width}×${height}`);
  const samples = new Uint8Array(kernel.memory.buffer, kernel.samplesAt(), bandRows * width * channels);
  for (let row = 0; row < height; row += bandRows) {
    const end = Math.min(height, row + bandRows);
    samples.set(data.subarray(row * width * channels, end * width * channels));
    kernel.take(end - row);
  }
  const quality = kernel.finish();
  const coefficients = new Float32Array(kernel.memory.buffer, kernel.spectrumAt(), frequencies ** 2).slice();
  return { coefficients, quality };
}

/** Bytes of memory that the kernel holds: it keeps what the greediest picture needed and uses it again. */
export function pdqKernelBytes(): number {
  return kernel?.memory.buffer.byteLength ?? 0;
}

function openKernel(): PdqKernel {
  const made = instantiate(compile(wasm)) as PdqKernel;
  // An instance starts without memory; the least picture makes room for the tables.
  made.begin(1, 1, 1);
  const table = new Float32Array(made.memory.buffer, made.cosinesAt(), 2 * cosines.length);
  table.set(cosines);
  for (let at = 0; at < cosines.length; at++) {
    const [frequency, k] = [Math.trunc(at / gridSide), at % gridSide];
    table[cosines.length + k * frequencies + frequency] = cosines[at] as number;
  }
  return made;
}
