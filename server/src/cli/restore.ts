import { type Command, Option } from "commander";
import type { CheckProgress } from "../backup/check-backup.ts";
import type { Kept, TakenOut, TakeOutProgress } from "../backup/give-up-restore.ts";
import type { RestoreProgress, RestoreReport } from "../backup/restore-library.ts";
import { runLong } from "./long-run.ts";
import { duration } from "./progress-text.ts";

const help = `
Settings say where to, as for the server: UTSURU_DATABASE_URL or the embedded database of UTSURU_DATA, UTSURU_BUCKET; another kind of either
than the backup was made from will do. The database must be empty. Images, their ids, fingerprints, accounts and password hashes come back; everyone logs in again.
Each picture is compared with its checksum before the database names it, and there is never a part of an image. The same command, run again after
an interruption, goes on. A server may be running, but let nobody register meanwhile. A dash reads standard input.
--check reads the whole file, says whether it is good, and needs no database.
--abandon and --keep give up a restore that was interrupted, and need no file: --abandon takes out what it has brought in, so that another backup can be
restored here, and leaves what was uploaded meanwhile; --keep ends it with the images that are there, as when the rest of the file is damaged.
--json prints {images, imagesTotal, objects, bytes, seconds, backupId, takenAt}, with present, passedOver and withoutThumbnail without --check;
for --abandon {backupId, images, left: {people, images}, seconds}, for --keep {backupId, images}.`;

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

/** How the command has an interrupted restore taken out again. */
export type AbandonRestore = (options: LongOptions<TakeOutProgress>) => Promise<TakenOut>;

/** How the command has an interrupted restore ended with what is there. */
export type KeepRestored = () => Promise<Kept>;

/** What the command works with. */
export interface RestoreRoles {
  readonly restore: Restore;
  readonly checkBackup: CheckBackup;
  readonly abandonRestore: AbandonRestore;
  readonly keepRestored: KeepRestored;
}

interface Given {
  readonly check?: boolean;
  readonly abandon?: boolean;
  readonly keep?: boolean;
  readonly json?: boolean;
}

/** Adds `utsuru restore`. */
export function addRestore(program: Command, roles: RestoreRoles): void {
  const command = program
    .command("restore")
    .description("bring a backup into an empty database and a store")
    .argument("[file]", "what utsuru backup wrote")
    .addOption(new Option("--check", "only read the file and say whether it is good").conflicts(["abandon", "keep"]))
    .addOption(new Option("--abandon", "take an interrupted restore out again").conflicts("keep"))
    .option("--keep", "end an interrupted restore with the images that are there")
    .option("--json", "print the outcome as JSON")
    .addHelpText("after", help)
    .action(async (file: string | undefined, given: Given) => {
      const json = given.json ?? false;
      const needsFile = !(given.abandon || given.keep);
      if (needsFile !== (file !== undefined))
        command.error(needsFile ? "error: a file is needed" : "error: no file is needed");
      if (given.abandon) await abandon(roles.abandonRestore, json);
      else if (given.keep) await keep(roles.keepRestored, json);
      else if (given.check) await checkOnly(roles.checkBackup, file ?? "", json);
      else await restoreAll(roles.restore, file ?? "", json);
    });
}

async function abandon(abandonRestore: AbandonRestore, json: boolean): Promise<void> {
  const { outcome, seconds } = await runLong({
    work: abandonRestore,
    progressOf: ({ images, imagesTotal }: TakeOutProgress) => ({ done: images, total: imagesTotal, bytes: 0 }),
    goOn: "The same command goes on where this one ended.",
  });
  const { backupId, images, left } = outcome;
  const now =
    left.people + left.images === 0
      ? "The library is empty again."
      : `Not from the backup, and still here: accounts: ${left.people}, images: ${left.images}.`;
  const words = `Abandoned the restore of ${backupId}. Images taken out: ${images}, in ${duration(seconds)}. ${now}`;
  process.stdout.write(`${json ? JSON.stringify({ ...outcome, seconds }) : words}\n`);
}

async function keep(keepRestored: KeepRestored, json: boolean): Promise<void> {
  const outcome = await keepRestored();
  const words = `Ended the restore of ${outcome.backupId} with what is here: images: ${outcome.images}.`;
  process.stdout.write(`${json ? JSON.stringify(outcome) : words}\n`);
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
    ...(withoutThumbnail > 0 ? [`${withoutThumbnail} lack their thumbnail: it is made when someone looks at it.`] : []),
  ];
  const counts = `Restored images: ${images}, objects: ${objects}; ${megabytes(bytes)} in ${duration(seconds)}.`;
  return `${[counts, ...more].join(" ")}\n`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
