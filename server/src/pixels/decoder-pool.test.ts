import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, type TestContext, test } from "node:test";
import { hammingDistance } from "@utsuru/core/distance";
import { unpackFeatures } from "@utsuru/core/pack-features";
import { comparePictures } from "@utsuru/core/partial-copies";
import { pdq } from "@utsuru/core/pdq";
import type { Pixels } from "@utsuru/core/pixels";
import sharp from "sharp";
import type { Failure } from "../errors.ts";
import type { Inspection } from "../ports.ts";
import { decoderPool } from "./decoder-pool.ts";
import { fileOf } from "./testing/files.ts";
import {
  animate,
  draw,
  drawPixels,
  encode,
  gifOf,
  jpegClaiming,
  jpegWithScans,
  pngClaiming,
} from "./testing/pictures.ts";

const pool = decoderPool({ processes: 2 });
after(() => pool.close());
const signal = new AbortController().signal;
const formats = ["jpeg", "png", "gif", "webp", "avif"] as const;

async function inspect(t: TestContext, file: Uint8Array, options: { exact?: boolean } = {}): Promise<Inspection> {
  return pool.inspect(await fileOf(t, file), { signal, ...options });
}

async function failureOf(t: TestContext, file: Uint8Array, name?: string): Promise<{ code: string; detail: string }> {
  const path = await fileOf(t, file, name);
  const error = await pool.ingest(path, { signal }).then(
    () => assert.fail("the picture was taken in"),
    (reason: Failure) => reason,
  );
  return { code: error.code, detail: error.message };
}

/** Pixels turned as each EXIF orientation asks (TIFF 6.0, tag 274), by moving them one by one. */
function turnUpright({ data, width, height }: Pixels, orientation: number): Pixels {
  const isTurned = orientation > 4;
  const [w, h] = isTurned ? [height, width] : [width, height];
  const upright = new Uint8Array(data.length);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [u, v] = isTurned ? [y, x] : [x, y];
      const fromRight = [2, 3, 7, 8].includes(orientation);
      const fromBelow = [3, 4, 6, 7].includes(orientation);
      const from = (fromBelow ? height - 1 - v : v) * width + (fromRight ? width - 1 - u : u);
      for (let c = 0; c < 3; c++) upright[3 * (y * w + x) + c] = data[3 * from + c] ?? 0;
    }
  }
  return { data: upright, width: w, height: h, channels: 3 };
}

for (const format of formats) {
  test(`a ${format} gives its size, fingerprint and thumbnail`, async (t) => {
    const path = await fileOf(t, await encode(draw(400, 300), format));
    const { thumbnail, ...inspection } = await pool.ingest(path, { signal });
    const { width, height } = inspection;
    const { fingerprint, codes } = inspection.pdq;
    assert.deepEqual({ format: inspection.format, width, height }, { format, width: 400, height: 300 });
    assert.deepEqual(codes.identity, fingerprint.code);
    const expected = pdq(drawPixels(400, 300)).fingerprint;
    assert.ok(hammingDistance(fingerprint.code, expected.code) <= 31);
    const small = await sharp(thumbnail).metadata();
    assert.deepEqual([small.format, small.width, small.height], ["webp", 320, 240]);
  });

  test(`a ${format} is derived in its own format, without metadata`, async (t) => {
    const picture = draw(90, 60).withExif({ IFD0: { Copyright: "a secret" } });
    const derivative = await pool.derive(await fileOf(t, await encode(picture, format)), { signal });
    const { exif, icc, xmp, width, height, ...meta } = await sharp(derivative).metadata();
    assert.equal(format === "avif" ? meta.compression : meta.format, format === "avif" ? "av1" : format);
    assert.deepEqual(
      { exif, icc, xmp, width, height },
      { exif: undefined, icc: undefined, xmp: undefined, width: 90, height: 60 },
    );
    assert.equal(Buffer.from(derivative).includes("a secret"), false);
  });

  test(`a ${format} cut in half, and one of no bytes, is broken`, async (t) => {
    const file = await encode(draw(200, 150), format);
    const half = await failureOf(t, file.subarray(0, file.length >> 1));
    assert.deepEqual(half, { code: "image-broken", detail: "The file ends before the picture does." });
  });

  test(`a ${format} with flipped bits is taken or broken, never worse`, async (t) => {
    const file = await encode(draw(120, 90), format);
    for (let round = 0; round < 12; round++) {
      const flipped = Buffer.from(file);
      for (let i = 1; i <= 4; i++) {
        const at = 16 + ((round * 7919 + i * 104_729) % (file.length - 16));
        flipped[at] = (flipped[at] ?? 0) ^ (1 << ((round + i) % 8));
      }
      const path = await fileOf(t, flipped);
      const code = await pool.ingest(path, { signal }).then(
        () => "taken",
        (error: Failure) => error.code,
      );
      assert.ok(["taken", "image-broken", "image-too-large", "image-undecodable"].includes(code), code);
    }
  });
}

test("an empty file is broken", async (t) => {
  assert.deepEqual(await failureOf(t, Buffer.alloc(0)), { code: "image-broken", detail: "The file is empty." });
});

