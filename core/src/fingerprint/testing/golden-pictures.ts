import type { Pixels } from "../pixels.ts";
import { type Canvas, drawLine, fillEllipse, fillRectangle } from "./canvas.ts";
import {
  drawChecker,
  drawGradientAcross,
  drawGradientDown,
  drawNoise,
  drawSolid,
  mersenneTwister,
} from "./pictures.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Sizes at which golden has a scene of its own, seeded by `7 · width + height`. */
const sceneSizes: readonly Size[] = [
  [1, 1],
  [4, 4],
  [4, 300],
  [5, 5],
  [6, 7],
  [31, 32],
  [63, 65],
  [64, 64],
  [65, 64],
  [127, 129],
  [128, 64],
  [511, 512],
  [512, 512],
  [513, 512],
  [512, 513],
  [1000, 37],
  [37, 1000],
  [1024, 1024],
  [1920, 1080],
  [2048, 1365],
].map(([width = 0, height = 0]) => ({ width, height }));

/**
 * Draws the pictures that golden's own script made and saved without loss, by the names of their files: the pixels are the same, to the last
 * bit. What it saved as JPEG, lossy WebP or with a palette is left out, as are five files with the pixels of others.
 */
export const goldenPictures: ReadonlyMap<string, () => Pixels> = new Map([
  ["solid-200x150.png", () => drawSolid(200, 150, [90, 120, 200])],
  ["solid-64x64-gray.png", () => drawSolid(64, 64, [128, 128, 128])],
  ["gradient-h-gray.png", drawGradientAcross],
  ["gradient-v-gray.png", drawGradientDown],
  ["checker16-gray.png", () => drawChecker(16)],
  ["checker2-gray.png", () => drawChecker(2)],
  ["noise-400x300.png", drawNoise],
  ["scene-640x480.png", drawFirstScene],
  ["scene-gray.png", () => inGrey(greyOf(drawFirstScene()))],
  // Pillow clips 16 bits to 8: whatever is not black is white.
  ["scene-gray16.png", () => inGrey(greyOf(drawFirstScene()).map((value) => Math.min(255, 257 * value)))],
  ["scene-1bit.png", () => inGrey(dithered(drawFirstScene()))],
  ...sceneSizes.map((size) => {
    const { width, height } = size;
    return [`size-${width}x${height}.png`, () => drawGoldenScene(size, 7 * width + height)] as const;
  }),
]);

const firstSize: Size = { width: 640, height: 480 };

function drawFirstScene(): Pixels {
  return drawGoldenScene(firstSize, 1);
}

/** Golden's scene: waves of colour, on them twelve ellipses and twelve rectangles, a line from each, and grey noise over all. */
function drawGoldenScene(size: Size, seed: number): Pixels {
  const between = randomBetween(seed);
  const canvas = drawBackground(size);
  for (let i = 0; i < 24; i++) drawShape(canvas, i % 2 === 0 ? fillEllipse : fillRectangle, between);
  for (let at = 0; at < canvas.data.length; at += 3) {
    const noise = between(-6, 6);
    for (let k = at; k < at + 3; k++) canvas.data[k] = clipped((canvas.data[k] as number) + noise);
  }
  return { ...canvas, channels: 3 };
}

/** Slow waves. The last bits of sines may differ from NumPy's; none of them reaches a whole number. */
function drawBackground({ width, height }: Size): Canvas {
  const data = new Uint8Array(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[at++] = clipped(128 + 100 * Math.sin((x / width) * 7 + (y / height) * 3));
      data[at++] = clipped(128 + 90 * Math.cos((x / width) * 5 - (y / height) * 4));
      data[at++] = clipped(120 + 80 * Math.sin(((x * y) / (width * height)) * 9));
    }
  }
  return { data, width, height };
}

/** One shape, and a line from its middle to anywhere, both of one colour. */
function drawShape(canvas: Canvas, fill: typeof fillEllipse, between: RandomBetween): void {
  const { width, height } = canvas;
  const anywhere = () => ({ x: between(0, width - 1), y: between(0, height - 1) });
  const middle = anywhere();
  const reach = Math.max(2, Math.trunc((between(3, 24) * Math.min(width, height)) / 100));
  const colour = [between(0, 255), between(0, 255), between(0, 255)] as const;
  const box = {
    left: middle.x - reach,
    top: middle.y - reach,
    right: middle.x + reach,
    bottom: middle.y + (reach >> 1) + 1,
  };
  fill(canvas, box, colour);
  drawLine(canvas, { from: middle, to: anywhere(), width: Math.max(1, reach >> 3) }, colour);
}

/** A whole number from the first to the last, both included. */
type RandomBetween = (first: number, last: number) => number;

/** As `numpy.random.RandomState(seed).randint`: as many low bits as the span has, drawn anew while they exceed it; none for a span of 0. */
function randomBetween(seed: number): RandomBetween {
  const next = mersenneTwister(seed);
  return (first, last) => {
    const span = last - first;
    const mask = 2 ** Math.ceil(Math.log2(span + 1)) - 1;
    let above = span === 0 ? 0 : next() & mask;
    while (above > span) above = next() & mask;
    return first + above;
  };
}

/** Pillow's `convert("L")`: ITU-R 601-2 in 65536ths, rounded. */
function greyOf({ data }: Pixels): number[] {
  return perPixel(data, (red, green, blue) => (19_595 * red + 38_470 * green + 7_471 * blue + 32_768) >> 16);
}

/** Pillow's `convert("1")`: black and white after Floyd and Steinberg, 1976, errors kept in 16ths. */
function dithered({ data, width }: Pixels): number[] {
  const luma = perPixel(data, (red, green, blue) => Math.trunc((299 * red + 587 * green + 114 * blue) / 1000));
  const errors = new Int32Array(luma.length + width + 1);
  return luma.map((value, at) => {
    const wanted = clipped(value + Math.trunc((errors[at] as number) / 16));
    const given = wanted > 128 ? 255 : 0;
    const spread = (to: number, share: number) => {
      errors[to] = (errors[to] as number) + share * (wanted - given);
    };
    const column = at % width;
    if (column + 1 < width) spread(at + 1, 7);
    if (column > 0) spread(at + width - 1, 3);
    spread(at + width, 5);
    if (column + 1 < width) spread(at + width + 1, 1);
    return given;
  });
}

function perPixel(data: Pixels["data"], mix: (red: number, green: number, blue: number) => number): number[] {
  return Array.from({ length: data.length / 3 }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = data.subarray(3 * pixel, 3 * pixel + 3);
    return mix(red, green, blue);
  });
}

/** Grey of the first scene's size as red, green and blue. */
function inGrey(values: readonly number[]): Pixels {
  return { data: Uint8Array.from(values.flatMap((value) => [value, value, value])), ...firstSize, channels: 3 };
}

function clipped(value: number): number {
  return Math.trunc(Math.max(0, Math.min(255, value)));
}
