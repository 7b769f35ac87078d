import sharp, { type Sharp } from "sharp";
import { type Random, rectangle, scatter, text } from "./strokes.ts";

/** Pixels, three channels, rows from the top. */
interface Raster {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** What a combination is made from. */
interface Task {
  readonly picture: Raster;
  /** Another picture, to be put around this one. */
  readonly backdrop: string;
  readonly random: Random;
}

/** Several edits at once, as people make them; none is of the corpus's suite. */
const combinations: Readonly<Record<string, (task: Task) => Sharp | Promise<Sharp>>> = {
  "turned crop, white": ({ picture }) => turnedCrop(picture, "#fff"),
  "turned crop, black": ({ picture }) => turnedCrop(picture, "#000"),
  "screenshot of a mirrored crop": async ({ picture, random }) => {
    const shown = await raster(crop(picture, 0.84, random).flop().resize(540));
    const top = 150;
    const words =
      text([20, 85, 28], "Photogram") + text([20, Math.min(1040, top + shown.height + 60), 22], "look what I found");
    return sharp(drawn(540, 1080, rectangle([0, 0, 540, 40], `fill="#222"`) + words))
      .composite([{ ...asInput(await raster(limit(shown, 540, 780))), top, left: 0 }])
      .jpeg({ quality: 70 });
  },
  "photo of a screen": async ({ picture, random }) => {
    const framed = sharp(picture.data, rawOf(picture)).extend({
      top: 40,
      bottom: 60,
      left: 40,
      right: 40,
      background: "#181818",
    });
    const taken = inPerspective(await raster(framed), { share: 0.07, random });
    return sharp(withMoire(taken, random), rawOf(taken)).blur(1.3).linear(0.85, 18).jpeg({ quality: 55 });
  },
  "meme of a crop": async ({ picture, random }) => {
    const shown = await raster(crop(picture, 0.78, random));
    const bar = Math.round(shown.height * 0.25);
    const size = Math.round(shown.width / 14);
    const caption = text([10, Math.round(bar * 0.65), size], "nobody: absolutely nobody:");
    return sharp(drawn(shown.width, shown.height + bar, caption))
      .composite([{ ...asInput(shown), top: bar, left: 0 }])
      .jpeg({ quality: 50 });
  },
  "turned tile of a collage": async ({ picture, backdrop, random }) => {
    const tile = await raster(limit(picture, 700, 520));
    const turned = await sharp(tile.data, rawOf(tile))
      .ensureAlpha()
      .rotate(random() < 0.5 ? 5 : -5, { background: { r: 0, g: 0, b: 0, alpha: 0 } })
      .png({ compressionLevel: 0 })
      .toBuffer({ resolveWithObject: true });
    const [left, top] = [1000 - turned.info.width, 750 - turned.info.height].map((room) => Math.round(room * random()));
    return sharp(backdrop)
      .flatten({ background: "#fff" })
      .toColourspace("srgb")
      .resize(1000, 750, { fit: "cover" })
      .composite([{ input: turned.data, left: left as number, top: top as number }])
      .jpeg({ quality: 80 });
  },
  "small forwarded crop": async ({ picture, random }) =>
    limit(await raster(crop(picture, 0.71, random)), 320, 320).jpeg({ quality: 30 }),
  "filtered square with a border": ({ picture }) => {
    const side = Math.min(picture.width, picture.height);
    const border = Math.round(side * 0.12);
    return sharp(picture.data, rawOf(picture))
      .extract({ left: (picture.width - side) >> 1, top: (picture.height - side) >> 1, width: side, height: side })
      .modulate({ saturation: 0.6, brightness: 1.1 })
      .linear([0.8, 0.75, 0.65], [40, 30, 20])
      .extend({ top: border, bottom: border, left: border, right: border, background: "#f4f0e8" })
      .jpeg({ quality: 60 });
  },
};

/** Makes each combination from a picture's file; the same seed makes the same. */
export async function combinedEditsOf(
  file: string,
  { backdrop, seed }: { backdrop: string; seed: number },
): Promise<ReadonlyMap<string, Buffer>> {
  const picture = await raster(
    sharp(file)
      .flatten({ background: "#fff" })
      .toColourspace("srgb")
      .resize(1024, 1024, { fit: "inside", withoutEnlargement: true }),
  );
  const made = new Map<string, Buffer>();
  for (const [index, [name, edit]] of Object.entries(combinations).entries()) {
    const edited = await edit({ picture, backdrop, random: scatter(100 * seed + index + 1) });
    made.set(name, await edited.toBuffer());
  }
  return made;
}

/** The middle of a picture, 62 % of each side, turned by 7°, its corners filled. */
async function turnedCrop(picture: Raster, background: string): Promise<Sharp> {
  const [width, height] = [picture.width, picture.height].map((side) => Math.round(0.62 * side)) as [number, number];
  const middle = { left: (picture.width - width) >> 1, top: (picture.height - height) >> 1, width, height };
  const turned = await raster(sharp(picture.data, rawOf(picture)).extract(middle));
  return sharp(turned.data, rawOf(turned)).rotate(7, { background }).jpeg({ quality: 85 });
}

/** So much of each side, from anywhere. */
function crop(picture: Raster, share: number, random: Random): Sharp {
  const width = Math.round(share * picture.width);
  const height = Math.round(share * picture.height);
  const left = Math.round(random() * (picture.width - width));
  const top = Math.round(random() * (picture.height - height));
  return sharp(picture.data, rawOf(picture)).extract({ left, top, width, height });
}

function limit(picture: Raster, width: number, height: number): Sharp {
  return sharp(picture.data, rawOf(picture)).resize(width, height, { fit: "inside" });
}

async function raster(picture: Sharp): Promise<Raster> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  if (info.channels === 3) return { data, width: info.width, height: info.height };
  throw new Error(`a picture of ${info.channels} channels`);
}

