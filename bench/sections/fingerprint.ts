import { execFile } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { dct256 } from "@utsuru/core/dct256";
import { averageHash, perceptualHash } from "@utsuru/core/imagehash";
import { pdq, pdqOfShrunk } from "@utsuru/core/pdq";
import type { Pixels } from "@utsuru/core/pixels";
import { bmvbhash } from "blockhash-core";
import { imageHash } from "image-hash";
import imghash from "imghash";
import sharp from "sharp";
import { openPicture } from "../../server/src/pixels/picture.ts";
import { readPixels } from "../../server/src/pixels/pixels.ts";
import { corpusAbsent, readCorpus } from "../corpus.ts";
import { photographJpeg } from "../product/pictures.ts";
import type { Run, Table } from "../report.ts";
import { median, round, timed } from "../statistics.ts";

const require = createRequire(import.meta.url);
/** It exports a function, though its declarations speak of a default export. */
const phash: (file: string) => Promise<string> = require("sharp-phash");

const runFile = promisify(execFile);
/** Where Meta's command-line program is, for those who built it. */
const reference = process.env.UTSURU_BENCH_PDQ_PHOTO_HASHER;

/** One way to a fingerprint; what it gives is not looked at. */
interface Way {
  readonly name: string;
  readonly work: () => unknown;
  readonly medianMsMax?: number;
}

