import sharp, { type Sharp, type SharpOptions } from "sharp";
import type { Format } from "../ports.ts";
import type { Coding } from "./declared.ts";
import { explain } from "./libvips.ts";
import { openOptions, type Picture } from "./picture.ts";

/**
 * Pixels to which larger pictures are shrunk before they are encoded, so that time and memory hold for every picture that is taken in.
 * On a busy core: JPEG 99 MP 0.8 s and 81 MB (turned: 2.2 s, 345 MB), progressive 60 MP turned 512 MB without shrinking, PNG 38 MP 3.5 s, GIF 8 MP 4 s,
 * WebP 16 MP 1.3 s, AVIF 8 MP 1 s (with transparency 368 MB).
 */
const encodedPixelsMax: Readonly<Record<Coding, number>> = {
  jpeg: 100e6,
  "jpeg-progressive": 24e6,
  png: 40e6,
  "png-heavy": 40e6,
  gif: 8e6,
  webp: 16e6,
  avif: 8e6,
};

/** Pixels of all frames together up to which an animation stays one: 25 MP took 6 s as a GIF. */
const animationPixelsMax = 16e6;

/**
 * Encodes a picture anew in its own format: upright, in sRGB, with no metadata and no byte of the file it came from.
 * A long animation becomes its first frame; a very large picture is shrunk.
 */
export async function makeDerivative(picture: Picture): Promise<Uint8Array> {
  const { firstFrame, header } = picture;
  try {
    return (await deriveAnimation(picture)) ?? (await deriveStill(picture));
  } catch (error) {
    throw explain(error, firstFrame, header.format);
  }
}

/** The whole animation; `undefined` when there is none, it is too long, or a frame after the first is damaged. */
async function deriveAnimation(picture: Picture): Promise<Uint8Array | undefined> {
  if (!(await isShortAnimation(picture))) return undefined;
  const image = sharp(picture.file, { ...keepingColours(picture), animated: true });
  return encode(image, picture.header.format)
    .toBuffer()
    .catch(() => undefined);
}

async function deriveStill(picture: Picture): Promise<Uint8Array> {
  const { firstFrame, header, coding } = picture;
  const image = sharp(firstFrame, keepingColours(picture)).autoOrient();
  const scale = Math.sqrt(encodedPixelsMax[coding] / (header.width * header.height));
  if (scale < 1) image.resize({ width: Math.floor(header.width * scale) });
  return encode(image, header.format).toBuffer();
}

/** For eyes, an embedded profile is converted to sRGB rather than ignored. */
function keepingColours(picture: Picture): SharpOptions {
  return { ...openOptions(picture), ignoreIcc: false };
}

/** Frames cannot be turned one by one, so an animation with an EXIF turn is none either. */
async function isShortAnimation({ header, file, coding }: Picture): Promise<boolean> {
  if (header.format !== "gif" && header.format !== "webp") return false;
  const { pages = 1, orientation = 1 } = await sharp(file, openOptions({ coding })).metadata();
  return pages > 1 && orientation === 1 && pages * header.width * header.height <= animationPixelsMax;
}

function encode(image: Sharp, format: Format): Sharp {
  switch (format) {
    case "jpeg":
      // The best Huffman tables save 5 % and hold every coefficient in memory: 437 instead of 119 MB at 48 MP.
      return image.jpeg({ quality: 90, optimiseCoding: false });
    case "png":
      return image.png();
    case "gif":
      return image.gif({ effort: 4 });
    case "webp":
      return image.webp({ quality: 90, effort: 2 });
    case "avif":
      // Effort 2 took three times as long and saved no byte (16 MP: 548 kB against 531); full colour resolution took 567 MB instead of 368 with transparency.
      return image.avif({ quality: 65, effort: 0, chromaSubsampling: "4:2:0" });
  }
}
