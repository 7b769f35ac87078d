import { createHash, randomUUID } from "node:crypto";
import pLimit from "p-limit";
import { type Expected, readObject } from "../images/read-object.ts";
import type { ArchiveWriter, BackupRow, Bucket, Catalog, LibrarySnapshot, StagedFile, Staging } from "../ports.ts";
import { type ImageObjects, listOf, objectsOf } from "./backup-objects.ts";
import {
  endName,
  manifestName,
  manifestSums,
  manifestSumsName,
  objectsFolder,
  partNames,
  sha256Of,
  writeEnd,
  writeManifest,
  writeRows,
  writeSums,
} from "./format.ts";
import type { FormerPictures } from "./former-pictures.ts";

/** What backing up works with. */
export interface BackupPorts {
  readonly catalog: Pick<Catalog, "backups" | "records">;
  readonly bucket: Bucket;
  readonly staging: Staging;
  readonly archive: ArchiveWriter;
  /** What an interrupted backup to the same file has. */
  readonly former: FormerPictures | undefined;
}

/** How far a backup has come. */
export interface BackupProgress {
  readonly images: number;
  readonly imagesTotal: number;
  readonly objects: number;
  /** Of those objects. */
  readonly bytes: number;
  /** Objects that were taken from an interrupted backup. */
  readonly reused: number;
  /** Images that were deleted while the backup ran, and are not in it. */
  readonly deletedMeanwhile: number;
}

/** An object that the library should have and has not, or not whole. */
export interface BackupProblem {
  readonly imageId: string;
  readonly key: string;
  readonly detail: string;
}

/** What came of a backup. */
export interface BackupReport extends BackupProgress {
  readonly id: string;
  readonly takenAt: Date;
  /** Rows, as the manifest says. */
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly BackupProblem[];
}

/** How to back up. */
export interface BackupOptions {
  /** Of the program. */
  readonly version: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: BackupProgress) => void;
}

const fetchesAtOnce = 8;

/**
 * Writes the library as it is now, whatever happens meanwhile: rows as one transaction sees them, each image's objects with them. An image that is deleted before
 * its objects were read is left out with its rows. So is one whose original is lost or damaged, which is told; of one with a bad
 * thumbnail the rest is kept, which is told too. Throws when database or bucket cannot be read, and the signal's reason; the archive is the caller's to end.
 */
export function backUpLibrary(ports: BackupPorts, options: BackupOptions): Promise<BackupReport> {
  return ports.catalog.backups.snapshot((snapshot) => new Backup(ports, options, snapshot).run());
}

/** `lost`: the library has it no longer, or not whole; `deleted`: together with its image. */
type FetchedObject =
  | { readonly kind: "whole"; readonly file: StagedFile }
  | { readonly kind: "deleted" }
  | { readonly kind: "lost" };

/** The objects of an image, on local disk. */
interface FetchedImage {
  readonly imageId: string;
  readonly files: readonly { readonly key: string; readonly file: StagedFile }[];
}

class Backup {
  readonly #ports: BackupPorts;
  readonly #options: BackupOptions;
  readonly #snapshot: LibrarySnapshot;
  readonly #id = randomUUID();
  readonly #allSums = createHash("sha256");
  readonly #problems: BackupProblem[] = [];
  readonly #seen = { parts: 0, images: 0, objects: 0, bytes: 0, reused: 0, deletedMeanwhile: 0 };

  constructor(ports: BackupPorts, options: BackupOptions, snapshot: LibrarySnapshot) {
    this.#ports = ports;
    this.#options = options;
    this.#snapshot = snapshot;
  }

