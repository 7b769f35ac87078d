import type { Pixels } from "../../fingerprint/pixels.ts";
import type { Transform } from "../../match/transform.ts";

/** A picture as a function of the plane: grey value at a place, defined everywhere. */
export type Scene = (x: number, y: number) => number;

/** Blobs, bars and slopes strewn over the plane; the seed decides where. */
export function drawScene(seed: number): Scene {
  const random = xorshift(seed);
  const blobs = Array.from({ length: 160 }, () => ({
    x: 700 * random() - 100,
    y: 600 * random() - 100,
    rx: 4 + 22 * random() * random(),
    ry: 4 + 22 * random() * random(),
    grey: 240 * random() - 120,
  }));
  const rows = Array.from({ length: 700 }, (_, y) => blobs.filter((blob) => Math.abs(blob.y + 100 - y) <= blob.ry + 1));
  return (x, y) => {
    let grey = 110 + 20 * Math.sin(x / 47) + 20 * Math.cos(y / 31);
    for (const blob of rows[Math.floor(y + 100)] ?? []) {
      const u = (x - blob.x) / blob.rx;
      const v = (y - blob.y) / blob.ry;
      const away = u * u + v * v;
      if (away < 1) grey += blob.grey * (1 - away) * 2;
    }
    return grey;
  };
}

/** Photographs a scene: the pixel at (x, y) shows the scene at `at` (x, y), averaged over its area. */
export function photograph(scene: Scene, size: { width: number; height: number; at?: Transform }): Pixels {
  const { width, height, at = [1, 0, 0, 0, 1, 0] } = size;
  const [a, b, c, d, e, f] = at;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (const [u, v] of corners) {
        const px = x + u;
        const py = y + v;
        sum += scene(a * px + b * py + c, d * px + e * py + f);
      }
      data[y * width + x] = Math.min(255, Math.max(0, Math.round(sum / corners.length)));
    }
  return { data, width, height, channels: 1 };
}

const corners = [
  [0.25, 0.25],
  [0.75, 0.25],
  [0.25, 0.75],
  [0.75, 0.75],
] as const;

/** The picture in a mirror: left is right. */
export function mirrorPixels({ data, width, height }: Pixels): Pixels {
  const mirrored = data.map((_, i) => data[i - (i % width) + width - 1 - (i % width)] as number);
  return { data: mirrored, width, height, channels: 1 };
}

/** The picture's negative. */
export function invertPixels(pixels: Pixels): Pixels {
  return { ...pixels, data: pixels.data.map((value) => 255 - value) };
}

/** Numbers from 0 to 1, the same for the same seed. */
export function xorshift(seed: number): () => number {
  let state = 2 * seed + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
