import type { Pixels } from "@utsuru/core/pixels";

/** Stands for a decoded photograph, as `sharp(file).raw()` or a canvas would give it: soft blots, others for each seed. */
export function drawPicture(seed: number, { width, height } = { width: 320, height: 240 }): Pixels {
  const random = randomNumbers(seed);
  const blots = Array.from({ length: 24 }, () => ({
    x: random(),
    y: random(),
    reach: 0.05 + random() / 4,
    light: random() - 0.5,
  }));
  const data = new Uint8ClampedArray(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let light = 0.5;
      for (const blot of blots)
        light += blot.light * Math.exp(-((x / width - blot.x) ** 2 + (y / height - blot.y) ** 2) / blot.reach ** 2);
      data[at++] = 255 * light;
    }
  }
  return { data, width, height, channels: 1 };
}

/** Numbers from 0 to 1 that are the same for the same seed. Source: Park and Miller, CACM 1988. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