  async run(): Promise<BackupReport> {
    const { archive, catalog } = this.#ports;
    const { takenAt, counts } = this.#snapshot;
    const manifest = { id: this.#id, schema: catalog.backups.schema, utsuru: this.#options.version, takenAt, counts };
    const content = writeManifest(manifest);
    await archive.add(manifestName, { content });
    await this.#addSums(manifestSumsName, manifestSums(content));
    for await (const rows of this.#snapshot.parts()) await this.#addPart(rows);
    const { parts, images, objects, bytes } = this.#seen;
    const end = { parts, images, objects, bytes, sums: this.#allSums.digest("hex") };
    await archive.add(endName, { content: writeEnd(end) });
    return { ...this.#progress(), id: this.#id, takenAt, counts, problems: this.#problems };
  }

  #progress(): BackupProgress {
    const { parts: _, ...seen } = this.#seen;
    return { ...seen, imagesTotal: this.#snapshot.counts.images ?? 0 };
  }

  async #addPart(rows: readonly BackupRow[]): Promise<void> {
    this.#options.signal.throwIfAborted();
    const wanted = objectsOf(rows, "the database");
    const fetched = await this.#fetchAll(wanted);
    try {
      const there = new Set(fetched.map(({ imageId }) => imageId));
      const lacking = new Set(wanted.map(({ imageId }) => imageId).filter((id) => !there.has(id)));
      await this.#write(
        rows.filter(({ row }) => !lacking.has(String(row.image_id ?? row.id))),
        fetched,
      );
    } finally {
      await this.#discard(fetched);
    }
    this.#options.onProgress(this.#progress());
  }

  async #write(rows: readonly BackupRow[], fetched: readonly FetchedImage[]): Promise<void> {
    const { archive } = this.#ports;
    const names = partNames(this.#seen.parts + 1);
    const content = writeRows(rows);
    const files = fetched.flatMap((image) => image.files);
    const sums = writeSums([
      { name: names.rows, sha256: sha256Of(content) },
      ...files.map(({ key, file }) => ({ name: objectsFolder + key, sha256: file.sha256 })),
    ]);
    await this.#addSums(names.sums, sums);
    await archive.add(names.rows, { content });
    for (const { key, file } of files) {
      await archive.add(objectsFolder + key, { file });
      this.#seen.objects += 1;
      this.#seen.bytes += file.bytes;
    }
    this.#seen.parts += 1;
    this.#seen.images += fetched.length;
  }

  async #addSums(name: string, content: Buffer): Promise<void> {
    this.#allSums.update(content);
    await this.#ports.archive.add(name, { content });
  }

  /** Those that are there, in their order; what the interrupted backup has first, since that is read once and in order. */
  async #fetchAll(wanted: readonly ImageObjects[]): Promise<FetchedImage[]> {
    const limit = pLimit(fetchesAtOnce);
    const former: ReadonlyMap<string, StagedFile> = await this.#takeFormer(wanted);
    const outcomes = await Promise.allSettled(wanted.map((image) => limit(() => this.#fetchImage(image, former))));
    const fetched = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    const whole = fetched.filter((image) => image !== undefined);
    if (!failed) return whole;
    await this.#discard(whole);
    throw failed.reason;
  }

  async #takeFormer(wanted: readonly ImageObjects[]): Promise<Map<string, StagedFile>> {
    const { former } = this.#ports;
    const taken = new Map<string, StagedFile>();
    if (!former) return taken;
    for (const image of wanted) {
      for (const expected of listOf(image)) {
        const file = await former.take(image.imageId, expected, this.#options.signal);
        if (file) taken.set(expected.key, file);
      }
    }
    return taken;
  }

  /** The image's objects; `undefined` when it cannot be in the backup. */
  async #fetchImage(
    { imageId, original, thumbnail }: ImageObjects,
    former: ReadonlyMap<string, StagedFile>,
  ): Promise<FetchedImage | undefined> {
    const first = await this.#fetch(imageId, original, former);
    if (first.kind !== "whole") return this.#countGone(first);
    const files = [{ key: original.key, file: first.file }];
    if (!thumbnail) return { imageId, files };
    const second = await this.#fetch(imageId, thumbnail, former);
    if (second.kind === "deleted") {
      await this.#ports.staging.discard(first.file);
      return this.#countGone(second);
    }
    if (second.kind === "whole") files.push({ key: thumbnail.key, file: second.file });
    return { imageId, files };
  }

  #countGone({ kind }: FetchedObject): undefined {
    if (kind === "deleted") this.#seen.deletedMeanwhile += 1;
    return undefined;
  }

  /** The object, whole, on local disk; when the library should have it and has not, that is noted. */
  async #fetch(imageId: string, expected: Expected, former: ReadonlyMap<string, StagedFile>): Promise<FetchedObject> {
    const known = former.get(expected.key);
    if (known) {
      this.#seen.reused += 1;
      return { kind: "whole", file: known };
    }
    const { signal } = this.#options;
    signal.throwIfAborted();
    const found = await readObject(this.#ports, expected, signal);
    if (found.kind === "whole") return found;
    const reasons = await this.#ports.catalog.records.reasons([expected.key]);
    if (reasons.get(expected.key) !== "image") return { kind: "deleted" };
    const what = found.kind === "missing" ? "The bucket does not have it" : `It ${found.detail}`;
    this.#problems.push({ imageId, key: expected.key, detail: `${what}.` });
    return { kind: "lost" };
  }

  async #discard(fetched: readonly FetchedImage[]): Promise<void> {
    for (const { files } of fetched) for (const { file } of files) await this.#ports.staging.discard(file);
  }
}
