import { lstat, realpath } from "node:fs/promises";
import { basename, relative, sep } from "node:path";
import pLimit from "p-limit";
import { Failure, StartError } from "../../errors.ts";
import type { PartsWhen } from "../../images/upload-image.ts";
import type { Visibility } from "../../ports.ts";
import { digestFile } from "../digest-file.ts";
import { type FolderEntry, filesIn } from "../folder-files.ts";
import { type Interrupts, waitForInterrupts } from "../interrupts.ts";
import { ImportReport } from "./import-report.ts";
import { type FileState, ImportJournal, journalPath } from "./journal.ts";
import { RemoteServer, type UploadResult } from "./remote-server.ts";
import { inLanes, listsOf, oneAhead } from "./streams.ts";

/** What an import is asked to do. */
export interface ImportOptions {
  readonly server: string;
  readonly token: string;
  readonly visibility: Visibility;
  readonly parts: PartsWhen;
  readonly json: boolean;
  /** A file for the journal; by default one of the user's state folder. */
  readonly journal: string | undefined;
  readonly patienceMs: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether a file that begins so is a picture that the server knows. */
  readonly isPicture: (head: Buffer) => boolean;
}

/** A picture of the folder, by what decides whether it must be sent. */
interface Candidate extends FileState {
  readonly path: string;
  readonly sha256: string;
}

/** Files asked about at once: few enough that the first are soon on their way, and far from the API's thousand. */
const checkedAtOnce = 256;
const readAtOnce = 4;
/** Files and bytes of one request, and requests at once: while the server decodes the files of one, the next comes in. */
const request = { filesMax: 16, bytesMax: 16 * 1024 * 1024, lanes: 4 };

/**
 * Uploads every picture of a folder that the account does not have yet, and says what became of each. A second run goes on where the
 * first ended. Returns whether every file is now there; throws `StartError` when it cannot begin.
 */
export async function importFolder(folder: string, options: ImportOptions): Promise<boolean> {
  const root = await realpath(folder).catch((cause: unknown) => {
    throw new StartError(`${folder} is no folder that can be read.`, { cause });
  });
  const report = new ImportReport(options);
  const interrupts = waitForInterrupts(() =>
    report.say("Letting the requests under way end; interrupt once more to cut them off."),
  );
  const server = new RemoteServer({
    url: options.server,
    token: options.token,
    patience: { patienceMs: options.patienceMs, signal: interrupts.stopping, onWait: (why) => report.waiting(why) },
    signal: interrupts.cutting,
  });
  try {
    const { id: account } = await server.account();
    const where =
      options.journal ?? journalPath(options.environment, { server: options.server, account, folder: root });
    const journal = new ImportJournal(where);
    try {
      return await new Import({ root, options, server, journal, report }).run(interrupts);
    } finally {
      journal.close();
    }
  } finally {
    interrupts.forget();
  }
}

interface ImportParts {
  readonly root: string;
  readonly options: ImportOptions;
  readonly server: RemoteServer;
  readonly journal: ImportJournal;
  readonly report: ImportReport;
}

class Import {
  readonly #parts: ImportParts;

  constructor(parts: ImportParts) {
    this.#parts = parts;
  }

