import sharp, { type Sharp } from "sharp";

/** Draws a picture with plenty of detail; each seed gives another one, always the same. */
export function drawing(seed: number, size: { width: number; height: number } = { width: 640, height: 480 }): Sharp {
  const { width, height } = size;
  const random = generator(seed);
  const shapes = Array.from({ length: 40 }, () => {
    const [x, y, r] = [random() * width, random() * height, (0.03 + random() * 0.2) * height];
    const fill = `rgb(${[random(), random(), random()].map((v) => Math.floor(v * 256)).join(",")})`;
    return random() < 0.5
      ? `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"/>`
      : `<rect x="${x}" y="${y}" width="${r * 2}" height="${r}" transform="rotate(${random() * 360} ${x} ${y})" fill="${fill}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#789"/>${shapes.join("")}</svg>`;
  return sharp(Buffer.from(svg)).flatten({ background: "#fff" });
}

/** A drawing as a JPEG file. */
export function jpegOf(seed: number, size?: { width: number; height: number }): Promise<Buffer> {
  return drawing(seed, size).jpeg({ quality: 90 }).toBuffer();
}

/** Mulberry32: a small generator, good enough to draw with. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
