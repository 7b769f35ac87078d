/** A grey picture: 8-bit samples, rows from the top. */
export interface Grey {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Weights are whole 2^22ths, as Pillow has them for 8-bit samples. */
const unity = 2 ** 22;
const lobes = 3;

/** For one sample of the result: the first sample that it rests on, and the weights from there on. */
interface Tap {
  readonly start: number;
  readonly weights: Int32Array;
}

/**
 * Resizes by Lanczos' filter exactly as Pillow's `resize(…, LANCZOS)`: along rows first, rounded to 8 bits, then along columns;
 * a direction whose size stays is left alone.
 */
export function resizeLanczos(grey: Grey, width: number, height: number): Grey {
  const across = width === grey.width ? grey : resizeRows(grey, width);
  return height === grey.height ? across : turned(resizeRows(turned(across), height));
}

function resizeRows({ data, width, height }: Grey, target: number): Grey {
  const taps = Array.from({ length: target }, (_, x) => makeTap(x, width, target));
  const resized = new Uint8ClampedArray(target * height);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width);
    for (let x = 0; x < target; x++) resized[y * target + x] = Math.floor(weigh(row, taps[x] as Tap) / unity);
  }
  return { data: new Uint8Array(resized.buffer), width: target, height };
}

function weigh(row: Uint8Array, { start, weights }: Tap): number {
  let sum = unity / 2;
  for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (row[start + k] as number);
  return sum;
}

function makeTap(x: number, length: number, target: number): Tap {
  const scale = length / target;
  const stretch = Math.max(1, scale);
  const centre = (x + 0.5) * scale;
  const start = Math.max(0, Math.trunc(centre - lobes * stretch + 0.5));
  const end = Math.min(length, Math.trunc(centre + lobes * stretch + 0.5));
  const exact = Array.from({ length: end - start }, (_, k) => lanczos((k + start - centre + 0.5) * (1 / stretch)));
  const total = exact.reduce((sum, weight) => sum + weight, 0);
  return { start, weights: Int32Array.from(exact, (weight) => awayFromZero((weight / total) * unity)) };
}

function awayFromZero(value: number): number {
  return Math.trunc(value < 0 ? value - 0.5 : value + 0.5);
}

function lanczos(x: number): number {
  return x >= -lobes && x < lobes ? sinc(x) * sinc(x / lobes) : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

function turned({ data, width, height }: Grey): Grey {
  const columns = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) columns[x * height + y] = data[y * width + x] as number;
  }
  return { data: columns, width: height, height: width };
}
