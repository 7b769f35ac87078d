import type { Pixels } from "@utsuru/core/pixels";
import sharp from "sharp";

sharp.concurrency(1);
sharp.cache(false);

/** Decodes a file, or its bytes, to at most 640 px: upright, transparency on white. */
export async function decodeSmall(file: string | Buffer): Promise<Pixels> {
  const { data, info } = await sharp(file, { failOn: "none" })
    .rotate()
    .resize(640, 640, { fit: "inside", withoutEnlargement: true })
    .flatten({ background: "#fff" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 1 ? 1 : 3 };
}
