import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Header, pack } from "tar-stream";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { readTar } from "../archives/tar-reader.ts";
import { StartError } from "../errors.ts";
import { imageKeys } from "../images/image-keys.ts";
import type { BackupRow } from "../ports.ts";
import { checkBackup } from "./check-backup.ts";
import {
  endName,
  manifestName,
  manifestSums,
  manifestSumsName,
  partNames,
  sha256Of,
  writeEnd,
  writeManifest,
  writeRows,
  writeSums,
} from "./format.ts";
import { openBackup } from "./read-backup.ts";
import { restoreLibrary } from "./restore-library.ts";
import { addImage, addPerson, backUp, contentOf, emptyLibrary, type Library } from "./testing/small-library.ts";

const options = { signal: new AbortController().signal, onProgress: () => {} };

/** The bytes in pieces, as a disk gives them. */
async function* inPieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 4096) yield bytes.subarray(at, at + 4096);
}

/** All that a backup says, digested; rejects as reading it does. */
async function saidBy(bytes: Uint8Array): Promise<string> {
  const hash = createHash("sha256");
  const backup = await openBackup(readTar(inPieces(bytes), "test"));
  hash.update(JSON.stringify(backup.manifest));
  for await (const { rows } of backup.parts()) hash.update(JSON.stringify(rows));
  await checkBackup(readTar(inPieces(bytes), "test"), { ...options, schema: 99 });
  return hash.digest("hex");
}

async function backupOfTwo(t: TestContext): Promise<Buffer> {
  const library = await emptyLibrary(t);
  const ada = await addPerson(library);
  for (let at = 0; at < 2; at++) await addImage(library, ada);
  const file = join(await temporaryFolder(t), "library.tar");
  await backUp(library, file);
  return readFile(file);
}

const clearWords = /not a backup|not whole|damaged|format|no file|schema/;

test("wherever a bit is turned over, the backup is refused in words, or says the same", async (t) => {
  const bytes = await backupOfTwo(t);
  const said = await saidBy(bytes);
  let refused = 0;
  for (let at = 0; at < bytes.length; at += 13) {
    const changed = Buffer.from(bytes);
    changed[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    try {
      assert.equal(await saidBy(changed), said, `byte ${at}`);
    } catch (error) {
      assert.ok(error instanceof StartError, `byte ${at}: ${String(error)}`);
      assert.match(error.message, clearWords, `byte ${at}`);
      refused += 1;
    }
  }
  // What is left is the room that tar fills up with zeros.
  assert.ok(refused > bytes.length / 13 / 3, `${refused} refused`);
});

test("wherever the file is cut off, it is not taken for whole", async (t) => {
  const bytes = await backupOfTwo(t);
  const end = bytes.indexOf(endName);
  for (let length = 0; length < end + 512; length += 331)
    await assert.rejects(saidBy(bytes.subarray(0, length)), { name: "StartError", message: clearWords }, `${length}`);
});

test("other files are refused as what they are", async () => {
  const refused = (bytes: Buffer) =>
    assert.rejects(saidBy(bytes), /^StartError: The file is not a backup of Utsuru\.$/);
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(4096), Buffer.from("GIF89a"), Buffer.alloc(9999, "x")])
    await refused(bytes);
  await refused(await tarOf([{ name: "README", content: "hello" }]));
  await refused(await tarOf([{ name: manifestName, content: '{"format":"other"}' }]));
  const next = { format: "utsuru-backup", version: 2 };
  await assert.rejects(saidBy(await tarOf([{ name: manifestName, content: JSON.stringify(next) }])), /is of format 2/);
});

interface TarFile extends Partial<Header> {
  readonly name: string;
  readonly content?: string | Buffer;
}

