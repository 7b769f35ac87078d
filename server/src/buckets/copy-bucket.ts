import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Bucket, CopyFault, CopyProgress, CopyReport, StagedFile } from "../ports.ts";
import { withFolderFailures } from "./folder-failure.ts";

/** How to copy. */
export interface CopyOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Objects under way at once. */
  readonly concurrency?: number;
  /** `checksum`: what is there already with the same size is read and compared too. */
  readonly verify?: "size" | "checksum";
  readonly contentTypeOf?: (key: string) => string;
}

const faultsMax = 100;

/**
 * Copies every object of one bucket into another that keeps what it has: what is there with the same size is passed over, so a second run goes on
 * where the first ended. Each object is read whole to local disk, digested, put, and refused by the target when its bytes differ.
 * Objects that fail are reported and do not stop the rest; throws when a list fails, and the signal's reason.
 */
export async function copyBucket(from: Bucket, to: Bucket, options: CopyOptions): Promise<CopyReport> {
  const folder = await withFolderFailures(() => mkdtemp(join(tmpdir(), "utsuru-copy-")));
  try {
    const copy = new Copy({ from, to, folder, options });
    await copy.run(options.concurrency ?? 8);
    return copy.report();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface CopyParts {
  readonly from: Bucket;
  readonly to: Bucket;
  readonly folder: string;
  readonly options: CopyOptions;
}

class Copy {
  readonly #parts: CopyParts;
  readonly #faults: CopyFault[] = [];
  #copied = 0;
  #present = 0;
  #failed = 0;
  #bytesCopied = 0;

  constructor(parts: CopyParts) {
    this.#parts = parts;
  }

  report(): CopyReport {
    return { ...this.#progress(), faults: this.#faults };
  }

  #progress(): CopyProgress {
    const objects = this.#copied + this.#present + this.#failed;
    return {
      objects,
      copied: this.#copied,
      present: this.#present,
      failed: this.#failed,
      bytesCopied: this.#bytesCopied,
    };
  }

  /** Lets so many workers draw from one listing, so that no more is held than is under way. */
  async run(concurrency: number): Promise<void> {
    const { from, options } = this.#parts;
    const found = from.list("")[Symbol.asyncIterator]();
    const worker = async () => {
      for (;;) {
        options.signal.throwIfAborted();
        const { done, value } = await found.next();
        if (done) return;
        await this.#copyNoted(value);
      }
    };
    const outcomes = await Promise.allSettled(Array.from({ length: concurrency }, worker));
    await found.return?.();
    options.signal.throwIfAborted();
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  async #copyNoted(object: { readonly key: string; readonly bytes: number }): Promise<void> {
    const { signal, onProgress } = this.#parts.options;
    try {
      await this.#copyUnlessThere(object);
    } catch (error) {
      signal.throwIfAborted();
      this.#failed += 1;
      if (this.#faults.length < faultsMax) this.#faults.push({ key: object.key, error });
    }
    onProgress?.(this.#progress());
  }

  async #copyUnlessThere({ key, bytes }: { readonly key: string; readonly bytes: number }): Promise<void> {
    const { to, options } = this.#parts;
    const bytesThere = await to.size(key);
    if (bytesThere === bytes && options.verify !== "checksum") {
      this.#present += 1;
      return;
    }
    const bytesPut = await this.#copy(key);
    if (bytesPut === undefined) return;
    if (bytesThere !== undefined) {
      this.#present += 1;
      return;
    }
    this.#copied += 1;
    this.#bytesCopied += bytesPut;
  }

  /** Bytes of the object that the target now has; `undefined` when the source has lost it since it was listed. */
  async #copy(key: string): Promise<number | undefined> {
    const { to, options } = this.#parts;
    const file = await this.#fetch(key);
    if (file === undefined) return undefined;
    try {
      const contentType = options.contentTypeOf?.(key) ?? "application/octet-stream";
      await to.put(key, { file }, { contentType, signal: options.signal });
      return file.bytes;
    } finally {
      await rm(file.path, { force: true });
    }
  }

  async #fetch(key: string): Promise<StagedFile | undefined> {
    const { from, folder, options } = this.#parts;
    const object = await from.get(key, { signal: options.signal });
    if (object === undefined) return undefined;
    const path = join(folder, randomUUID());
    const hash = createHash("sha256");
    const digesting = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await withFolderFailures(() =>
      pipeline(object.stream, digesting, createWriteStream(path, { mode: 0o600 }), { signal: options.signal }),
    );
    return { path, bytes: object.bytes, sha256: hash.digest("hex") };
  }
}
