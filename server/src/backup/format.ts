import { createHash } from "node:crypto";
import { StartError } from "../errors.ts";
import type { BackupRow } from "../ports.ts";

/** What a backup's files are called and how they are written: docs/backup.md. */
export const formatVersion = 1;
export const manifestName = "utsuru-backup.json";
export const endName = "end.json";
export const objectsFolder = "objects/";
/** The checksum of the manifest, before all parts. */
export const manifestSumsName = "parts/00000000.sha256";

/** The first file of a backup. */
export interface Manifest {
  /** Of this backup alone. */
  readonly id: string;
  /** Which migrations the rows are of. */
  readonly schema: number;
  /** The version of the program that wrote it. */
  readonly utsuru: string;
  readonly takenAt: Date;
  /** Rows by table, before those were left out whose images were deleted or lost. */
  readonly counts: Readonly<Record<string, number>>;
}

/** The last file of a backup: a file without it was cut off. */
export interface End {
  readonly parts: number;
  readonly images: number;
  readonly objects: number;
  /** Of all objects. */
  readonly bytes: number;
  /** SHA-256 over all checksum files, one after the other: 64 hexadecimal digits. */
  readonly sums: string;
}

/** One line of a part's checksum file. */
export interface Sum {
  readonly name: string;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/** What a part's files are called, from 1. */
export function partNames(number: number): { readonly rows: string; readonly sums: string } {
  const name = `parts/${String(number).padStart(8, "0")}`;
  return { rows: `${name}.ndjson`, sums: `${name}.sha256` };
}

export function sha256Of(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Of a manifest as it is written. */
export function manifestSums(content: Uint8Array): Buffer {
  return writeSums([{ name: manifestName, sha256: sha256Of(content) }]);
}

export function writeManifest({ takenAt, ...manifest }: Manifest): Buffer {
  const what = { format: "utsuru-backup", version: formatVersion, ...manifest, takenAt: takenAt.toISOString() };
  return Buffer.from(`${JSON.stringify(what, undefined, 2)}\n`);
}

/** Reads what {@link writeManifest} wrote. Throws `StartError` when it is of a format that is not known. */
export function readManifest(content: Uint8Array): Manifest {
  const found = parseObject(content);
  if (found?.format !== "utsuru-backup") throw notABackup();
  const { version, id, schema, utsuru, takenAt, counts } = found;
  if (version !== formatVersion)
    throw new StartError(
      `The backup is of format ${String(version)}, which this Utsuru does not know: it reads format ${formatVersion}. Take the version that wrote it, or a newer one.`,
    );
  const time = new Date(String(takenAt));
  if (!isUuid(id) || !isCount(schema) || typeof utsuru !== "string" || Number.isNaN(time.getTime()))
    throw damaged(manifestName);
  if (!isRecord(counts) || !Object.values(counts).every(isCount)) throw damaged(manifestName);
  return { id, schema, utsuru, takenAt: time, counts: counts as Record<string, number> };
}

export function writeEnd(end: End): Buffer {
  return Buffer.from(`${JSON.stringify(end, undefined, 2)}\n`);
}

export function readEnd(content: Uint8Array): End {
  const found = parseObject(content);
  const { parts, images, objects, bytes, sums } = found ?? {};
  if (!isCount(parts) || !isCount(images) || !isCount(objects) || !isCount(bytes) || typeof sums !== "string")
    throw damaged(endName);
  return { parts, images, objects, bytes, sums };
}

/** As `sha256sum` writes and checks it. */
export function writeSums(sums: readonly Sum[]): Buffer {
  return Buffer.from(sums.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(""));
}

export function readSums(content: Uint8Array, name: string): Sum[] {
  const lines = Buffer.from(content).toString("latin1").split("\n");
  if (lines.pop() !== "") throw damaged(name);
  return lines.map((line) => {
    const [, sha256, of] = /^([0-9a-f]{64}) {2}([A-Za-z0-9._/-]+)$/.exec(line) ?? [];
    if (sha256 === undefined || of === undefined) throw damaged(name);
    return { name: of, sha256 };
  });
}

/** A row a line: `{"table":"images","row":{…}}`. */
export function writeRows(rows: readonly BackupRow[]): Buffer {
  return Buffer.from(rows.map(({ table, row }) => `${JSON.stringify({ table, row })}\n`).join(""));
}

export function readRows(content: Uint8Array, name: string): BackupRow[] {
  const lines = Buffer.from(content).toString("utf8").split("\n");
  if (lines.pop() !== "") throw damaged(name);
  return lines.map((line) => {
    const found = parseObject(Buffer.from(line));
    if (typeof found?.table !== "string" || !isRecord(found.row)) throw damaged(name);
    return { table: found.table, row: found.row };
  });
}

function parseObject(content: Uint8Array): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(Buffer.from(content).toString("utf8"));
    return isRecord(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

export function isUuid(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}

export function notABackup(cause?: unknown): StartError {
  return new StartError("The file is not a backup of Utsuru.", { cause });
}

export function cutOff(cause?: unknown): StartError {
  return new StartError("The backup is not whole: it ends before its end.", { cause });
}

export function damaged(name: string, cause?: unknown): StartError {
  return new StartError(`The backup is damaged: ${name} is not what was written.`, { cause });
}
