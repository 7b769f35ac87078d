import { crc32, deflateSync } from "node:zlib";
import type { Pixels } from "@utsuru/core/pixels";
import sharp, { type Sharp } from "sharp";
import type { Format } from "../../ports.ts";

/** A picture with detail everywhere and no symmetry: waves whose length shrinks from the top left. */
export function drawPixels(width: number, height: number): Pixels {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x / width, y / height];
      data[at++] = 128 + 100 * Math.sin(22 * u * u + 9 * v);
      data[at++] = 128 + 60 * Math.sin(17 * v + 5 * u) + 40 * u;
      data[at++] = 100 + 90 * u * v + 50 * Math.sin(31 * (u - 0.3) * (v + 0.2));
    }
  }
  return { data, width, height, channels: 3 };
}

/** The same picture, ready to be encoded. */
export function draw(width: number, height: number): Sharp {
  const { data, channels } = drawPixels(width, height);
  return sharp(data, { raw: { width, height, channels } });
}

/** The picture as a file of each format. */
export async function encode(picture: Sharp, format: Format): Promise<Buffer> {
  switch (format) {
    case "jpeg":
      return picture.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
    case "png":
      return picture.png().toBuffer();
    case "gif":
      return picture.gif().toBuffer();
    case "webp":
      return picture.webp({ quality: 95 }).toBuffer();
    case "avif":
      return picture.avif({ quality: 80, effort: 0 }).toBuffer();
  }
}

/** An animation of flat frames of 40 × 30 pixels, one a colour. */
export async function animate(colours: readonly string[], format: "gif" | "webp"): Promise<Buffer> {
  const frames = await Promise.all(
    colours.map((background) =>
      sharp({ create: { width: 40, height: 30, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  );
  return sharp(frames, { join: { animated: true } })
    [format]()
    .toBuffer();
}

/** One chunk of a PNG. */
export function pngChunk(type: string, body: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + body.length);
  chunk.writeUInt32BE(body.length, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(body, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + body.length)), 8 + body.length);
  return chunk;
}

/** A PNG whose header says so many grey pixels, with next to no data. */
export function pngClaiming(
  width: number,
  height: number,
  { depth = 8, interlaced = false }: { depth?: 8 | 16; interlaced?: boolean } = {},
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  header[12] = interlaced ? 1 : 0;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = pngChunk("IDAT", deflateSync(Buffer.alloc(100)));
  return Buffer.concat([signature, pngChunk("IHDR", header), data, pngChunk("IEND", Buffer.alloc(0))]);
}

/** A JPEG that says it is so large, with the data of a small one; baseline or progressive. */
export async function jpegClaiming(width: number, height: number, options = { progressive: false }): Promise<Buffer> {
  const file = await draw(64, 64).jpeg(options).toBuffer();
  const frame = file.indexOf(Buffer.from([0xff, options.progressive ? 0xc2 : 0xc0]));
  file.writeUInt16BE(height, frame + 5);
  file.writeUInt16BE(width, frame + 7);
  return file;
}

/** A progressive JPEG whose last scan comes so many times. */
export async function jpegWithScans(scans: number): Promise<Buffer> {
  const file = await draw(64, 64).jpeg({ progressive: true }).toBuffer();
  const last = file.lastIndexOf(Buffer.from([0xff, 0xda]));
  const scan = file.subarray(last, file.length - 2);
  return Buffer.concat([file.subarray(0, last), ...Array.from({ length: scans }, () => scan), file.subarray(-2)]);
}

/** A GIF of one pixel a frame on a canvas of this size. */
export function gifOf(width: number, height: number, frames: number): Buffer {
  const header = Buffer.from("GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff", "latin1");
  header.writeUInt16LE(width, 6);
  header.writeUInt16LE(height, 8);
  const frame = Buffer.from("\x21\xf9\x04\0\x01\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0", "latin1");
  return Buffer.concat([header, ...Array.from({ length: frames }, () => frame), Buffer.from([0x3b])]);
}

/** A PNG with more chunks after its header, which is 33 bytes long. */
export function pngWith(png: Buffer, ...chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);
}