function rawOf({ width, height }: Raster): { raw: { width: number; height: number; channels: 3 } } {
  return { raw: { width, height, channels: 3 } };
}

function asInput(picture: Raster): { input: Buffer } & ReturnType<typeof rawOf> {
  return { input: picture.data, ...rawOf(picture) };
}

function drawn(width: number, height: number, shapes: string): Buffer {
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>${shapes}</svg>`,
  );
}

/** As seen aslant: each corner of the view lies up to this share of a side outside of the picture, whose surroundings are black. */
function inPerspective(picture: Raster, { share, random }: { share: number; random: Random }): Raster {
  const { width, height, data } = picture;
  const corners = Array.from({ length: 4 }, () => [share * random() * width, share * random() * height] as const);
  const seen = Buffer.alloc(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [u, v] = [x / (width - 1), y / (height - 1)];
      const weights = [(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v];
      let outX = 0;
      let outY = 0;
      corners.forEach(([byX, byY], i) => {
        outX += (weights[i] as number) * (i === 1 || i === 2 ? byX : -byX);
        outY += (weights[i] as number) * (i >= 2 ? byY : -byY);
      });
      const [fromX, fromY] = [Math.round(x + outX), Math.round(y + outY)];
      if (fromX < 0 || fromY < 0 || fromX >= width || fromY >= height) continue;
      data.copy(seen, 3 * (y * width + x), 3 * (fromY * width + fromX), 3 * (fromY * width + fromX) + 3);
    }
  return { data: seen, width, height };
}

/** Bands that a camera's pixels make with a screen's. */
function withMoire({ data, width }: Raster, random: Random): Buffer {
  const [across, down] = [0.25 + 0.2 * random(), 0.15 + 0.2 * random()];
  return Buffer.from(
    data.map((value, i) => {
      const at = Math.floor(i / 3);
      const [x, y] = [at % width, Math.floor(at / width)];
      const band = Math.sin(across * x + down * y + 0.002 * x * y) + 0.5 * Math.sin(1.7 * y);
      return Math.max(0, Math.min(255, value * (1 + 0.08 * band)));
    }),
  );
}
