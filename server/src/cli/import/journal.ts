import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { StartError } from "../../errors.ts";

/** A file as it was when it was looked at; `name` is its path inside the folder. */
export interface FileState {
  readonly name: string;
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** A file that could not be imported, and why: a code and a sentence. */
export interface FileProblem {
  readonly name: string;
  readonly code: string;
  readonly detail: string;
}

const schema = `
  pragma locking_mode = exclusive;
  pragma journal_mode = wal;
  pragma synchronous = normal;
  begin immediate;
  create table if not exists files (
    name text primary key, bytes integer not null, mtime_ms real not null, sha256 text not null
  ) strict, without rowid;
  create table if not exists problems (name text primary key, code text not null, detail text not null) strict, without rowid;
  delete from problems;
  commit;
`;

/** Where the journals of a user's imports are kept (XDG base directory specification): never in the folder of pictures. */
export function journalPath(
  environment: Readonly<Record<string, string | undefined>>,
  of: { readonly server: string; readonly account: string; readonly folder: string },
): string {
  const state = environment.XDG_STATE_HOME || join(homedir(), ".local", "state");
  const name = createHash("sha256")
    .update(JSON.stringify([of.server, of.account, of.folder]))
    .digest("hex");
  return join(state, "utsuru", "imports", `${name.slice(0, 32)}.sqlite`);
}

/**
 * What an import has seen: checksums of the files that the server took, so that the next run need not read them, and what could not be imported
 * in this run. On disk, so that memory does not grow with the folder. It may be deleted: the server is asked anyway, only reading is repeated.
 */
export class ImportJournal {
  readonly #database: DatabaseSync;
  readonly #find: StatementSync;
  readonly #keep: StatementSync;
  readonly #note: StatementSync;

  /** Opens the journal, a new one when there is none. Throws `StartError` when another import has it, or it cannot be written. */
  constructor(path: string) {
    this.#database = openDatabase(path);
    this.#find = this.#database.prepare("select sha256 from files where name = ? and bytes = ? and mtime_ms = ?");
    this.#keep = this.#database.prepare(
      "insert or replace into files (name, bytes, mtime_ms, sha256) values (?, ?, ?, ?)",
    );
    this.#note = this.#database.prepare("insert or replace into problems (name, code, detail) values (?, ?, ?)");
  }

  /** The checksum of a file that has not changed since it was kept. */
  sha256Of({ name, bytes, mtimeMs }: FileState): string | undefined {
    const row = this.#find.get(name, bytes, mtimeMs);
    return typeof row?.sha256 === "string" ? row.sha256 : undefined;
  }

  /** Remembers files that the server has. */
  keep(files: readonly (FileState & { readonly sha256: string })[]): void {
    this.#database.exec("begin");
    for (const { name, bytes, mtimeMs, sha256 } of files) this.#keep.run(name, bytes, mtimeMs, sha256);
    this.#database.exec("commit");
  }

  noteProblem({ name, code, detail }: FileProblem): void {
    this.#note.run(name, code, detail);
  }

  /** The problems of this run, by name. */
  *problems(): Iterable<FileProblem> {
    for (const { name, code, detail } of this.#database
      .prepare("select name, code, detail from problems order by name")
      .iterate())
      yield { name: String(name), code: String(code), detail: String(detail) };
  }

  close(): void {
    this.#database.close();
  }
}

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec(schema);
    return database;
  } catch (cause) {
    database?.close();
    throw new StartError(
      isBusy(cause)
        ? "Another import of this folder is running: let it end, or stop it."
        : `The journal ${path} cannot be used; --journal FILE names another: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    );
  }
}

/** SQLITE_BUSY (https://sqlite.org/rescode.html#busy), with or without its extended part. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === 5;
}