for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`EXIF orientation ${orientation} is applied before anything else`, async (t) => {
    const file = await draw(200, 120).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
    const stored = await sharp(file).raw().toBuffer();
    const upright = turnUpright({ data: stored, width: 200, height: 120, channels: 3 }, orientation);
    const {
      width,
      height,
      pdq: { fingerprint },
    } = await inspect(t, file);
    assert.deepEqual([width, height], [upright.width, upright.height]);
    assert.deepEqual(fingerprint, pdq(upright).fingerprint);
  });

  test(`EXIF orientation ${orientation} is applied to a picture that is shrunk on load, and to what is derived from it`, async (t) => {
    const file = await draw(1800, 1200).withMetadata({ orientation }).jpeg({ quality: 90 }).toBuffer();
    const path = await fileOf(t, file);
    const { thumbnail, ...shrunk } = await pool.ingest(path, { signal });
    const exact = await pool.inspect(path, { signal, exact: true });
    assert.deepEqual([shrunk.width, shrunk.height], orientation > 4 ? [1200, 1800] : [1800, 1200]);
    assert.ok(hammingDistance(shrunk.pdq.fingerprint.code, exact.pdq.fingerprint.code) <= 4);
    const derivative = await pool.derive(path, { signal });
    const derived = await inspect(t, derivative, { exact: true });
    assert.ok(hammingDistance(derived.pdq.fingerprint.code, exact.pdq.fingerprint.code) <= 6);
    const small = await inspect(t, thumbnail);
    assert.ok(hammingDistance(small.pdq.fingerprint.code, exact.pdq.fingerprint.code) <= 31);
  });
}

test("local features are those of the picture's own shape, stretched as it may be read, and none unless asked for", async (t) => {
  const [small, large] = [await encode(draw(1000, 500), "jpeg"), await encode(draw(3000, 1500), "jpeg")];
  assert.equal((await inspect(t, small)).features, undefined);
  const path = await fileOf(t, large);
  const { features: query } = await pool.inspect(path, { signal, features: "query" });
  const stored = unpackFeatures((await pool.ingest(await fileOf(t, small), { signal })).features);
  assert.ok(query?.margins && stored);
  assert.deepEqual([query.width, query.height, stored.width, stored.height], [512, 256, 512, 256]);
  const match = comparePictures(query, stored);
  assert.ok(match && match.inliers >= 10, `${match?.inliers} inliers`);
  for (const [i, value] of [1, 0, 0, 0, 1, 0].entries()) assert.ok(Math.abs((match.transform[i] ?? 9) - value) < 3);
});

test("an exact hash is that of every pixel, however large the picture is", async (t) => {
  const file = await draw(1700, 1200).png({ compressionLevel: 1 }).toBuffer();
  const { fingerprint } = (await inspect(t, file, { exact: true })).pdq;
  assert.deepEqual(fingerprint, pdq(drawPixels(1700, 1200)).fingerprint);
});

for (const [width, height] of [
  [4000, 3000],
  [6000, 500],
  [1200, 2500],
  [12_000, 200],
] as const) {
  test(`a large picture of ${width} × ${height} hashes nearly as at full size`, async (t) => {
    const file = await draw(width, height).jpeg({ quality: 90 }).toBuffer();
    const quick = await inspect(t, file);
    const exact = await inspect(t, file, { exact: true });
    const bits = hammingDistance(quick.pdq.fingerprint.code, exact.pdq.fingerprint.code);
    assert.ok(bits <= 8, `${bits} bits`);
  });
}

