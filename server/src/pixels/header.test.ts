import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import type { Failure } from "../errors.ts";
import type { Format } from "../ports.ts";
import type { Declared } from "./declared.ts";
import { readDeclared } from "./header.ts";
import { checkLimits } from "./limits.ts";
import { animate, draw, encode, gifOf, jpegClaiming, jpegWithScans, pngClaiming } from "./testing/pictures.ts";

function declared(file: Buffer, format: Format): Declared {
  const found = readDeclared(file, format);
  assert.ok(found, "no header");
  return found;
}

function refusal(file: Buffer, format: Format): string | undefined {
  try {
    checkLimits(declared(file, format));
    return undefined;
  } catch (error) {
    return (error as Failure).code;
  }
}

for (const format of ["jpeg", "png", "gif", "webp", "avif"] as const) {
  test(`the header of a ${format} tells its size`, async () => {
    const { width, height, coding } = declared(await encode(draw(70, 45), format), format);
    assert.deepEqual({ width, height, coding }, { width: 70, height: 45, coding: format });
  });

  test(`a ${format} cut off at any byte of its first hundred is read without a fault`, async () => {
    const file = await encode(draw(70, 45), format);
    for (let length = 12; length < 100; length++) readDeclared(file.subarray(0, length), format);
  });
}

test("lossless, extended and animated WebP tell their size", async () => {
  const lossless = await draw(70, 45).webp({ lossless: true }).toBuffer();
  const extended = await draw(70, 45).ensureAlpha(0.5).webp().toBuffer();
  const animated = await animate(["#f00", "#0f0"], "webp");
  assert.deepEqual(declared(lossless, "webp"), { coding: "webp", width: 70, height: 45 });
  assert.deepEqual(declared(extended, "webp"), { coding: "webp", width: 70, height: 45 });
  assert.deepEqual(declared(animated, "webp"), { coding: "webp", width: 40, height: 30 });
});

test("a progressive JPEG is known, and its scans are counted", async () => {
  const file = await draw(64, 64).jpeg({ progressive: true }).toBuffer();
  const { coding, scans } = declared(file, "jpeg");
  assert.equal(coding, "jpeg-progressive");
  assert.ok(scans !== undefined && scans > 3 && scans < 20, `${scans} scans`);
});

test("a baseline JPEG whose components come in scans of their own costs what a progressive one does", async () => {
  const file = await draw(64, 64).jpeg().toBuffer();
  const scan = file.indexOf(Buffer.from([0xff, 0xda]));
  file[scan + 4] = 1;
  assert.equal(declared(file, "jpeg").coding, "jpeg-progressive");
});

test("a JPEG of a hundred scans is too complex, one of sixty is not", async () => {
  assert.equal(refusal(await jpegWithScans(100), "jpeg"), "image-too-complex");
  assert.equal(refusal(await jpegWithScans(50), "jpeg"), undefined);
});

const claims = {
  "PNG of 99 megapixels": [() => pngClaiming(9900, 10_000), "png", undefined],
  "PNG of 101 megapixels": [() => pngClaiming(10_100, 10_000), "png", "image-too-large"],
  "PNG of 2^62 pixels": [() => pngClaiming(0x7fffffff, 0x7fffffff), "png", "image-too-large"],
  "interlaced PNG of 41 megapixels": [() => pngClaiming(4100, 10_000, { interlaced: true }), "png", "image-too-large"],
  "16-bit PNG of 41 megapixels": [() => pngClaiming(4100, 10_000, { depth: 16 }), "png", "image-too-large"],
  "JPEG of 99 megapixels": [() => jpegClaiming(9900, 10_000), "jpeg", undefined],
  "JPEG of 101 megapixels": [() => jpegClaiming(10_100, 10_000), "jpeg", "image-too-large"],
  "progressive JPEG of 61 megapixels": [
    () => jpegClaiming(6100, 10_000, { progressive: true }),
    "jpeg",
    "image-too-large",
  ],
  "GIF of 51 megapixels": [() => gifOf(5100, 10_000, 1), "gif", "image-too-large"],
  "GIF of 49 megapixels": [() => gifOf(4900, 10_000, 1), "gif", undefined],
} as const;

for (const [name, [make, format, expected]] of Object.entries(claims)) {
  test(`a ${name} is ${expected === undefined ? "let through" : "refused by its header"}`, async () => {
    assert.equal(refusal(await make(), format), expected);
  });
}

test("a WebP of 61 megapixels is refused by its header", async () => {
  const file = await draw(16, 16).webp().toBuffer();
  file.writeUInt16LE(6100, 26);
  file.writeUInt16LE(10_000, 28);
  assert.equal(refusal(file, "webp"), "image-too-large");
});

test("an AVIF of 17 megapixels is refused by its header", async () => {
  const file = await sharp({ create: { width: 64, height: 64, channels: 3, background: "#888" } })
    .avif({ effort: 0 })
    .toBuffer();
  const size = file.indexOf("ispe");
  file.writeUInt32BE(1700, size + 8);
  file.writeUInt32BE(10_000, size + 12);
  assert.equal(refusal(file, "avif"), "image-too-large");
});

test("an AVIF put together from many large tiles is refused by its header, however small it says to be", () => {
  const box = (type: string, ...bodies: Buffer[]) => {
    const body = Buffer.concat(bodies);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + body.length);
    head.write(type, 4);
    return Buffer.concat([head, body]);
  };
  const u32 = (...values: number[]) => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i);
    return bytes;
  };
  const sizes = box("ipco", box("ispe", u32(0, 64, 64)), box("ispe", u32(0, 2048, 2048)));
  const associations = box("ipma", u32(0, 2), Buffer.from([0, 1, 1, 1]), Buffer.from([0, 2, 1, 2]));
  const tiles = Buffer.concat([Buffer.from([0, 1, 0, 9]), ...Array.from({ length: 9 }, () => Buffer.from([0, 2]))]);
  const references = box("iref", u32(0), box("dimg", tiles));
  const meta = box("meta", u32(0), references, box("iprp", sizes, associations));
  const file = Buffer.concat([box("ftyp", Buffer.from("avif\0\0\0\0avif")), meta]);
  assert.equal(declared(file, "avif").work, 9 * 2048 * 2048);
  assert.equal(refusal(file, "avif"), "image-too-large");
});
