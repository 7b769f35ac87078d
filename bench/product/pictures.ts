import { createHash } from "node:crypto";
import sharp from "sharp";

/** A small picture of soft blots, 160 × 120: about 1 ms to draw, its fingerprint far from that of every other seed. */
export function smallJpeg(seed: number): Promise<Buffer> {
  const raw = { width: 16, height: 12, channels: 3 } as const;
  return sharp(randomBytes(seed, raw.width * raw.height * raw.channels), { raw })
    .resize(160, 120, { kernel: "cubic" })
    .jpeg({ quality: 85 })
    .toBuffer();
}

/** A picture of 500 × 375 with detail, some 40 kB, as pages of the web have them: about 5 ms to draw, each seed another. */
export function webJpeg(seed: number): Promise<Buffer> {
  const raw = { width: 100, height: 75, channels: 3 } as const;
  return sharp(randomBytes(seed, raw.width * raw.height * raw.channels), { raw })
    .resize(500, 375, { kernel: "cubic" })
    .jpeg({ quality: 85 })
    .toBuffer();
}

const photograph = { width: 4000, height: 3000 };

/** A 12-megapixel JPEG with detail of every size and grain, as a camera would give: 4000 × 3000, some 5 to 8 MB. */
export async function photographJpeg(seed: number): Promise<Buffer> {
  const octaves = [12, 60, 300, 1500].map((width, level) => octave(seed * 16 + level, width));
  const [ground, ...details] = await Promise.all(octaves);
  if (!ground) throw new Error("a photograph has at least one octave");
  return sharp(ground, { raw: { ...photograph, channels: 3 } })
    .composite(details.map((input) => ({ input, raw: { ...photograph, channels: 3 }, blend: "soft-light" })))
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** Random colours on a grid of so many columns, smoothed to the photograph's size. */
function octave(seed: number, width: number): Promise<Buffer> {
  const raw = { width, height: (width * 3) / 4, channels: 3 } as const;
  return sharp(randomBytes(seed, raw.width * raw.height * raw.channels), { raw })
    .resize(photograph.width, photograph.height, { kernel: "cubic" })
    .raw()
    .toBuffer();
}

/** The same bytes for the same seed, by an extendable hash: quick and without pattern. */
function randomBytes(seed: number, length: number): Buffer {
  return createHash("shake256", { outputLength: length }).update(`${seed}`).digest();
}
