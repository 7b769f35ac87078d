import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { Failure } from "../errors.ts";
import type { ObjectPart, PartRequest, Verdict } from "./object-store.ts";

/** How a broken read goes on. */
export interface ResumeOptions {
  /** Opens the same object again, from another byte on; retries by itself. */
  readonly reopen: (part: PartRequest) => Promise<ObjectPart | undefined>;
  readonly judge: (error: unknown) => Verdict;
  readonly signal: AbortSignal | undefined;
  /** How often in a row it may break without yielding a byte. */
  readonly tries: number;
  /** How long it may be silent while someone waits for it. */
  readonly silenceMsMax: number;
}

/**
 * A part of an object that goes on where it broke, of the same generation, and yields exactly its bytes or fails.
 * A whole object whose SHA-256 is known is verified: other bytes fail at the end, as `bucket-unavailable`.
 */
export function resumedStream(first: ObjectPart, options: ResumeOptions): Readable {
  const reader = new ResumingReader(first, options);
  const chunks = reader.chunks();
  return new Readable({
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    read() {
      chunks.next().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: unknown) =>
          this.destroy(error instanceof Error ? error : new Error("reading failed", { cause: error })),
      );
    },
    destroy(error, done) {
      reader.close();
      done(error);
    },
  });
}

class ResumingReader {
  readonly #first: ObjectPart;
  readonly #options: ResumeOptions;
  #current: Readable;
  #position: number;
  #closed = false;

  constructor(first: ObjectPart, options: ResumeOptions) {
    this.#first = first;
    this.#options = options;
    this.#current = heldUntilRead(first.stream);
    this.#position = first.from;
  }

  close(): void {
    this.#closed = true;
    this.#current.destroy();
  }

  async *chunks(): AsyncGenerator<Buffer, undefined> {
    const { facts, from, count } = this.#first;
    const isWhole = from === 0 && count === facts.bytes && facts.sha256 !== undefined;
    const hash = isWhole ? createHash("sha256") : undefined;
    for await (const chunk of this.#joinedChunks(from + count)) {
      hash?.update(chunk);
      yield chunk;
    }
    if (hash !== undefined && hash.digest("hex") !== facts.sha256) {
      throw new Failure("bucket-unavailable", "A stored object is not what was stored: its checksum differs.");
    }
    return undefined;
  }

  async *#joinedChunks(end: number): AsyncGenerator<Buffer> {
    let triesLeft = this.#options.tries;
    while (this.#position < end) {
      try {
        for await (const chunk of this.#timely(this.#current)) {
          if (this.#position + chunk.length > end) throw new Error("the store sent more bytes than were asked for");
          this.#position += chunk.length;
          triesLeft = this.#options.tries;
          yield chunk;
        }
        if (this.#position < end) throw brokenRead("the store's answer ended before its size");
      } catch (error) {
        triesLeft -= 1;
        await this.#resume(error, { end, isLastTry: triesLeft === 0 });
      }
    }
  }

  async #resume(error: unknown, { end, isLastTry }: { end: number; isLastTry: boolean }): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const verdict = this.#options.judge(error);
    if (this.#closed || verdict.kind === "final" || isLastTry) throw verdict.failure;
    const { generation } = this.#first.facts;
    const part = await this.#options.reopen({ from: this.#position, to: end - 1, generation });
    if (part === undefined) throw new Failure("bucket-unavailable", "A stored object went away while it was read.");
    this.#current = heldUntilRead(part.stream);
    if (this.#closed) this.#current.destroy();
  }

  async *#timely(stream: Readable): AsyncGenerator<Buffer> {
    const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
    for (;;) {
      const timer = setTimeout(() => stream.destroy(brokenRead("the store fell silent")), this.#options.silenceMsMax);
      const { done, value } = await chunks.next().finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  }
}

/** A stream may break before anyone reads it; whoever reads it then still gets its error. */
function heldUntilRead(stream: Readable): Readable {
  return stream.on("error", () => undefined);
}

/** An error that every store judges as a broken connection. */
function brokenRead(message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code: "ECONNRESET" });
}
