import type { Pixels } from "@utsuru/core/pixels";
import sharp from "sharp";
import type { Header } from "../ports.ts";

/** Longest side of a thumbnail, in pixels. */
const sideMax = 320;

/**
 * How hard libwebp tries, the least. Of 60 photographs and 60 drawn pictures of 500 × 375, effort 2 took a quarter longer in all, and made 12 % fewer bytes of
 * a photograph at 0.3 dB less (PSNR 35.6 against 35.9), 1 % fewer of a drawn picture.
 */
const effort = 0;

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
