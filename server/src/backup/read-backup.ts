import { createHash, type Hash } from "node:crypto";
import { ArchiveError } from "../errors.ts";
import type { Expected } from "../images/read-object.ts";
import type { ArchiveEntry, BackupRow } from "../ports.ts";
import { type ImageObjects, objectsOf } from "./backup-objects.ts";
import {
  cutOff,
  damaged,
  type End,
  endName,
  type Manifest,
  manifestName,
  manifestSums,
  manifestSumsName,
  notABackup,
  objectsFolder,
  partNames,
  readEnd,
  readManifest,
  readRows,
  readSums,
  type Sum,
  sha256Of,
} from "./format.ts";

/** Longest texts that are held: what a part may have is far below. */
const textBytesMax = 64 * 1024 * 1024;

/** An object as it comes out of the file. Whoever reads the bytes compares them with what is expected. */
export interface BackedUpObject {
  readonly expected: Expected;
  readonly stream: AsyncIterable<Uint8Array>;
}

/** A part of a backup, its rows compared with their checksum. */
export interface BackupPart {
  /** From 1. */
  readonly number: number;
  readonly rows: readonly BackupRow[];
  readonly images: readonly ImageObjects[];
  /** Every object that the part has, in its order, to be read once; those that are not asked for are passed over. */
  objects(): AsyncIterable<BackedUpObject>;
}

/** A backup that is being read. */
export interface OpenBackup {
  readonly manifest: Manifest;
  /** Every part, then makes sure that nothing is missing. Throws `StartError` for a file that was cut off or changed. */
  parts(): AsyncIterable<BackupPart>;
}

/**
 * Begins to read a backup. Names and order of its files are fixed, so that each is expected before it comes: nothing else is read.
 * Throws `StartError` for a file that is no backup, or of a format that is not known.
 */
export async function openBackup(archive: AsyncIterable<ArchiveEntry>): Promise<OpenBackup> {
  const entries = archive[Symbol.asyncIterator]();
  const first = await entries.next().catch((error: unknown) => {
    throw error instanceof ArchiveError ? notABackup(error) : error;
  });
  if (first.done || first.value.name !== manifestName) throw notABackup();
  const content = await readText(first.value);
  const manifest = readManifest(content);
  const sums = await nextOf(entries);
  const text = await readText(sums);
  if (sums.name !== manifestSumsName || !text.equals(manifestSums(content))) throw damaged(manifestName);
  return { manifest, parts: () => readParts(entries, createHash("sha256").update(text)) };
}

/** `allSums` has digested what came before. */
async function* readParts(entries: AsyncIterator<ArchiveEntry>, allSums: Hash): AsyncIterable<BackupPart> {
  const seen = { parts: 0, images: 0, objects: 0, bytes: 0 };
  for (;;) {
    const names = partNames(seen.parts + 1);
    const entry = await nextOf(entries);
    if (entry.name === endName) {
      await compareEnd(entries, readEnd(await readText(entry)), { ...seen, sums: allSums.digest("hex") });
      return;
    }
    if (entry.name !== names.sums) throw damaged(entry.name);
    const text = await readText(entry);
    allSums.update(text);
    const part = await readPart(entries, { number: seen.parts + 1, sums: readSums(text, names.sums) });
    const objects = part.expected[Symbol.iterator]();
    yield { ...part, objects: () => readObjects(entries, objects) };
    for await (const { stream } of readObjects(entries, objects)) for await (const _ of stream);
    seen.parts += 1;
    seen.images += part.images.length;
    seen.objects += part.expected.length;
    for (const { bytes } of part.expected) seen.bytes += bytes;
  }
}

async function readPart(
  entries: AsyncIterator<ArchiveEntry>,
  { number, sums: [rowsSum, ...sums] }: { readonly number: number; readonly sums: readonly Sum[] },
) {
  const name = partNames(number).rows;
  const entry = await nextOf(entries);
  if (entry.name !== name || rowsSum?.name !== name) throw damaged(entry.name);
  const content = await readText(entry);
  if (sha256Of(content) !== rowsSum.sha256) throw damaged(name);
  const rows = readRows(content, name);
  const images = objectsOf(rows, name);
  return { number, rows, images, expected: expectedOf(images, { sums, number }) };
}

/** The objects that the part says it has: every original of its images, and those thumbnails that were there. */
function expectedOf(
  images: readonly ImageObjects[],
  { sums, number }: { readonly sums: readonly Sum[]; readonly number: number },
): Expected[] {
  const listed = new Map(sums.map(({ name, sha256 }) => [name, sha256]));
  const isListed = ({ key, sha256 }: Expected): boolean => listed.get(objectsFolder + key) === sha256;
  const expected = images.flatMap(({ original, thumbnail }) =>
    thumbnail && isListed(thumbnail) ? [original, thumbnail] : [original],
  );
  if (listed.size !== sums.length || expected.length !== sums.length || !expected.every(isListed))
    throw damaged(partNames(number).sums);
  return expected;
}

async function* readObjects(
  entries: AsyncIterator<ArchiveEntry>,
  objects: Iterator<Expected>,
): AsyncIterable<BackedUpObject> {
  for (let { done, value } = objects.next(); !done; { done, value } = objects.next()) {
    const expected: Expected = value;
    const entry = await nextOf(entries);
    if (entry.name !== objectsFolder + expected.key || entry.bytes !== expected.bytes) throw damaged(entry.name);
    yield { expected, stream: entry.stream };
  }
}

async function compareEnd(entries: AsyncIterator<ArchiveEntry>, said: End, seen: End): Promise<void> {
  const keys = ["parts", "images", "objects", "bytes", "sums"] as const;
  if (keys.some((key) => said[key] !== seen[key])) throw damaged(endName);
  const { done, value } = await entries.next();
  if (!done) throw damaged(value.name);
}

async function nextOf(entries: AsyncIterator<ArchiveEntry>): Promise<ArchiveEntry> {
  const { done, value } = await entries.next();
  if (done) throw cutOff();
  return value;
}

async function readText({ name, bytes, stream }: ArchiveEntry): Promise<Buffer> {
  if (bytes > textBytesMax) throw damaged(name);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
