import { compile, instantiate, type KernelMemory } from "./compile.ts";
import { wasm } from "./features.wasm.ts";
import type { Blob } from "./features-blobs.ts";
import { roundSamples } from "./features-pyramid.ts";
import type { FeatureSteps, LevelPlace, ProjectionTables } from "./features-steps.ts";

/** What core/kernels/features.ts exports. */
interface FeaturesKernel {
  readonly memory: KernelMemory;
  orbitsAt(): number;
  projectionsAt(): number;
  facingsAt(): number;
  dotsAt(): number;
  blobsAt(): number;
  begin(width: number, height: number, channels: number): number;
  open(channels: number): void;
  squeeze(width: number, height: number): number;
  detect(width: number, height: number, floor: number): number;
  face(level: number, x: number, y: number): number;
  describe(level: number, x: number, y: number, facing: number, step: number): void;
  beginMatch(countA: number, countB: number): number;
  secondListAt(): number;
  distancesOf(countA: number, countB: number): number;
}

const blobNumbers = 5;

/**
 * The steps in WebAssembly, equal to `referenceSteps` to the bit, with a memory of their own.
 *
 * `open`, `squeeze` and `detect` throw a RangeError when memory does not suffice for the picture; nothing is lost but the picture before.
 */
export function kernelSteps(tables: ProjectionTables): FeatureSteps {
  const kernel = instantiate(compile(wasm)) as FeaturesKernel;
  // an instance starts with too little memory for the tables; the least picture makes room
  kernel.begin(1 << 8, 1 << 8, 1);
  new Int32Array(kernel.memory.buffer, kernel.orbitsAt(), tables.orbits.length).set(tables.orbits);
  new Int16Array(kernel.memory.buffer, kernel.projectionsAt(), tables.projections.length).set(tables.projections);
  return {
    open({ data, width, height, channels }): void {
      const at = kernel.begin(width, height, channels);
      if (at === 0) throw new RangeError(`no memory for a picture of ${width}×${height}`);
      new Uint8Array(kernel.memory.buffer, at, data.length).set(data);
      kernel.open(channels);
    },
    squeeze(width, height): Uint8Array {
      const at = kernel.squeeze(width, height);
      if (at === 0) throw new RangeError(`no memory for ${width}×${height} samples`);
      return roundSamples(new Int16Array(kernel.memory.buffer, at, width * height));
    },
    detect({ width, height, floor }): readonly Blob[] {
      const count = kernel.detect(width, height, floor);
      if (count < 0) throw new RangeError(`no memory for the levels of ${width}×${height}`);
      return blobsIn(new Float64Array(kernel.memory.buffer, kernel.blobsAt(), count * blobNumbers));
    },
    face({ level, x, y }: LevelPlace): readonly number[] {
      const count = kernel.face(level, x, y);
      return [...new Int32Array(kernel.memory.buffer, kernel.facingsAt(), count)];
    },
    describe({ level, x, y }: LevelPlace, { facing, step }): Int32Array {
      kernel.describe(level, x, y, facing, step);
      return new Int32Array(kernel.memory.buffer, kernel.dotsAt(), 256);
    },
  };
}

function blobsIn(numbers: Float64Array): Blob[] {
  const blobs: Blob[] = [];
  for (let i = 0; i < numbers.length; i += blobNumbers)
    blobs.push({
      level: numbers[i] as number,
      x: numbers[i + 1] as number,
      y: numbers[i + 2] as number,
      scale: numbers[i + 3] as number,
      response: numbers[i + 4] as number,
    });
  return blobs;
}

let matcher: FeaturesKernel | undefined;

/** Differing bits of every descriptor of one list from every one of another: row by row, `countA × countB`; valid until the next call. */
export function descriptorDistances(a: Uint32Array, b: Uint32Array): Uint16Array {
  matcher ??= instantiate(compile(wasm)) as FeaturesKernel;
  const countA = a.length / 8;
  const countB = b.length / 8;
  const at = matcher.beginMatch(countA, countB);
  if (at === 0) throw new RangeError(`no memory for ${countA} × ${countB} descriptors`);
  new Uint32Array(matcher.memory.buffer, at, a.length).set(a);
  new Uint32Array(matcher.memory.buffer, matcher.secondListAt(), b.length).set(b);
  const out = matcher.distancesOf(countA, countB);
  if (out === 0) throw new RangeError(`no memory for ${countA} × ${countB} distances`);
  return new Uint16Array(matcher.memory.buffer, out, countA * countB);
}
