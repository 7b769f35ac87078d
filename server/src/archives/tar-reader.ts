import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { extract } from "tar-stream";
import { ArchiveError, StartError } from "../errors.ts";
import type { ArchiveEntry } from "../ports.ts";
import { drained } from "./drained.ts";

const chunkBytes = 256 * 1024;

/** A tar file that is being read. */
export interface OpenTar {
  readonly archive: AsyncIterable<ArchiveEntry>;
  close(): Promise<void>;
}

/** Opens a tar file, or standard input for `-`. Throws `StartError` when there is none that can be read. */
export async function openTar(path: string): Promise<OpenTar> {
  const source = path === "-" ? process.stdin : await openFile(path);
  const archive = readTar(source, path);
  return {
    archive,
    close: async () => {
      await archive.return();
      source.destroy();
    },
  };
}

async function openFile(path: string): Promise<Readable> {
  try {
    const handle = await open(path, "r");
    return handle.createReadStream({ highWaterMark: chunkBytes });
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(what: string, cause: unknown): StartError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StartError(`The file ${what} cannot be read: ${reason}.`, { cause });
}

/** The files of a tar archive; `path` is what its file is called. Throws `StartError` for links, folders and whatever else is no file, and where the bytes are no archive. */
export async function* readTar(source: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<ArchiveEntry, void> {
  const archive = extract();
  const feeding = feed(source, archive);
  const explain = (error: unknown): unknown =>
    feeding.failure === undefined ? sentenceOf(error, feeding.isOver) : unreadable(path, feeding.failure);
  try {
    for await (const entry of archive) {
      const { name, size, type } = entry.header;
      if (type !== "file")
        throw new ArchiveError(`The archive has something in it that is no file: ${name.slice(0, 200)}.`);
      const bytes = bytesOf(entry, explain);
      yield { name, bytes: size, stream: bytes };
      for await (const _ of bytes); // what was not read is passed over
    }
  } catch (error) {
    throw explain(error);
  } finally {
    archive.destroy();
  }
}

/** The library's types leave open what its streams yield: bytes. */
async function* bytesOf(
  entry: AsyncIterable<unknown>,
  explain: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of entry) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    throw explain(error);
  }
}

interface Feeding {
  /** Whether the source has ended, and all of it was given. */
  isOver: boolean;
  /** What reading the source threw. */
  failure: unknown;
}

/** Gives the archive all bytes of the source as it takes them. Ends when the archive is destroyed. */
function feed(source: AsyncIterable<Uint8Array>, archive: ReturnType<typeof extract>): Feeding {
  const feeding: Feeding = { isOver: false, failure: undefined };
  const feedAll = async (): Promise<void> => {
    for await (const chunk of source) {
      if (archive.destroying) return;
      if (!archive.write(chunk)) await drained(archive);
    }
    feeding.isOver = true;
    archive.end(null);
  };
  feedAll().catch((error: unknown) => {
    feeding.failure = error;
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return feeding;
}

/** tar-stream tells a header that is none and an early end by texts alone; that all bytes were given tells them apart. */
function sentenceOf(error: unknown, isOver: boolean): unknown {
  if (error instanceof StartError) return error;
  const what = isOver
    ? "The archive is not whole: it ends in the middle of a file."
    : "The file is no tar archive, or damaged: one of its headers is none.";
  return new ArchiveError(what, { cause: error });
}
