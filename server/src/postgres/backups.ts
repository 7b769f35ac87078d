import type { Backups } from "../ports.ts";
import { endGivenUp, endTakenOut, giveUp, takeOut } from "./backup/give-up.ts";
import { addPart, begin, finish, notePuts } from "./backup/restore.ts";
import { withSnapshot } from "./backup/snapshot.ts";
import { schemaVersion } from "./backup/tables.ts";
import type { Database } from "./database.ts";
import type { ImageTerms } from "./images.ts";

/** Backups of a PostgreSQL database. `openPatient` opens it for a transaction that may wait for long between statements. */
export function backupsIn(
  database: Database,
  { announce, putMsMax, openPatient }: ImageTerms & { readonly openPatient: () => Database },
): Backups {
  return {
    schema: schemaVersion,
    snapshot: async (use) => {
      const patient = openPatient();
      try {
        return await withSnapshot(patient, use);
      } finally {
        await patient.close();
      }
    },
    begin: (backupId) => database.transaction((on) => begin(on, backupId)),
    notePuts: (backupId, keys) => notePuts(database, backupId, keys),
    addPart: async (part) => {
      const added = await database.transaction((on) => addPart(on, part, putMsMax));
      announce();
      return added;
    },
    finish: (backupId) => database.transaction((on) => finish(on, backupId)),
    giveUp: () => database.transaction(giveUp),
    takeOut: async (backupId, limit) => {
      const taken = await database.transaction((on) => takeOut(on, backupId, limit));
      announce();
      return taken;
    },
    endTakenOut: (backupId) => database.transaction((on) => endTakenOut(on, backupId)),
    endKept: (backupId) => database.transaction((on) => endGivenUp(on, backupId)),
  };
}