/** A tar archive of these files; with a `size` but no content one whose header lies. */
async function tarOf(files: readonly TarFile[]): Promise<Buffer> {
  const archive = pack();
  const chunks: Buffer[] = [];
  for (const { content, ...header } of files) archive.entry(header, content ?? Buffer.alloc(0));
  archive.finalize();
  for await (const chunk of archive) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const manifest = { id: randomUUID(), schema: 7, utsuru: "0.1.0", takenAt: new Date(), counts: { images: 1 } };
const original = Buffer.from("original");
const thumbnail = Buffer.from("thumbnail");

/** What someone who writes backups by hand can choose. */
interface Forged {
  readonly change?: (rows: BackupRow[]) => BackupRow[];
  readonly keys?: { readonly original: string; readonly thumbnail: string };
  readonly schema?: number;
}

/** A backup of one image, made by hand, with every checksum as it should be. */
function forgedFiles({ change = (rows) => rows, keys: chosen, schema = manifest.schema }: Forged = {}): TarFile[] {
  const [userId, id, now] = [randomUUID(), randomUUID(), new Date().toISOString()];
  const keys = chosen ?? imageKeys(sha256Of(original), id);
  const user = { id: userId, email: "a@b.c", email_key: "a@b.c", password_hash: "x", created_at: now };
  const image = {
    id,
    owner_id: userId,
    visibility: "public",
    file: "a",
    sha256: `\\x${sha256Of(original)}`,
    created_at: now,
  };
  const data = {
    ...{ image_id: id, format: "jpeg", width: 1, height: 1, bytes: original.length, original_key: keys.original },
    ...{
      thumbnail_key: keys.thumbnail,
      thumbnail_bytes: thumbnail.length,
      thumbnail_sha256: `\\x${sha256Of(thumbnail)}`,
    },
  };
  const rows = change([
    { table: "users", row: user },
    { table: "images", row: image },
    { table: "image_data", row: data },
  ]);
  const content = writeRows(rows);
  const objects = [
    { name: `objects/${keys.original}`, content: original },
    { name: `objects/${keys.thumbnail}`, content: thumbnail },
  ];
  const names = partNames(1);
  const sums = writeSums([
    { name: names.rows, sha256: sha256Of(content) },
    ...objects.map((object) => ({ name: object.name, sha256: sha256Of(object.content) })),
  ]);
  const head = writeManifest({ ...manifest, schema });
  const headSums = manifestSums(head);
  const bytes = original.length + thumbnail.length;
  const end = { parts: 1, images: 1, objects: 2, bytes, sums: sha256Of(Buffer.concat([headSums, sums])) };
  return [
    { name: manifestName, content: head },
    { name: manifestSumsName, content: headSums },
    { name: names.sums, content: sums },
    { name: names.rows, content },
    ...objects,
    { name: endName, content: writeEnd(end) },
  ];
}

async function restoreForged(library: Library, files: readonly TarFile[]): ReturnType<typeof restoreLibrary> {
  return restoreLibrary(library, await openBackup(readTar(inPieces(await tarOf(files)), "test")), options);
}

test("a backup of an older schema is restored: what its rows lack has its default", async (t) => {
  const library = await emptyLibrary(t);
  await restoreForged(library, forgedFiles({ schema: 1 }));
  assert.equal((await contentOf(library)).length, 1);
  const newer = forgedFiles({ schema: library.catalog.backups.schema + 1 });
  await assert.rejects(restoreForged(await emptyLibrary(t), newer), /was made by a newer Utsuru/);
});

/** Changes a row of a table. */
function withRow(table: string, more: object): Forged {
  return { change: (rows) => rows.map((one) => (one.table === table ? { table, row: { ...one.row, ...more } } : one)) };
}

const elsewhere = { original: "../../etc/passwd", thumbnail: "thumbnails/x" };
const files = forgedFiles();
const after = (at: number, file: TarFile): TarFile[] => [...files.slice(0, at), file, ...files.slice(at)];

const hostile: Readonly<Record<string, readonly TarFile[]>> = {
  "a key outside of its place": forgedFiles({ keys: elsewhere }),
  "another image's key": forgedFiles({ keys: imageKeys(sha256Of(original), randomUUID()) }),
  "a key that is no text": forgedFiles(withRow("image_data", { original_key: { toString: "x" } })),
  "an id that is none": forgedFiles(withRow("images", { id: "../x" })),
  "a size that is none": forgedFiles(withRow("image_data", { bytes: -1 })),
  "a size that is not the file's": forgedFiles(withRow("image_data", { bytes: 1e15 })),
  "SQL as a column": forgedFiles(withRow("users", { "id) select 1; drop table users; --": 1 })),
  "a column that is not known": forgedFiles(withRow("users", { audience: 1 })),
  "a value of another type": forgedFiles(withRow("users", { created_at: "never" })),
  "a value that cannot be": forgedFiles(withRow("images", { visibility: "everyone" })),
  "a text with a zero byte": forgedFiles(withRow("images", { file: "a\0b" })),
  "an owner who is not there": forgedFiles(withRow("images", { owner_id: randomUUID() })),
  "the same image twice": forgedFiles({ change: (rows) => [...rows, ...rows.slice(1)] }),
  "a table that is not known": forgedFiles({ change: (rows) => [...rows, { table: "pg_authid", row: {} }] }),
  "an image without data": forgedFiles({ change: (rows) => rows.filter(({ table }) => table !== "image_data") }),
  "a file that climbs": after(3, { name: "../../../tmp/climbed", content: "x" }),
  "an absolute file": after(3, { name: "/tmp/climbed", content: "x" }),
  "a symbolic link": after(4, { name: files[4]?.name ?? "", type: "symlink", linkname: "/etc/passwd" }),
  "a hard link": after(4, { name: files[4]?.name ?? "", type: "link", linkname: "/etc/passwd" }),
  "a device": after(1, { name: "parts/00000001.sha256", type: "character-device" }),
  "a folder": after(0, { name: "objects", type: "directory" }),
  "the same file twice": after(4, files[4] as TarFile),
  "no objects": [...files.slice(0, 4), ...files.slice(-1)],
};

test("a backup that was made to do harm is refused, and no image comes of it", async (t) => {
  const library = await emptyLibrary(t);
  for (const [what, forged] of Object.entries(hostile)) {
    await assert.rejects(restoreForged(library, forged), { name: "StartError" }, what);
    assert.equal(await library.catalog.records.count(), 0, what);
  }
  assert.equal(existsSync("/tmp/climbed"), false);
});

test("a backup without its end, or with more after it, is not said to be restored", async (t) => {
  for (const forged of [files.slice(0, -1), [...files, { name: "more", content: "x" }]]) {
    const library = await emptyLibrary(t);
    await assert.rejects(restoreForged(library, forged), /not whole|damaged/);
    assert.equal((await restoreForged(library, files)).present, 1);
  }
});

test("a file that says it has more than it may is refused before it is read", async () => {
  const huge = await tarOf([{ name: manifestName, content: Buffer.alloc(65 * 1024 * 1024) }]);
  await assert.rejects(saidBy(huge), /damaged/);
});