  async run({ stopping }: Interrupts): Promise<boolean> {
    const { root, report, journal } = this.#parts;
    const counting = countFiles(root, stopping).then((files) => report.setTotal(files));
    let isWhole = false;
    try {
      const lists = listsOf(this.#missing(stopping), isFull);
      await inLanes(lists, request.lanes, (list) => this.#send(list));
      isWhole = !stopping.aborted;
    } catch (error) {
      if (!(stopping.aborted || error instanceof StartError)) throw error;
      if (!stopping.aborted) report.say((error as StartError).message);
    }
    await counting;
    report.close(journal.problems());
    if (!isWhole) report.say("Not everything was imported. The same command goes on where this one ended.");
    return isWhole && report.problems === 0;
  }

  /** The pictures that the account does not have. */
  async *#missing(stopping: AbortSignal): AsyncGenerator<Candidate> {
    const entries = listsOf(filesIn(this.#parts.root), (list) => list.length >= checkedAtOnce);
    for await (const missing of oneAhead(this.#checked(entries))) {
      for (const candidate of missing) {
        if (stopping.aborted) return;
        yield candidate;
      }
    }
  }

  async *#checked(lists: AsyncIterable<FolderEntry[]>): AsyncGenerator<Candidate[]> {
    const limit = pLimit(readAtOnce);
    for await (const list of lists) {
      const read = await Promise.all(list.map((entry) => limit(() => this.#read(entry))));
      yield await this.#without(read.filter((candidate) => candidate !== undefined));
    }
  }

  /** The candidates less those that are there, or are too large, which are reported at once. */
  async #without(candidates: readonly Candidate[]): Promise<Candidate[]> {
    const { server, journal, report } = this.#parts;
    if (candidates.length === 0) return [];
    const { present, fileBytesMax } = await server.check(candidates.map(({ sha256 }) => sha256));
    const ids = new Map(present.map(({ sha256, id }) => [sha256, id]));
    journal.keep(candidates.filter(({ sha256 }) => ids.has(sha256)));
    return candidates.filter(({ name, bytes, sha256 }) => {
      const id = ids.get(sha256);
      if (id !== undefined) report.imported({ name, bytes, status: "present", id });
      else if (bytes > fileBytesMax) {
        const detail = `The file is larger than the ${Math.floor(fileBytesMax / 2 ** 20)} MiB that the server takes.`;
        this.#fail(name, "payload-too-large", detail);
      } else return true;
      return false;
    });
  }

  /** What a file is; `undefined` for one that is no picture or cannot be read, which is reported. */
  async #read(entry: FolderEntry): Promise<Candidate | undefined> {
    const { path } = entry;
    const name = relative(this.#parts.root, path).split(sep).join("/");
    if (entry.kind === "unreadable") return this.#fail(name, "unreadable", "The folder cannot be read.");
    try {
      const { size, mtimeMs } = await lstat(path);
      const known = this.#parts.journal.sha256Of({ name, bytes: size, mtimeMs });
      if (known !== undefined) return { path, name, bytes: size, mtimeMs, sha256: known };
      const { sha256, bytes, head } = await digestFile(path);
      if (this.#parts.options.isPicture(head)) return { path, name, bytes, mtimeMs, sha256 };
      return this.#fail(name, "unsupported-format", "The file is not a JPEG, PNG, GIF, WebP or AVIF picture.");
    } catch (error) {
      if (!(error instanceof Failure) && !(error instanceof Error && "syscall" in error)) throw error;
      return this.#fail(name, "unreadable", "The file cannot be read.");
    }
  }

  #fail(name: string, code: string, detail: string): undefined {
    this.#parts.journal.noteProblem({ name, code, detail });
    this.#parts.report.failed({ name, code, detail });
  }

  /** Uploads files; when the server refuses all of them, each half, until it is clear which one it means. */
  async #send(files: readonly Candidate[]): Promise<void> {
    const outgoing = files.map(({ path }) => ({ path, fileName: basename(path) }));
    const answer = await this.#parts.server.upload(outgoing, this.#parts.options);
    if (answer.kind === "answered") return this.#note(files, answer.results);
    const [only, ...others] = files;
    if (only && others.length === 0) return this.#fail(only.name, answer.code, answer.detail);
    const middle = Math.ceil(files.length / 2);
    await this.#send(files.slice(0, middle));
    await this.#send(files.slice(middle));
  }

  #note(files: readonly Candidate[], results: readonly UploadResult[]): void {
    const kept: Candidate[] = [];
    for (const [index, file] of files.entries()) {
      const result = results[index];
      if (!result) throw new Error("an answered upload has a result for each file");
      if (result.status === "rejected") this.#fail(file.name, result.problem.code, result.problem.detail);
      else {
        kept.push(file);
        this.#parts.report.imported({ ...file, status: result.status, id: result.image.id });
      }
    }
    this.#parts.journal.keep(kept);
  }
}

function isFull(list: readonly Candidate[], next: Candidate): boolean {
  const bytes = list.reduce((sum, file) => sum + file.bytes, next.bytes);
  return list.length >= request.filesMax || bytes > request.bytesMax;
}

async function countFiles(root: string, signal: AbortSignal): Promise<number> {
  let files = 0;
  for await (const _ of filesIn(root)) {
    if (signal.aborted) break;
    files++;
  }
  return files;
}
