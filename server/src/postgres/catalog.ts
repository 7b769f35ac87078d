import { setTimeout as delay } from "node:timers/promises";
import { StartError } from "../errors.ts";
import type { Catalog } from "../ports.ts";
import { accountsIn } from "./accounts.ts";
import { backupsIn } from "./backups.ts";
import { changeFeedIn } from "./change-feed.ts";
import { codeSearchIn } from "./code-search.ts";
import { copiesIn } from "./copies.ts";
import { type Database, type DatabaseOptions, openDatabase } from "./database.ts";
import { entriesOf } from "./entries.ts";
import { asFailure, reasonOf } from "./failures.ts";
import { imagesIn } from "./images.ts";
import { type JobBounds, jobsIn } from "./jobs.ts";
import { libraryRecordsIn } from "./library-records.ts";
import { isMigrated, migrate } from "./migrate.ts";
import { objectNotesIn } from "./object-notes.ts";
import { openQueue, type QueueOptions, type TaskQueue } from "./queue.ts";
import { renewalsIn } from "./renewals.ts";
import { announcer, listenForChanges } from "./wake-ups.ts";

/** A migration, or an index to be built, may take longer than any statement of a request. */
const migrationTimeoutMs = 60 * 60_000;

/** How a catalogue is opened. */
export interface CatalogOptions extends DatabaseOptions, QueueOptions {
  /** How many files of jobs may wait. Default 10,000, and 1,000 of one owner. */
  readonly jobs?: JobBounds;
  /** How long to wait for a server that does not answer yet, as when both are started at once. Default 30 s. */
  readonly patienceMs?: number;
  /** A database without a schema of ours is refused, not given one. */
  readonly mustExist?: boolean;
  /** How long a put of objects may take ({@link Catalog.objects}). Default 1 h: a file of 1 GiB at 300 kB/s. */
  readonly putMsMax?: number;
}

const nowhere = "There is no library in this database; UTSURU_DATABASE_URL, or else UTSURU_DATA, says where it is.";
const retryMs = 250;
const standardPutMsMax = 60 * 60_000;
const standardBounds: JobBounds = { waitingMax: 10_000, waitingMaxPerOwner: 1_000 };

/**
 * Opens the catalogue in a PostgreSQL database, 14 or newer, bringing its schema up to date first.
 * Throws `StartError` when that cannot be: the server does not answer, lets us not in, is too old, or its schema is not ours.
 */
export async function openCatalog(options: CatalogOptions): Promise<Catalog> {
  await migrateWhenItAnswers(options);
  const { putMsMax = standardPutMsMax } = options;
  const database = openDatabase(options);
  const queue = await openQueueOf(database, options);
  const wakeUps = listenForChanges(options.url);
  const announce = announcer((text) => database.query(text, []));
  return {
    accounts: accountsIn(database),
    images: imagesIn(database, { announce, putMsMax }),
    renewals: renewalsIn({ database, queue }, announce),
    objects: objectNotesIn(database, putMsMax),
    records: libraryRecordsIn(database),
    backups: backupsIn(database, { announce, putMsMax, openPatient: () => openDatabase(maintenance(options)) }),
    changes: changeFeedIn({ database, wakeUps, entriesOf }),
    copies: copiesIn(database),
    codes: codeSearchIn(database, () => openDatabase(maintenance(options))),
    jobs: jobsIn({ database, queue, bounds: options.jobs ?? standardBounds }, announce),
    queue,
    check: (signal) => database.check(signal),
    close: async () => {
      await queue.close();
      await Promise.all([wakeUps.close(), database.close()]);
    },
  };
}

async function openQueueOf(database: Database, options: QueueOptions): Promise<TaskQueue> {
  try {
    return await openQueue(database, options);
  } catch (cause) {
    await database.close();
    const reason = reasonOf(asFailure(cause));
    throw reason ? new StartError(reason.sentence, { cause }) : cause;
  }
}

async function migrateWhenItAnswers({ patienceMs = 30_000, ...options }: CatalogOptions): Promise<void> {
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      return await migrateOnce(options);
    } catch (cause) {
      const reason = reasonOf(cause);
      if (!reason) throw cause;
      if (!reason.mayPass || Date.now() > until) throw new StartError(reason.sentence, { cause });
      await delay(retryMs);
    }
  }
}

/** One connection for statements that take as long as they must. */
function maintenance(options: DatabaseOptions): DatabaseOptions {
  return { ...options, connectionsMax: 1, statementTimeoutMs: migrationTimeoutMs };
}

async function migrateOnce({ mustExist, ...options }: Omit<CatalogOptions, "patienceMs">): Promise<void> {
  const database = openDatabase(maintenance(options));
  try {
    if (mustExist && !(await isMigrated(database))) throw new StartError(nowhere);
    await migrate(database);
  } finally {
    await database.close();
  }
}
