import type { Pixels } from "@utsuru/core/pixels";

/**
 * Pictures beyond this are drawn smaller: their pixels and the copy without transparency would take 7 bytes each, and a phone has few to spare.
 * PDQ looks at a grid of 64 × 64 in the end; a smooth reduction from here moves it by a bit or two.
 */
const areaMax = 24_000_000;

/** Decodes a picture as the server does: upright by its EXIF turn, transparency on white, first frame. Rejects when the browser cannot read it. */
export async function readPixels(file: Blob): Promise<Pixels> {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, Math.sqrt(areaMax / (bitmap.width * bitmap.height)));
  const width = Math.max(1, Math.floor(bitmap.width * scale));
  const height = Math.max(1, Math.floor(bitmap.height * scale));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("expected a canvas to draw on, got none");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return { data: withoutAlpha(context.getImageData(0, 0, width, height).data), width, height, channels: 3 };
}

function withoutAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from] ?? 0;
    rgb[to++] = rgba[from + 1] ?? 0;
    rgb[to++] = rgba[from + 2] ?? 0;
  }
  return rgb;
}
