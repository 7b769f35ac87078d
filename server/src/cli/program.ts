import { availableParallelism } from "node:os";
import { type HashName, hashNames } from "@utsuru/core/hash-pixels";
import { Command, type CommanderError, InvalidArgumentError, Option } from "commander";
import type { Decoder } from "../ports.ts";
import { addBackup, type BackUp } from "./backup.ts";
import { addBucket, type CopyBuckets } from "./bucket-copy.ts";
import { compareFiles } from "./compare-files.ts";
import { addDoctor, type LendLibrary } from "./doctor.ts";
import { printDuplicates } from "./duplicates.ts";
import { hashFiles } from "./hash-files.ts";
import { addImport } from "./import/import-command.ts";
import { addJobs, type LendQueue } from "./jobs.ts";
import { addRestore, type RestoreRoles } from "./restore.ts";

/** What the commands work with. */
export interface Roles extends RestoreRoles {
  serve(): Promise<void>;
  work(): Promise<void>;
  lendQueue: LendQueue;
  lendLibrary: LendLibrary;
  /** Decodes so many pictures at once; 1 by default. */
  openDecoder(processes?: number): Decoder;
  readonly copyBuckets: CopyBuckets;
  readonly backUp: BackUp;
  /** Whether a file that begins so is a picture that can be kept. */
  isPicture(head: Buffer): boolean;
  /** The settings of whoever runs the command. */
  environment(): Readonly<Record<string, string | undefined>>;
}

const wrongUsage = 2;
const processesMax = 8;
const duplicatesHelp = `A line: {head, members: [{file, verdict, score, distance, orientation, inverted, width, height, bytes}], best}.
Every member is a copy of the head; best is the file to keep: most pixels, then most bytes, then first by name.
orientation and inverted say what was done to the head to get the member. Files that are no pictures are listed at
the end on standard error, and give exit code 1.`;
const usualHashes: readonly HashName[] = ["pdq", "dct256", "dct256Trimmed"];

/** The command line. Results go to standard output, everything else to standard error; it ends 0, 1 on failure, 2 on wrong usage. */
export function buildProgram(roles: Roles): Command {
  const program = new Command("utsuru")
    .description("A self-hosted image repository that finds copies")
    .showHelpAfterError("(add --help for the usage)")
    .exitOverride(exit);
  program
    .command("serve")
    .description("run the server; settings come from the environment (UTSURU_…), see the README")
    .action(() => roles.serve());
  program
    .command("work")
    .description("do tasks of the queue without serving; shares database and bucket with servers, by the same settings")
    .action(() => roles.work());
  program
    .command("hash")
    .description("print the fingerprint of each file, one JSON line a file")
    .argument("<file...>", "pictures: JPEG, PNG, GIF, WebP, AVIF")
    .addOption(
      new Option("-a, --algorithm <name>", `which hash, may be given several times: ${hashNames.join(", ")}`).argParser(
        collectHashes,
      ),
    )
    .addHelpText("after", "\nWithout --algorithm: pdq, dct256, and dct256Trimmed where there are flat borders.")
    .action((files: string[], { algorithm }: { algorithm?: HashName[] }) =>
      withDecoder(roles, (decoder) => hashFiles(decoder, files, algorithm ?? usualHashes)),
    );
  program
    .command("compare")
    .description("print distance, score, verdict and orientation of two files as JSON")
    .argument("<a>", "a picture")
    .argument("<b>", "the picture that a may be a copy of")
    .action((a: string, b: string) => withDecoder(roles, (decoder) => compareFiles(decoder, a, b)));
  addJobs(program, roles.lendQueue);
  addDoctor(program, roles.lendLibrary);
  addDuplicates(program, roles);
  addImport(program, roles);
  addBucket(program, roles.copyBuckets);
  addBackup(program, roles.backUp);
  addRestore(program, roles);
  return program;
}

function addDuplicates(program: Command, roles: Roles): void {
  const processes = Math.min(processesMax, availableParallelism());
  program
    .command("duplicates")
    .description("print the groups of copies in a folder, one JSON line a group; needs no server")
    .argument("<folder>", "looked through with the folders in it; links are not followed")
    .addHelpText("after", `\n${duplicatesHelp}`)
    .action((folder: string) =>
      withDecoder(roles, (decoder) => printDuplicates(decoder, folder, 2 * processes), processes),
    );
}

async function withDecoder(
  roles: Roles,
  use: (decoder: Decoder) => Promise<boolean>,
  processes: number = 1,
): Promise<void> {
  const decoder = roles.openDecoder(processes);
  try {
    if (!(await use(decoder))) process.exitCode = 1;
  } finally {
    await decoder.close();
  }
}

function exit(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? 0 : wrongUsage);
}

function collectHashes(text: string, before: HashName[] = []): HashName[] {
  const name = hashNames.find((known) => known === text);
  if (!name) throw new InvalidArgumentError(`Allowed are ${hashNames.join(", ")}.`);
  return [...before, name];
}