test("transparency is seen on white", async (t) => {
  const file = await sharp({
    create: { width: 50, height: 50, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
  })
    .png()
    .toBuffer();
  const { thumbnail } = await pool.ingest(await fileOf(t, file), { signal });
  const pixels = await sharp(thumbnail).raw().toBuffer();
  assert.ok(pixels.every((sample) => sample === 255));
});

test("grey, palette, 16-bit and CMYK pictures are read", async (t) => {
  const files = [
    await draw(100, 80).greyscale().jpeg().toBuffer(),
    await draw(100, 80).greyscale().png().toBuffer(),
    await draw(100, 80).png({ palette: true }).toBuffer(),
    await draw(100, 80).toColourspace("rgb16").png().toBuffer(),
    await draw(100, 80).toColourspace("cmyk").jpeg().toBuffer(),
  ];
  for (const file of files) assert.equal((await inspect(t, file)).width, 100);
});

test("a thumbnail is never larger than its picture", async (t) => {
  const { thumbnail } = await pool.ingest(await fileOf(t, await encode(draw(31, 17), "png")), { signal });
  const { width, height } = await sharp(thumbnail).metadata();
  assert.deepEqual([width, height], [31, 17]);
});

for (const format of ["gif", "webp"] as const) {
  test(`an animated ${format} is seen by its first frame, and derived whole`, async (t) => {
    const path = await fileOf(t, await animate(["#ff0000", "#00ff00", "#0000ff"], format));
    const { width, height, thumbnail } = await pool.ingest(path, { signal });
    assert.deepEqual([width, height], [40, 30]);
    const [red = 0, green = 0] = await sharp(thumbnail).raw().toBuffer();
    assert.ok(red > 240 && green < 15);
    const derivative = await pool.derive(path, { signal });
    assert.equal((await sharp(derivative).metadata()).pages, 3);
  });
}

test("an animation that is damaged after its first frame is derived as that frame", async (t) => {
  const file = await animate(["#ff0000", "#00ff00"], "gif");
  const withinLastFrame = file.length - 30;
  file[withinLastFrame] = (file[withinLastFrame] ?? 0) ^ 0xff;
  await assert.rejects(sharp(file, { animated: true, failOn: "error" }).toBuffer(), /Invalid frame data/);
  const path = await fileOf(t, file);
  const derivative = await pool.derive(path, { signal });
  assert.equal((await sharp(derivative).metadata()).pages ?? 1, 1);
});

test("a GIF of 200,000 frames costs no more than its first", async (t) => {
  const path = await fileOf(t, gifOf(64, 64, 200_000));
  const { width } = await pool.ingest(path, { signal });
  assert.equal(width, 64);
  const derivative = await pool.derive(path, { signal });
  assert.equal((await sharp(derivative).metadata()).pages ?? 1, 1);
});

const strangers = {
  "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/hostname"/></svg>',
  "svg.jpg": '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
  "html.jpg": "<!doctype html><script>alert(1)</script>",
  "pdf.png": "%PDF-1.7\n1 0 obj << >> endobj",
  "zip.webp": "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0",
};

for (const [name, content] of Object.entries(strangers)) {
  test(`${name} is refused as no picture`, async (t) => {
    const detail = "The file is not a JPEG, PNG, GIF, WebP or AVIF picture.";
    assert.deepEqual(await failureOf(t, Buffer.from(content, "latin1"), name), { code: "unsupported-format", detail });
  });
}

test("a flood of pixels is refused by its header", async (t) => {
  const flood = await failureOf(t, pngClaiming(50_000, 50_000));
  assert.equal(flood.code, "image-too-large");
  assert.equal(
    flood.detail,
    "The picture is 50000 × 50000 pixels; pictures of its kind are taken up to 100 megapixels.",
  );
});

test("a large JPEG without the data for its pixels is broken", async (t) => {
  assert.equal((await failureOf(t, await jpegClaiming(9000, 9000))).code, "image-broken");
});

test("a JPEG of hundreds of scans is refused undecoded", async (t) => {
  assert.equal((await failureOf(t, await jpegWithScans(400))).code, "image-too-complex");
});

test("a file that is not there is no fault of the picture", async () => {
  await assert.rejects(pool.inspect("/nowhere/picture.jpg", { signal }), { name: "Error", message: /ENOENT/ });
});

test("a picture that needs more memory than is allowed is given up, and smaller ones go on", async (t) => {
  const tight = decoderPool({ processes: 1, memoryMaxBytes: 80 * 2 ** 20 });
  t.after(() => tight.close());
  const large = await fileOf(
    t,
    await sharp({ create: { width: 5000, height: 5000, channels: 3, background: "#567" } })
      .jpeg({ progressive: true })
      .toBuffer(),
  );
  const small = await fileOf(t, await encode(draw(200, 150), "jpeg"));
  const outcome = await tight.derive(large, { signal }).then(
    () => "taken",
    (error: Failure) => error.code,
  );
  assert.equal(outcome, process.platform === "linux" ? "image-undecodable" : "taken");
  assert.equal((await tight.inspect(small, { signal })).width, 200);
});

test("memory stays flat over three hundred pictures", {
  skip: process.platform !== "linux" && "asks /proc",
}, async (t) => {
  const alone = decoderPool({ processes: 1, jobsMax: 1000, idleMemoryMaxBytes: 2 ** 40 });
  t.after(() => alone.close());
  const paths = await Promise.all(formats.map(async (format) => fileOf(t, await encode(draw(160, 120), format))));
  const memoryAfter = async (jobs: number) => {
    for (let i = 0; i < jobs; i++) await alone.ingest(paths[i % paths.length] ?? "", { signal });
    const children = await readFile(`/proc/self/task/${process.pid}/children`, "utf8");
    const pid = children.trim().split(" ").at(-1);
    return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
  };
  const early = await memoryAfter(100);
  const late = await memoryAfter(200);
  assert.ok(late < early + 40, `${early.toFixed(0)} MiB after 100 pictures, ${late.toFixed(0)} MiB after 300`);
});

test("a picture that somebody searches with is decoded before those of work that nobody waits for", async (t) => {
  const one = decoderPool({ processes: 1 });
  t.after(() => one.close());
  const path = await fileOf(t, await encode(draw(300, 200), "jpeg"));
  const order: string[] = [];
  const note = (name: string, inspection: Promise<unknown>): Promise<void> =>
    inspection.then(() => void order.push(name));
  await Promise.all([
    note("in hand", one.background.inspect(path, { signal })),
    note("backfill", one.background.inspect(path, { signal })),
    note("search", one.inspect(path, { signal })),
  ]);
  assert.equal(order.at(-1), "backfill");
});