/** How long fingerprints take, from pixels and from files, beside those that npm's packages make of the same. */
export const run: Run = async (room) => {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-"));
  try {
    const large = join(folder, "large.jpg");
    const small = join(folder, "small.jpg");
    await writeFile(large, await photographJpeg(2_000));
    await sharp(large).resize(512, 512, { fit: "inside" }).jpeg({ quality: 90 }).toFile(small);
    room.say("hashing pixels");
    const tables = [
      await hashPixels("Pixels of 512 × 384 to a fingerprint, ms", { file: small, rounds: 60, medianMsMax: 1 }),
      await hashPixels("Pixels of 12 megapixels to a fingerprint, ms", { file: large, rounds: 11, medianMsMax: 100 }),
    ];
    room.say("hashing files");
    tables.push(await hashFile("JPEG of 512 × 384 to a fingerprint, ms", { file: small, rounds: 25 }));
    tables.push(await hashFile("JPEG of 12 megapixels to a fingerprint, ms", { file: large, rounds: 15, judge }));
    tables.push(...(await hashPhotographs(folder)));
    return { kind: "measured", tables };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

interface Trial {
  readonly file: string;
  readonly rounds: number;
  readonly medianMsMax?: number;
}

async function hashPixels(title: string, { file, rounds, ...target }: Trial): Promise<Table> {
  const pixels = await readPixels(await openPicture(file), { exact: true });
  const withAlpha = { ...pixels, data: await sharp(file).ensureAlpha().raw().toBuffer() };
  const ways: Way[] = [
    { name: "pdq, all 8 orientations", work: () => pdq(pixels), ...target },
    { name: "dct256, whole and trimmed, all 8 orientations", work: () => dct256(pixels), ...target },
    ...[10, 3].map((share) => {
      const bordered = framed(pixels, share);
      const name = `the same, a ${share === 3 ? "third" : "tenth"} of each side taken by a frame`;
      return { name, work: () => dct256(bordered), ...target };
    }),
    { name: "averageHash", work: () => averageHash(pixels) },
    { name: "perceptualHash", work: () => perceptualHash(pixels) },
    { name: "blockhash-core, 256 bits", work: () => bmvbhash(withAlpha, 16) },
  ];
  return table(title, await alternate(ways, rounds));
}

/** The picture with a frame of one colour painted over a share of it on every side, whose border lines are all looked at. */
function framed({ data, width, height, channels }: Pixels, share: number): Pixels {
  // Not `slice`, by which a Buffer shares its memory.
  const bordered = new Uint8Array(data);
  const [across, down] = [Math.floor(width / share), Math.floor(height / share)];
  for (let y = 0; y < height; y++) {
    const row = bordered.subarray(y * width * channels, (y + 1) * width * channels);
    if (y < down || y >= height - down) row.fill(200);
    row.fill(200, 0, across * channels).fill(200, (width - across) * channels);
  }
  return { data: bordered, width, height, channels };
}

/** A photograph of the corpus, enlarged to 12 megapixels: smoother than a drawn one, so that less of the time is spent on its bytes. */
async function hashPhotographs(folder: string): Promise<Table[]> {
  const title = (quality: number) => `Photograph of 12 megapixels, JPEG of quality ${quality}, to a fingerprint, ms`;
  if (corpusAbsent !== false)
    return [{ title: "Photographs of 12 megapixels, JPEG", columns: ["skipped"], rows: [[corpusAbsent]] }];
  const photograph = (await readCorpus()).find(({ role }) => role === "original");
  if (photograph === undefined) throw new Error("the corpus has no original");
  const tables: Table[] = [];
  for (const quality of [90, 70]) {
    const file = join(folder, `photograph-${quality}.jpg`);
    await sharp(photograph.file).resize(4000, 3000, { fit: "cover" }).jpeg({ quality }).toFile(file);
    const table = await hashFile(title(quality), { file, rounds: 15, judge });
    const notes = [`A photograph of the corpus, ${round((await stat(file)).size / 1e6, 2)} MB.`];
    tables.push({ ...table, notes: [...notes, ...(table.notes ?? []).slice(1)] });
  }
  return tables;
}

const decoding = "decoding as the server does, alone";
const hashing = "pdq and dct256 as the server makes them";
const peers = ["sharp-phash", "imghash, 256 bits", "image-hash, 256 bits", "sharp and blockhash-core, 256 bits"];

interface FileTrial extends Trial {
  /** Says by the least times of the ways what of the targets was reached; they are set for 12 megapixels alone. */
  readonly judge?: (least: (way: string) => number) => string[];
}

async function hashFile(title: string, { file, rounds, judge }: FileTrial): Promise<Table> {
  const hashImage = promisify(imageHash);
  const shrinking: Way[] = [
    { name: decoding, work: async () => readPixels(await openPicture(file)) },
    { name: hashing, work: () => hashBoth(file) },
    { name: "sharp-phash", work: () => phash(file) },
  ];
  // By themselves: what they leave in memory is cleared up by threads whose time, up to 10 ms, would count for others.
  const decodingAll: Way[] = [
    { name: "pdq of every pixel", work: async () => pdq(await readPixels(await openPicture(file), { exact: true })) },
    { name: "imghash, 256 bits", work: () => imghash.hash(file, 16) },
    { name: "image-hash, 256 bits", work: () => hashImage(file, 16, true) },
    { name: "sharp and blockhash-core, 256 bits", work: () => decodeAndBlockhash(file) },
    ...(reference === undefined ? [] : [referenceWay(reference, file)]),
  ];
  const trials = [...(await alternate(shrinking, rounds)), ...(await alternate(decodingAll, rounds))];
  const least = new Map(trials.map(({ name, processor }) => [name, Math.min(...processor)]));
  const measured = table(title, trials);
  const turns = "Ways that shrink took turns among themselves, then those that decode every pixel.";
  const notes = [...(measured.notes ?? []), turns, ...(judge?.((name) => least.get(name) ?? Number.NaN) ?? [])];
  if (reference !== undefined) return { ...measured, notes };
  const skipped = "Meta's pdq-photo-hasher was skipped: UTSURU_BENCH_PDQ_PHOTO_HASHER names no binary.";
  return { ...measured, notes: [...notes, skipped] };
}

/** What was aimed at, by the least processor time: that of the clock moves with the machine's other work. */
function judge(least: (name: string) => number): string[] {
  const overDecoding = 100 * (least(hashing) / least(decoding) - 1);
  const overPeer = Math.min(...peers.map(least)) / least(hashing);
  const verdict = (reached: boolean) => (reached ? "reached" : "MISSED");
  return [
    `Both hashes over decoding alone, least of the processor: ${round(overDecoding, 1)} %; target ≤ 10 %: ${verdict(overDecoding <= 10)}.`,
    `The fastest peer takes ${round(overPeer, 2)} times as long, least of the processor; target ≥ 1.5: ${verdict(overPeer >= 1.5)} (why: docs/decisions/0006-hashed-at-640.md).`,
  ];
}

async function hashBoth(file: string): Promise<unknown> {
  const picture = await openPicture(file);
  const pixels = await readPixels(picture);
  return [pdqOfShrunk(pixels, picture.header), dct256(pixels)];
}

/** Meta's program hashes one orientation of 512×512 nearest pixels; the start of its process is part of it, its processor time is not seen. */
function referenceWay(binary: string, file: string): Way {
  return { name: "pdq-photo-hasher, C++, with its start", work: () => runFile(binary, [file]) };
}

async function decodeAndBlockhash(file: string): Promise<string> {
  const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return bmvbhash({ data, width: info.width, height: info.height }, 16);
}

/**
 * Times of each way, the ways taking turns so that a busy spell of the machine meets all of them; the first round is not counted.
 *
 * Every other round goes backwards: what one way leaves in memory slows the next, and decoding alone, always after the greediest way,
 * took a third longer than decoding and hashing.
 */
async function alternate(ways: readonly Way[], rounds: number): Promise<readonly Timed[]> {
  const forwards = ways.map((way) => ({ ...way, clock: [] as number[], processor: [] as number[] }));
  const backwards = forwards.toReversed();
  for (let turn = 0; turn <= rounds; turn++) {
    for (const { work, clock, processor } of turn % 2 === 0 ? forwards : backwards) {
      const before = process.cpuUsage();
      const { ms } = await timed(async () => work());
      const { user, system } = process.cpuUsage(before);
      if (turn === 0) continue;
      clock.push(ms);
      processor.push((user + system) / 1000);
    }
  }
  return forwards;
}

/** Milliseconds of each time that a way was gone: by the clock, and of the processor for all threads together. */
interface Timed extends Way {
  readonly clock: readonly number[];
  readonly processor: readonly number[];
}

function table(title: string, trials: readonly Timed[]): Table {
  const rows = trials.map(({ name, medianMsMax, clock, processor }) => {
    const middle = median(processor);
    const target = medianMsMax === undefined ? "" : `≤ ${medianMsMax}: ${middle <= medianMsMax ? "reached" : "MISSED"}`;
    return [name, clock.length, ...[middle, Math.min(...processor), median(clock)].map((ms) => round(ms, 2)), target];
  });
  return {
    title,
    columns: ["way", "times", "processor, median", "processor, least", "clock, median", "target"],
    rows,
    notes: ["A drawn photograph; one process, whose processor time decides; the ways took turns."],
  };
}
