import type { Catalog } from "../ports.ts";
import { accountsIn } from "./accounts.ts";
import { changeFeedIn } from "./change-feed.ts";
import { type DatabaseOptions, openDatabase } from "./database.ts";
import { imagesIn } from "./images.ts";
import { migrate } from "./migrate.ts";
import { announcer, listenForChanges } from "./wake-ups.ts";

/** A migration may take longer than any statement of a request. */
const migrationTimeoutMs = 60 * 60_000;

/**
 * Opens the catalogue in a PostgreSQL database, 14 or newer, bringing its schema up to date first.
 * Throws `StartError` when that cannot be, and `database-unavailable` when the database does not answer.
 */
export async function openCatalog(options: DatabaseOptions): Promise<Catalog> {
  await migrateAt(options);
  const database = openDatabase(options);
  const wakeUps = listenForChanges(options.url);
  const announce = announcer((text) => database.query(text, []));
  return {
    accounts: accountsIn(database),
    images: imagesIn(database, announce),
    changes: changeFeedIn(database, wakeUps),
    check: (signal) => database.check(signal),
    close: async () => {
      await Promise.all([wakeUps.close(), database.close()]);
    },
  };
}

async function migrateAt(options: DatabaseOptions): Promise<void> {
  const database = openDatabase({ ...options, connectionsMax: 1, statementTimeoutMs: migrationTimeoutMs });
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
}
