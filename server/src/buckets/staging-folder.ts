import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Failure } from "../errors.ts";
import type { Staging } from "../ports.ts";
import { removeFile } from "./durable-file.ts";

/** A disk of 20 GB is used up to 19.7; a log segment of the database alone is 16 MiB. */
const reserve = { bytesMax: 256 * 1024 * 1024, share: 0.05 } as const;

/** A file that comes faster than the disk takes it is written by so many bytes at once: by the 64 kB of a socket, 4.7 MB took a third longer. */
const writtenAtOnce = 2 ** 20;

/** A folder of this process for files on their way in; emptied when it is opened, since whatever is there was left by a crash. */
export async function stagingFolder(folder: string): Promise<Staging> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const left of await readdir(folder)) await rm(join(folder, left), { recursive: true, force: true });
  return {
    checkRoom: () => checkRoom(folder),
    stage: async (stream, { bytesMax, signal }) => {
      const path = join(folder, randomUUID());
      const passed = { hash: createHash("sha256"), bytes: 0 };
      try {
        await pipeline(
          stream,
          measured(passed, bytesMax),
          createWriteStream(path, { flags: "wx", mode: 0o600, highWaterMark: writtenAtOnce }),
          {
            signal,
          },
        );
      } catch (error) {
        await removeFile(path);
        throw stagingFailure(error, signal);
      }
      return { path, bytes: passed.bytes, sha256: passed.hash.digest("hex") };
    },
    discard: ({ path }) => removeFile(path),
  };
}

async function checkRoom(folder: string): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  if (bavail * bsize >= Math.min(reserve.bytesMax, reserve.share * blocks * bsize)) return;
  throw new Failure("storage-full", "The server's disk is nearly full; what is left is kept for deleting pictures.", {
    retryAfterS: 60,
  });
}

/** Passes chunks on, hashed and counted, until there are more bytes than allowed. */
function measured(passed: { hash: ReturnType<typeof createHash>; bytes: number }, bytesMax: number) {
  return async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      passed.bytes += chunk.length;
      if (passed.bytes > bytesMax)
        throw new Failure("payload-too-large", `A file may have at most ${Math.floor(bytesMax / 1024 / 1024)} MiB.`);
      passed.hash.update(chunk);
      yield chunk;
    }
  };
}

function stagingFailure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted && signal.reason instanceof Failure) return signal.reason;
  if (!(error instanceof Error && "code" in error)) return error;
  if (error.code === "ENOSPC" || error.code === "EDQUOT")
    return new Failure("storage-full", "The server's disk is full; nothing was kept.", {
      cause: error,
      retryAfterS: 60,
    });
  return error;
}
