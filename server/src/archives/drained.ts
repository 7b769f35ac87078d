import type { Extract, Pack } from "tar-stream";

/** Waits until a stream takes more, or never will. */
export function drained(stream: ReturnType<Pack["entry"]> | Extract): Promise<void> {
  if (stream.destroying) return Promise.resolve();
  return new Promise((resolve) => {
    const answer = (): void => {
      stream.off("drain", answer);
      stream.off("close", answer);
      resolve();
    };
    stream.on("drain", answer);
    stream.on("close", answer);
  });
}
