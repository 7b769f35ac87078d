import type { Pixels } from "../pixels.ts";

/** A picture of one colour. */
export function drawSolid(width: number, height: number, colour: readonly [number, number, number]): Pixels {
  return draw(width, height, () => colour);
}

/** 256×256, black to white from left to right. */
export function drawGradientAcross(): Pixels {
  return draw(256, 256, (x) => [x, x, x]);
}

/** 256×256, black to white from top to bottom. */
export function drawGradientDown(): Pixels {
  return draw(256, 256, (_, y) => [y, y, y]);
}

/** 256×256, black and white squares of the given side. */
export function drawChecker(side: number): Pixels {
  return draw(256, 256, (x, y) => {
    const value = (Math.trunc(x / side) + Math.trunc(y / side)) % 2 === 0 ? 0 : 255;
    return [value, value, value];
  });
}

/** Curved waves that a formula says: red ⌊x² / 37⌋, green ⌊xy / 29⌋, blue ⌊(x + 2y)² / 101⌋, each modulo 256. */
export function drawWaves(width: number, height: number): Pixels {
  const part = (dividend: number, divisor: number) => Math.trunc(dividend / divisor) % 256;
  return draw(width, height, (x, y) => [part(x ** 2, 37), part(x * y, 29), part((x + 2 * y) ** 2, 101)]);
}

/** 400×300 bytes of `numpy.random.RandomState(9).randint(0, 256, …)`: the low bytes of the Mersenne twister. */
export function drawNoise(): Pixels {
  const next = mersenneTwister(9);
  return { data: Uint8Array.from({ length: 400 * 300 * 3 }, () => next() & 255), width: 400, height: 300, channels: 3 };
}

/** How a scene is drawn: the same options give the same pixels on every machine, all arithmetic being on whole numbers. */
export interface SceneOptions {
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  readonly channels?: 1 | 3;
}

/** Draws what stands for a photograph: slow waves of colour, ellipses and boxes in front, a little noise on all. */
export function drawScene({ width, height, seed, channels = 3 }: SceneOptions): Pixels {
  const random = mersenneTwister(seed);
  const below = (end: number) => random() % end;
  const data = new Uint8Array(width * height * channels);
  const waves = Array.from({ length: channels }, () => ({ across: below(9), down: below(9), phase: below(512) }));
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const { across, down, phase } of waves) {
        data[at++] =
          28 +
          ((triangle(Math.trunc((512 * (x * across * height + y * down * width)) / (width * height)) + phase) * 200) >>
            8);
      }
    }
  }
  const shorter = Math.min(width, height);
  for (let i = 0; i < 24; i++) {
    const shape = {
      x: below(width),
      y: below(height),
      reach: Math.max(2, Math.trunc(((3 + below(22)) * shorter) / 100)),
    };
    const colour = Array.from({ length: channels }, () => below(256));
    paint({ data, width, height, channels }, { ...shape, round: i % 2 === 0, colour });
  }
  for (let i = 0; i < data.length; i++) data[i] = Math.max(0, Math.min(255, (data[i] as number) - 6 + below(13)));
  return { data, width, height, channels };
}

interface Shape {
  readonly x: number;
  readonly y: number;
  readonly reach: number;
  readonly round: boolean;
  readonly colour: readonly number[];
}

function paint({ data, width, height, channels }: Pixels, { x, y, reach, round, colour }: Shape): void {
  for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + (reach >> 1)); row++) {
    for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column++) {
      if (round && (column - x) ** 2 + 2 * (row - y) ** 2 > reach ** 2) continue;
      data.set(colour, (row * width + column) * channels);
    }
  }
}

/** Up from 0 to 255 and down again over 512 steps. */
function triangle(step: number): number {
  const phase = step % 512;
  return phase < 256 ? phase : 511 - phase;
}

function draw(width: number, height: number, colourAt: (x: number, y: number) => readonly number[]): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(colourAt(x, y), (y * width + x) * 3);
  }
  return { data, width, height, channels: 3 };
}

/** 32 random bits a call: Matsumoto and Nishimura, Mersenne Twister, 1998, seeded as MT19937 of 2002. */
export function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let i = 1; i < 624; i++) {
    const previous = state[i - 1] as number;
    state[i] = Math.imul(1_812_433_253, previous ^ (previous >>> 30)) + i;
  }
  let next = 624;
  return () => {
    if (next === 624) {
      for (let i = 0; i < 624; i++) {
        const joined = ((state[i] as number) & 0x80000000) | ((state[(i + 1) % 624] as number) & 0x7fffffff);
        state[i] = (state[(i + 397) % 624] as number) ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
      }
      next = 0;
    }
    let bits = state[next++] as number;
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  };
}
