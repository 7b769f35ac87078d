import pLimit from "p-limit";
import { StartError } from "../errors.ts";
import { mediaTypes } from "../images/media-types.ts";
import type { BackupRow, Bucket, Catalog, Format, Staging, StoredObject } from "../ports.ts";
import { listOf } from "./backup-objects.ts";
import { damaged, objectsFolder } from "./format.ts";
import type { BackedUpObject, BackupPart, OpenBackup } from "./read-backup.ts";

/** What restoring works with. */
export interface RestorePorts {
  readonly catalog: Pick<Catalog, "backups">;
  readonly bucket: Bucket;
  readonly staging: Staging;
}

/** How far a restore has come. */
export interface RestoreProgress {
  readonly images: number;
  readonly imagesTotal: number;
  readonly objects: number;
  readonly bytes: number;
  /** Images that an earlier run brought in. */
  readonly present: number;
  /** Images whose owner has uploaded the same file here meanwhile. */
  readonly passedOver: number;
  /** Images whose thumbnail the backup should have and has not. */
  readonly withoutThumbnail: number;
}

/** What came of a restore. */
export interface RestoreReport extends RestoreProgress {
  readonly backupId: string;
  readonly takenAt: Date;
  /** When an earlier run had restored all of it. */
  readonly restoredBefore: Date | undefined;
}

/** How to restore. */
export interface RestoreOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RestoreProgress) => void;
}

const putsAtOnce = 8;

/**
 * Restores a backup part by part: its objects are put, each compared with its checksum, then its rows are added in one transaction. So a
 * run that ends early leaves whole images only, and the next one goes on after the last whole part. Throws `StartError` for a file that is
 * damaged or of a newer program, for a library that has anything else, and the signal's reason.
 */
export async function restoreLibrary(
  ports: RestorePorts,
  backup: OpenBackup,
  options: RestoreOptions,
): Promise<RestoreReport> {
  refuseNewer(backup, ports.catalog.backups.schema);
  return new Restore(ports, options, backup).run();
}

/** Columns that rows of an older schema lack have their defaults; a newer one may mean what we do not know. */
export function refuseNewer({ manifest }: OpenBackup, schema: number): void {
  if (manifest.schema > schema)
    throw new StartError(
      `The backup was made by a newer Utsuru (${manifest.utsuru}, schema ${manifest.schema}; this one has schema ${schema}): take that version, or a newer one.`,
    );
}

class Restore {
  readonly #ports: RestorePorts;
  readonly #options: RestoreOptions;
  readonly #backup: OpenBackup;
  readonly #seen = { images: 0, objects: 0, bytes: 0, present: 0, passedOver: 0, withoutThumbnail: 0 };

  constructor(ports: RestorePorts, options: RestoreOptions, backup: OpenBackup) {
    this.#ports = ports;
    this.#options = options;
    this.#backup = backup;
  }

  async run(): Promise<RestoreReport> {
    const { backups } = this.#ports.catalog;
    const { id } = this.#backup.manifest;
    const { parts: partsThere, endedAt } = await backups.begin(id);
    if (endedAt) return this.#report(endedAt);
    for await (const part of this.#backup.parts()) {
      this.#options.signal.throwIfAborted();
      this.#seen.images += part.images.length;
      if (part.number <= partsThere) this.#seen.present += part.images.length;
      else await this.#restorePart(part);
      this.#options.onProgress(this.#progress());
    }
    await backups.finish(id);
    return this.#report(undefined);
  }

  #progress(): RestoreProgress {
    return { ...this.#seen, imagesTotal: this.#backup.manifest.counts.images ?? 0 };
  }

  #report(restoredBefore: Date | undefined): RestoreReport {
    const { id, takenAt } = this.#backup.manifest;
    return { ...this.#progress(), backupId: id, takenAt, restoredBefore };
  }

  async #restorePart({ number, rows, images, objects }: BackupPart): Promise<void> {
    const { backups } = this.#ports.catalog;
    const backupId = this.#backup.manifest.id;
    const keys = images.flatMap(listOf).map(({ key }) => key);
    if (keys.length > 0) await backups.notePuts(backupId, keys);
    const stored = await this.#putAll(objects(), formatsOf(rows));
    const added = await backups.addPart({ backupId, number, rows: withGenerations(rows, stored) });
    this.#seen.passedOver += added.passedOver;
    this.#seen.withoutThumbnail += keys.length - stored.size;
  }

  /** Puts a part's objects as they come out of the file, several at once; those that are there already, whole, stay. */
  async #putAll(
    objects: AsyncIterable<BackedUpObject>,
    formats: ReadonlyMap<string, Format>,
  ): Promise<ReadonlyMap<string, StoredObject>> {
    const limit = pLimit(putsAtOnce);
    const puts: Promise<StoredObject>[] = [];
    try {
      for await (const object of objects) {
        const file = await this.#stage(object);
        const { key } = object.expected;
        const format = formats.get(key);
        const put = limit(() => this.#put(key, file, format ? mediaTypes[format] : "image/webp"));
        put.catch(() => {}); // awaited below, with all others
        puts.push(put);
      }
    } finally {
      await Promise.allSettled(puts);
    }
    return new Map((await Promise.all(puts)).map((stored) => [stored.key, stored]));
  }

  async #stage({ expected, stream }: BackedUpObject): ReturnType<Staging["stage"]> {
    const { signal } = this.#options;
    const file = await this.#ports.staging.stage(stream, { bytesMax: expected.bytes, signal });
    if (file.sha256 === expected.sha256) return file;
    await this.#ports.staging.discard(file);
    throw damaged(objectsFolder + expected.key);
  }

  async #put(key: string, file: Awaited<ReturnType<Staging["stage"]>>, contentType: string): Promise<StoredObject> {
    try {
      const stored = await this.#ports.bucket.put(key, { file }, { contentType, signal: this.#options.signal });
      this.#seen.objects += 1;
      this.#seen.bytes += file.bytes;
      return stored;
    } finally {
      await this.#ports.staging.discard(file);
    }
  }
}

function formatsOf(rows: readonly BackupRow[]): ReadonlyMap<string, Format> {
  return new Map(
    rows
      .filter(({ table }) => table === "image_data")
      .map(({ row }) => [String(row.original_key), row.format as Format]),
  );
}

/** The rows with what the new store answered in place of what the old one had. */
function withGenerations(rows: readonly BackupRow[], stored: ReadonlyMap<string, StoredObject>): BackupRow[] {
  const generationOf = (key: unknown): string | null => stored.get(String(key))?.generation ?? null;
  return rows.map(({ table, row }) => {
    if (table !== "image_data") return { table, row };
    const original_generation = generationOf(row.original_key);
    return { table, row: { ...row, original_generation, thumbnail_generation: generationOf(row.thumbnail_key) } };
  });
}
