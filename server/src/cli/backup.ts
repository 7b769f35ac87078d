import type { Command } from "commander";
import type { BackupProgress, BackupReport } from "../backup/back-up-library.ts";
import { runLong } from "./long-run.ts";
import { duration } from "./progress-text.ts";

const help = `
The file is a tar archive of rows and pictures with the checksum of each (docs/backup.md). It is as the library was when the backup began, whatever is
uploaded meanwhile; what is deleted meanwhile is left out. Settings are those of the server; it may be running. Passwords are in it as hashes,
sessions and the secret that signs tokens are not: keep it like the database.
It is written as FILE.part and named when it is whole. The same command, run again after an interruption, begins with the library as it
is then, and takes the pictures that FILE.part has from there. A dash writes to standard output.
--json prints {id, takenAt, images, imagesTotal, objects, bytes, reused, deletedMeanwhile, counts, problems: [{imageId, key, detail}], seconds}.
Ends 0 when all is in the file, 1 when pictures are lost or damaged (the others are in it) or it could not be written.`;

/** How the command has the library backed up. */
export type BackUp = (
  file: string,
  options: { readonly signal: AbortSignal; readonly onProgress: (progress: BackupProgress) => void },
) => Promise<BackupReport>;

/** Adds `utsuru backup`. */
export function addBackup(program: Command, backUp: BackUp): void {
  program
    .command("backup")
    .description("write database, pictures and fingerprints into one file")
    .argument("<file>", "where to; must not be there yet")
    .option("--json", "print the outcome as JSON")
    .addHelpText("after", help)
    .action(async (file: string, given: { readonly json?: boolean }) => {
      if (!(await run(backUp, file, given.json ?? false))) process.exitCode = 1;
    });
}

/** Whether every picture is in the file. */
async function run(backUp: BackUp, file: string, json: boolean): Promise<boolean> {
  const { outcome, seconds } = await runLong({
    work: (options: Parameters<BackUp>[1]) => backUp(file, options),
    progressOf: ({ images, imagesTotal, bytes }) => ({ done: images, total: imagesTotal, bytes }),
    goOn: "The same command takes over what is written.",
  });
  // Where the file itself goes to standard output, what there is to say goes elsewhere.
  const output = file === "-" ? process.stderr : process.stdout;
  output.write(json ? `${JSON.stringify({ ...outcome, seconds })}\n` : inWords(outcome, seconds));
  const { problems } = outcome;
  if (!json) for (const { imageId, key, detail } of problems) process.stderr.write(`${imageId} ${key}: ${detail}\n`);
  if (problems.length > 0)
    process.stderr.write(`utsuru: ${problems.length} objects are lost or damaged; utsuru doctor says more.\n`);
  return problems.length === 0;
}

function inWords({ images, objects, bytes, reused, deletedMeanwhile }: BackupReport, seconds: number): string {
  const more = [
    ...(reused > 0 ? [`${reused} objects were taken from the interrupted backup`] : []),
    ...(deletedMeanwhile > 0 ? [`${deletedMeanwhile} images were deleted meanwhile`] : []),
  ];
  const counts = `Backed up images: ${images}, objects: ${objects}; ${(bytes / 1e6).toFixed(1)} MB in ${duration(seconds)}.`;
  return `${[counts, ...more.map((one) => `${one}.`)].join(" ")}\n`;
}
