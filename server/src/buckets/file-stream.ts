import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { Failure } from "../errors.ts";
import { folderFailure } from "./folder-failure.ts";

const chunkBytesMax = 256 * 1024;

/** What to read of an open file. */
export interface Part {
  readonly from: number;
  readonly count: number;
}

/** The part of an open file as a stream that closes the file when it ends, fails or is destroyed; its errors are failures. */
export function streamPart(handle: FileHandle, part: Part, signal: AbortSignal | undefined): Readable {
  let position = part.from;
  const end = part.from + part.count;
  return new Readable({
    highWaterMark: chunkBytesMax,
    ...(signal === undefined ? {} : { signal }),
    read() {
      if (position === end) {
        this.push(null);
        return;
      }
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytesMax, end - position));
      handle.read(chunk, 0, chunk.length, position).then(
        ({ bytesRead }) => {
          if (bytesRead === 0) {
            this.destroy(new Failure("bucket-unavailable", "A stored object ended before its size."));
            return;
          }
          position += bytesRead;
          this.push(chunk.subarray(0, bytesRead));
        },
        (error: unknown) => this.destroy(asError(folderFailure(error))),
      );
    },
    destroy(error, done) {
      handle.close().then(
        () => done(error),
        (closeError: unknown) => done(error ?? asError(folderFailure(closeError))),
      );
    },
  });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("reading failed", { cause: thrown });
}
