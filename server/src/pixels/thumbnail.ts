import type { Pixels } from "@utsuru/core/pixels";
import sharp from "sharp";
import type { Header } from "../ports.ts";

/** Longest side of a thumbnail, in pixels. */
const sideMax = 320;

/** How hard libwebp tries: its default, 4, takes 3.5 ms longer of 8.5 for 3 % fewer bytes. */
const effort = 2;

/** Makes a WebP of a picture's pixels, in the picture's shape though they may be stretched: at most 320 px on its longest side, never larger than the picture. */
export async function makeThumbnail({ data, width, height, channels }: Pixels, header: Header): Promise<Uint8Array> {
  const scale = Math.min(1, sideMax / Math.max(header.width, header.height));
  return sharp(data, { raw: { width, height, channels } })
    .resize({
      width: Math.max(1, Math.round(header.width * scale)),
      height: Math.max(1, Math.round(header.height * scale)),
      fit: "fill",
    })
    .webp({ quality: 80, effort })
    .toBuffer();
}
