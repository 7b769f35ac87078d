import type { Command } from "commander";
import type { CheckProgress } from "../backup/check-backup.ts";
import type { RestoreProgress, RestoreReport } from "../backup/restore-library.ts";
import { runLong } from "./long-run.ts";
import { duration } from "./progress-text.ts";

const help = `
Settings say where to, as for the server: UTSURU_DATABASE_URL or the embedded database of UTSURU_DATA, UTSURU_BUCKET; another kind of either
than the backup was made from will do. The database must be empty. Images, their ids, fingerprints, accounts and password hashes come back; everyone logs in again.
Each picture is compared with its checksum before the database names it, and there is never a part of an image. The same command, run again after
an interruption, goes on. A server may be running, but let nobody register meanwhile. A dash reads standard input.
--check reads the whole file, says whether it is good, and needs no database.
--json prints {images, imagesTotal, objects, bytes, seconds, backupId, takenAt}, with present, passedOver and withoutThumbnail without --check.`;

interface LongOptions<Progress> {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** How the command has a backup restored. */
export type Restore = (file: string, options: LongOptions<RestoreProgress>) => Promise<RestoreReport>;

/** How the command has a backup checked. */
export type CheckBackup = (
  file: string,
  options: LongOptions<CheckProgress>,
) => Promise<CheckProgress & { readonly backupId: string; readonly takenAt: Date }>;

interface Given {
  readonly check?: boolean;
  readonly json?: boolean;
}

/** Adds `utsuru restore`. */
export function addRestore(
  program: Command,
  roles: { readonly restore: Restore; readonly checkBackup: CheckBackup },
): void {
  program
    .command("restore")
    .description("bring a backup into an empty database and a store")
    .argument("<file>", "what utsuru backup wrote")
    .option("--check", "only read the file and say whether it is good")
    .option("--json", "print the outcome as JSON")
    .addHelpText("after", help)
    .action((file: string, { check = false, json = false }: Given) =>
      check ? checkOnly(roles.checkBackup, file, json) : restoreAll(roles.restore, file, json),
    );
}

async function checkOnly(checkBackup: CheckBackup, file: string, json: boolean): Promise<void> {
  const { outcome, seconds } = await runLong({
    work: (options: Parameters<CheckBackup>[1]) => checkBackup(file, options),
    progressOf,
    goOn: "Not all of the file was read.",
  });
  const { images, objects, bytes, takenAt } = outcome;
  const words = `The backup of ${takenAt.toISOString()} is good: images: ${images}, objects: ${objects}; ${megabytes(bytes)} in ${duration(seconds)}.`;
  process.stdout.write(`${json ? JSON.stringify({ ...outcome, seconds }) : words}\n`);
}

async function restoreAll(restore: Restore, file: string, json: boolean): Promise<void> {
  const { outcome, seconds } = await runLong({
    work: (options: Parameters<Restore>[1]) => restore(file, options),
    progressOf,
    goOn: "The same command goes on where this one ended.",
  });
  process.stdout.write(json ? `${JSON.stringify({ ...outcome, seconds })}\n` : inWords(outcome, seconds));
}

function progressOf({ images, imagesTotal, bytes }: CheckProgress) {
  return { done: images, total: imagesTotal, bytes };
}

function inWords(report: RestoreReport, seconds: number): string {
  const { images, objects, bytes, present, passedOver, withoutThumbnail, restoredBefore } = report;
  if (restoredBefore)
    return `This backup was restored here on ${restoredBefore.toISOString()}; there is nothing to do.\n`;
  const more = [
    ...(present > 0 ? [`${present} of the images an earlier run had brought in.`] : []),
    ...(passedOver > 0 ? [`${passedOver} were uploaded here by their owners meanwhile, and stay as they are.`] : []),
    ...(withoutThumbnail > 0 ? [`${withoutThumbnail} lack their thumbnail: utsuru doctor --repair makes them.`] : []),
  ];
  const counts = `Restored images: ${images}, objects: ${objects}; ${megabytes(bytes)} in ${duration(seconds)}.`;
  return `${[counts, ...more].join(" ")}\n`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
