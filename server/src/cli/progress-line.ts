import { clearLine, cursorTo } from "node:readline";

const pauseMs = 100;
const columnsUsual = 80;

/** A line on standard error that says how far a long command is; nothing where standard error is no terminal. */
export class ProgressLine {
  #shownAt = Number.NEGATIVE_INFINITY;

  /** Shows a text, cut to the terminal's width; a function is only asked when the line is due. */
  show(text: string | (() => string)): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#shownAt < pauseMs) return;
    this.#shownAt = now;
    cursorTo(process.stderr, 0);
    const line = typeof text === "string" ? text : text();
    process.stderr.write(line.slice(0, (process.stderr.columns || columnsUsual) - 1));
    clearLine(process.stderr, 1);
  }

  clear(): void {
    if (!process.stderr.isTTY) return;
    cursorTo(process.stderr, 0);
    clearLine(process.stderr, 0);
  }
}
