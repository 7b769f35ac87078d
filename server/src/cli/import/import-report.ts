import type { PartsWhen } from "../../images/upload-image.ts";
import { ProgressLine } from "../progress-line.ts";
import { duration, ProgressText } from "../progress-text.ts";
import type { FileProblem } from "./journal.ts";

/** A file that the server has: uploaded now, there by the time it was sent (`duplicate`), or known to be there and not sent (`present`). */
export interface ImportedFile {
  readonly name: string;
  readonly bytes: number;
  readonly status: "created" | "duplicate" | "present";
  readonly id: string;
}

const waitNoticeMs = 30_000;
const partsFollow =
  "A search finds whole copies of them from now on, and parts of them (crops, collages) when the server has come to that.\n";

/** Tells whoever runs an import how it goes: JSON lines or a closing sentence on standard output, progress and problems on standard error. */
export class ImportReport {
  readonly #json: boolean;
  readonly #parts: PartsWhen;
  readonly #line = new ProgressLine();
  readonly #text = new ProgressText("files");
  readonly #counts = { created: 0, duplicate: 0, present: 0, rejected: 0 };
  readonly #start = performance.now();
  #bytes = 0;
  #total: number | undefined;
  #waitNoticeAt = Number.NEGATIVE_INFINITY;

  constructor(options: { readonly json: boolean; readonly parts: PartsWhen }) {
    this.#json = options.json;
    this.#parts = options.parts;
  }

  get problems(): number {
    return this.#counts.rejected;
  }

  /** How many files there are, once that is known. */
  setTotal(files: number): void {
    this.#total = files;
  }

  imported({ name, bytes, status, id }: ImportedFile): void {
    this.#counts[status]++;
    this.#bytes += bytes;
    this.#print({ file: name, status, id });
    this.#show();
  }

  failed({ name, code, detail }: FileProblem): void {
    this.#counts.rejected++;
    this.#print({ file: name, status: "rejected", problem: { code, detail } });
    this.#show();
  }

  waiting(reason: string): void {
    const now = performance.now();
    if (now - this.#waitNoticeAt < waitNoticeMs) return;
    this.#waitNoticeAt = now;
    this.say(`${reason} Trying again.`);
  }

  say(sentence: string): void {
    this.#line.clear();
    process.stderr.write(`utsuru: ${sentence}\n`);
  }

  /** Lists the problems and sums up. */
  close(problems: Iterable<FileProblem>): void {
    this.#line.clear();
    const seconds = (performance.now() - this.#start) / 1000;
    const { created, duplicate, present, rejected } = this.#counts;
    if (this.#json) {
      this.#print({ summary: { ...this.#counts, bytes: this.#bytes, seconds: Number(seconds.toFixed(1)) } });
      return;
    }
    for (const { name, detail } of problems) process.stderr.write(`${name}: ${detail}\n`);
    process.stdout.write(
      `${created} imported, ${duplicate + present} were there already, ${rejected} could not be imported; ${(this.#bytes / 1e6).toFixed(1)} MB in ${duration(seconds)}.\n`,
    );
    if (created > 0 && this.#parts === "later") process.stdout.write(partsFollow);
  }

  #show(): void {
    const { created, duplicate, present, rejected } = this.#counts;
    const progress = { done: created + duplicate + present + rejected, total: this.#total, bytes: this.#bytes };
    const remark = rejected > 0 ? { remark: `${rejected} problems` } : {};
    this.#line.show(() => this.#text.at({ ...progress, ...remark }, performance.now()));
  }

  #print(line: object): void {
    if (this.#json) process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}
