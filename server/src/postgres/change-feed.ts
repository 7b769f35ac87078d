import { Failure } from "../errors.ts";
import type { ChangeFeed, FeedEvent, FeedPosition, ImageChange } from "../ports.ts";
import type { Connection } from "./database.ts";
import { type DatabaseState, parsePosition, rewind, stateSql, toPosition, unseenBy } from "./feed-position.ts";
import type { WakeUps } from "./wake-ups.ts";

const standardPollMs = 1_000;
const standardPageSize = 5_000;
const zeroId = "00000000-0000-0000-0000-000000000000";

/**
 * The changes of images in commit order: what one reading tells is exactly what was committed since the snapshot of the one before.
 *
 * Snapshots, not the numbers of a sequence: numbers are given out in another order than transactions commit in, so that who
 * remembers the highest number misses a lower one that commits later. A snapshot also knows which transactions were still under way.
 */
export function changeFeedIn<Entry>(
  ports: FeedPorts<Entry>,
  {
    pollMs = standardPollMs,
    pageSize = standardPageSize,
  }: { readonly pollMs?: number; readonly pageSize?: number } = {},
): ChangeFeed<Entry> {
  const { database } = ports;
  return {
    position: async () => toPosition(await readState(database)),
    follow: (from, signal) => follow({ ...ports, pollMs, pageSize }, from, signal),
    prune: (before) => prune(database, before),
  };
}

/** What a feed reads from; `entriesOf` looks up what changed images are now. */
interface FeedPorts<Entry> {
  readonly database: Connection;
  readonly wakeUps: WakeUps;
  readonly entriesOf: (on: Connection, imageIds: readonly string[]) => Promise<ReadonlyMap<string, Entry>>;
}

type Reading<Entry> = Omit<FeedPorts<Entry>, "wakeUps"> & { readonly pageSize: number };

async function* follow<Entry>(
  ports: FeedPorts<Entry> & { readonly pollMs: number; readonly pageSize: number },
  from: FeedPosition,
  signal: AbortSignal,
): AsyncIterable<FeedEvent<Entry>> {
  let position = from;
  while (!signal.aborted) {
    try {
      for await (const event of readOnce(ports, position)) {
        if (event.kind === "reached") position = event.position;
        yield event;
        if (event.kind === "lost") return;
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      position = afterOutage(position);
    }
    await ports.wakeUps.wait(ports.pollMs, signal);
  }
}

/** All that was committed since the position, then the position reached; or that the position is of no use. */
async function* readOnce<Entry>(reading: Reading<Entry>, from: FeedPosition): AsyncIterable<FeedEvent<Entry>> {
  const { database: on } = reading;
  const asOf = new Date();
  const now = await readState(on);
  const since = startingPoint(from, now);
  if (since === undefined) return yield { kind: "lost" };
  if (since !== now.snapshot) {
    for await (const changes of readChanges(reading, { since, until: now.snapshot })) {
      yield { kind: "changes", changes };
    }
    // Asked afterwards: nothing that was to be read can have been cleared away unnoticed in the meantime.
    if (await isBeyondHorizon(on, from)) return yield { kind: "lost" };
  }
  yield { kind: "reached", position: toPosition(now), asOf };
}

/** The snapshot to read on from; `undefined` when the position is of another history. */
function startingPoint(from: FeedPosition, now: DatabaseState): string | undefined {
  const then = parsePosition(from);
  if (!then || then.history !== now.history) return undefined;
  return then.run === now.run ? then.snapshot : rewind(then.snapshot);
}

/** The position as if its run of the server were over: while it was away, it may have started anew or recovered from a crash. */
function afterOutage(position: FeedPosition): FeedPosition {
  const state = parsePosition(position);
  return state ? toPosition({ ...state, run: "over" }) : position;
}

async function readState(on: Connection): Promise<DatabaseState> {
  const [state] = await on.query<DatabaseState>(stateSql, []);
  if (!state) throw new Error("A select without a table has one row.");
  return state;
}

interface Range {
  readonly since: string;
  readonly until: string;
}

interface ChangeRow {
  readonly transaction: string;
  readonly image_id: string;
}

async function* readChanges<Entry>(
  { database, entriesOf, pageSize }: Reading<Entry>,
  range: Range,
): AsyncIterable<ImageChange<Entry>[]> {
  let after: ChangeRow = { transaction: "0", image_id: zeroId };
  for (;;) {
    const rows = await readPage(database, { ...range, limit: pageSize }, after);
    const last = rows.at(-1);
    if (!last) return;
    const ids = rows.map((row) => row.image_id);
    const entries = await entriesOf(database, ids);
    yield ids.map((imageId) => ({ imageId, entry: entries.get(imageId) }));
    if (rows.length < pageSize) return;
    after = last;
  }
}

/**
 * Two reads of the index, and not one range from the oldest transaction under way: that may be hours old, and the range then long.
 * Each with its own order and limit, else PostgreSQL sorts all that is left for every page.
 */
async function readPage(
  on: Connection,
  { since, until, limit }: Range & { readonly limit: number },
  after: ChangeRow,
): Promise<ChangeRow[]> {
  const { inProgress, xmax } = unseenBy(since);
  return on.query<ChangeRow>(
    `select transaction::text, image_id from (
       (select transaction, image_id from image_changes
        where transaction = any ($1::xid8[]) and (transaction, image_id) > ($3::xid8, $4::uuid)
          and pg_visible_in_snapshot(transaction, $5::pg_snapshot)
        order by transaction, image_id limit $6)
       union all
       (select transaction, image_id from image_changes
        where transaction >= $2::xid8 and (transaction, image_id) > ($3::xid8, $4::uuid)
          and pg_visible_in_snapshot(transaction, $5::pg_snapshot)
        order by transaction, image_id limit $6)
     ) as changed
     order by changed.transaction, changed.image_id limit $6`,
    [inProgress, xmax, after.transaction, after.image_id, until, limit],
  );
}

async function isBeyondHorizon(on: Connection, position: FeedPosition): Promise<boolean> {
  const [row] = await on.query<{ lost: boolean }>(
    "select pg_snapshot_xmin($1::pg_snapshot) <= transaction as lost from image_changes_horizon",
    [parsePosition(position)?.snapshot],
  );
  return row?.lost ?? true;
}

/** Clears away whole transactions from the oldest on, up to the first one that is too young or still under way, and remembers the last. */
async function prune(on: Connection, before: Date): Promise<number> {
  const [row] = await on.query<{ count: number }>(
    `with pruned as (
       delete from image_changes
       where transaction < least(
         pg_snapshot_xmin(pg_current_snapshot()),
         (select transaction from image_changes where noted_at >= $1 order by transaction limit 1))
       returning transaction
     ), remembered as (
       update image_changes_horizon h
       set transaction = greatest(h.transaction, (select transaction from pruned order by transaction desc limit 1))
       where exists (select from pruned)
     )
     select count(*) from pruned`,
    [before],
  );
  return row?.count ?? 0;
}
