import sharp, { type Sharp } from "sharp";
import type { Format } from "../ports.ts";
import { explain } from "./libvips.ts";
import { openOptions, type Picture } from "./picture.ts";

/** Pixels of all frames up to which an animation stays one; beyond, its first frame stands for it. */
const animationPixelsMax = 25e6;

/** Pixels up to which encoding stays within the time limit on a slow core; larger pictures are shrunk to it. */
const encodedPixelsMax: Readonly<Record<Format, number>> = {
  jpeg: 100e6,
  png: 40e6,
  gif: 25e6,
  webp: 16e6,
  avif: 8e6,
};

/** Encodes a picture anew in its own format: upright, in sRGB, without any metadata or bytes of the file it came from. */
export async function makeDerivative(picture: Picture): Promise<Uint8Array> {
  const { format, width, height } = picture.header;
  try {
    const animated = await isAnimationKept(picture);
    const options = { ...openOptions(picture), ignoreIcc: false, animated };
    const image = sharp(animated ? picture.file : picture.firstFrame, options).autoOrient();
    const scale = Math.sqrt(encodedPixelsMax[format] / (width * height));
    if (scale < 1) image.resize({ width: Math.floor(width * scale), height: Math.floor(height * scale), fit: "fill" });
    return await encode(image, format).toBuffer();
  } catch (error) {
    throw explain(error, picture.file, format);
  }
}

async function isAnimationKept({ header, file, pixelsMax }: Picture): Promise<boolean> {
  if (header.format !== "gif" && header.format !== "webp") return false;
  const { pages = 1 } = await sharp(file, openOptions({ pixelsMax })).metadata();
  return pages > 1 && pages * header.width * header.height <= animationPixelsMax;
}

function encode(image: Sharp, format: Format): Sharp {
  switch (format) {
    case "jpeg":
      return image.jpeg({ quality: 90 });
    case "png":
      return image.png();
    case "gif":
      return image.gif();
    case "webp":
      return image.webp({ quality: 90 });
    case "avif":
      return image.avif({ quality: 65, effort: 2 });
  }
}
