import type { FeedPosition } from "../ports.ts";

/**
 * A state of the database, as PostgreSQL describes it.
 *
 * `history` names the line of transactions that the ids belong to: a cluster, a database, a timeline. `run` is when the server started.
 * The snapshot is `pg_current_snapshot()`: transactions from `xmax` on, and those of `inProgress`, were not yet there to see.
 */
export interface DatabaseState {
  readonly history: string;
  readonly run: string;
  readonly snapshot: string;
}

/** The statement that reads a {@link DatabaseState}. The first 8 digits of a WAL file's name are the timeline, which a restored or promoted database changes. */
export const stateSql = `
  select (select system_identifier from pg_control_system()) || '.' ||
         (select oid from pg_database where datname = current_database()) || '.' ||
         case when pg_is_in_recovery() then 'standby' else left(pg_walfile_name(pg_current_wal_lsn()), 8) end as history,
         extract(epoch from pg_postmaster_start_time())::text as run,
         pg_current_snapshot()::text as snapshot`;

/** Writes a state as a position. */
export function toPosition({ history, run, snapshot }: DatabaseState): FeedPosition {
  return `${history}/${run}/${snapshot}`;
}

/** Reads a position; `undefined` when it is none. */
export function parsePosition(position: FeedPosition): DatabaseState | undefined {
  const [history, run, snapshot, ...rest] = position.split("/");
  if (!history || !run || !snapshot || rest.length > 0 || !/^\d+:\d+:[\d,]*$/.test(snapshot)) return undefined;
  return { history, run, snapshot };
}

/** The transactions that a snapshot does not see: those of `inProgress`, and those from `xmax` on. Ids of 64 bits, as text. */
export function unseenBy(snapshot: string): { readonly inProgress: readonly string[]; readonly xmax: string } {
  const [, xmax = "0", inProgress = ""] = snapshot.split(":");
  return { xmax, inProgress: inProgress === "" ? [] : inProgress.split(",") };
}

/**
 * Transactions to go back by after the database server ended: it may give the id of a transaction that had come to nothing, and of
 * which nothing was on disk yet, to another one. That is at most 3 × wal_writer_delay (0.6 s) of transactions.
 */
const rewindTransactions = 10_000n;

/** The snapshot that has seen none of the latest transactions. */
export function rewind(snapshot: string): string {
  const xmin = BigInt(snapshot.slice(0, snapshot.indexOf(":")));
  const from = xmin > rewindTransactions ? xmin - rewindTransactions : 1n;
  return `${from}:${from}:`;
}
