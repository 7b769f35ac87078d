import { clearLine, cursorTo } from "node:readline";

const pauseMs = 100;

/** A line on standard error that says how far a long command is; nothing where standard error is no terminal. */
export class ProgressLine {
  #shownAt = Number.NEGATIVE_INFINITY;

  show(text: string): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#shownAt < pauseMs) return;
    this.#shownAt = now;
    cursorTo(process.stderr, 0);
    process.stderr.write(text);
    clearLine(process.stderr, 1);
  }

  clear(): void {
    if (!process.stderr.isTTY) return;
    cursorTo(process.stderr, 0);
    clearLine(process.stderr, 0);
  }
}
