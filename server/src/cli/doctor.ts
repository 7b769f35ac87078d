import type { Command } from "commander";
import { type Examined, examineLibrary, type LibraryPorts } from "../doctor/examine-library.ts";
import type { Finding } from "../doctor/finding.ts";
import { Failure, StartError } from "../errors.ts";
import { waitForInterrupts } from "./interrupts.ts";
import { ProgressLine } from "./progress-line.ts";

/** Lends the library that the settings name, beside a server that runs or without one. */
export type LendLibrary = (use: (ports: LibraryPorts) => Promise<boolean>) => Promise<boolean>;

interface Given {
  readonly repair?: boolean;
  readonly json?: boolean;
}

const help = `
Reads every original and thumbnail and compares its checksum, takes fingerprints and features of parts anew, searches with each picture, as a whole
and for parts, and lists the store. Settings are those of the server; it may be running. --repair makes thumbnails, fingerprints and features anew,
notes which versions of its objects the store has after a move, and deletes what crashes left; objects that the database knows nothing of are told, never deleted.
--json prints a line {kind, imageId?, key?, detail, mended} for each finding and at the end {images, objects, waiting, findings, mended}.
Images whose parts or thumbnail a server is yet to make, as after an import, are counted as waiting and are no findings.
Ends 0 when all is well or mended, 1 when something is wrong.`;

/** Adds `utsuru doctor`. */
export function addDoctor(program: Command, lendLibrary: LendLibrary): void {
  program
    .command("doctor")
    .description("check that database, store and index agree")
    .option("--repair", "mend what can be mended")
    .option("--json", "print findings as JSON lines")
    .addHelpText("after", help)
    .action(async (given: Given) => {
      if (!(await lendLibrary((ports) => examine(ports, given)))) process.exitCode = 1;
    });
}

/** Whether all is well in the end. */
async function examine(ports: LibraryPorts, { repair = false, json = false }: Given): Promise<boolean> {
  const line = new ProgressLine();
  const interrupts = waitForInterrupts(() => {});
  let examined: Examined = { images: 0, objects: 0, waiting: 0 };
  const [print, printEnd] = json ? [printJson, printJson] : [printWords, printSummary];
  const count = { findings: 0, mended: 0 };
  const onProgress = (now: Examined): void => {
    examined = { ...now };
    line.show(() => `examined images: ${now.images}, objects: ${now.objects}; findings: ${count.findings}`);
  };
  try {
    for await (const finding of examineLibrary(ports, { repair, signal: interrupts.stopping, onProgress })) {
      line.clear();
      count.findings++;
      if (finding.mended) count.mended++;
      print(finding);
    }
  } catch (error) {
    throw new StartError(reasonToEnd(error, interrupts.stopping), { cause: error });
  } finally {
    interrupts.forget();
    line.clear();
  }
  printEnd({ ...examined, ...count });
  return count.findings === count.mended;
}

/** Why an examination ended before its end; rethrows what is no expected reason. */
function reasonToEnd(error: unknown, stopping: AbortSignal): string {
  if (stopping.aborted) return "Interrupted: not everything was examined.";
  if (error instanceof Failure) return `The examination cannot go on: ${error.message}`;
  throw error;
}

type Summary = Examined & { readonly findings: number; readonly mended: number };

function printJson(what: Finding | Summary): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

function printWords({ kind, imageId, key, detail, mended }: Finding): void {
  const of = imageId ?? key;
  process.stdout.write(`${kind}${of ? ` ${of}` : ""}: ${detail}${mended ? " Mended." : ""}\n`);
}

function printSummary({ images, objects, waiting, findings, mended }: Summary): void {
  const outcome = findings === 0 ? "All is well." : `Findings: ${findings}, mended: ${mended}.`;
  const left = waiting === 0 ? "" : ` Found as wholes, but maintenance has yet to come to them: ${waiting}.`;
  process.stdout.write(`Examined images: ${images}, objects: ${objects}. ${outcome}${left}\n`);
}
