import { type Command, InvalidArgumentError } from "commander";
import { Failure, StartError } from "../errors.ts";
import type { CopyProgress, CopyReport } from "../ports.ts";
import { waitForInterrupts } from "./interrupts.ts";
import { ProgressLine } from "./progress-line.ts";
import { duration, ProgressText } from "./progress-text.ts";

const help = `
A bucket is named as in UTSURU_BUCKET: file:///path, gs://bucket/prefix or s3://bucket/prefix; the settings UTSURU_GCS_… and
UTSURU_S3_… hold for both. What is there with the same size is passed over, so the same command, run again, goes on where
the last run ended; every object that is copied is compared by its checksum. Nothing is ever replaced or deleted.
--json prints {objects, copied, present, failed, bytesCopied, seconds, isWhole, faults: [{key, detail}]}, at most a hundred faults.
To move a library: copy while the server runs, stop it, copy once more, start it with UTSURU_BUCKET set to the new place.
utsuru doctor --repair then notes which versions of its objects the new store has.`;

/** How the command has a bucket copied: by their URLs. Rejects with the signal's reason when that aborts. */
export type CopyBuckets = (
  from: string,
  to: string,
  options: {
    readonly signal: AbortSignal;
    readonly concurrency: number;
    readonly verify: "size" | "checksum";
    readonly onProgress: (progress: CopyProgress) => void;
  },
) => Promise<CopyReport>;

interface Given {
  readonly verify?: boolean;
  readonly json?: boolean;
  readonly atOnce: number;
}

const atOnceUsual = 8;
const atOnceMax = 64;

/** Adds `utsuru bucket copy`. */
export function addBucket(program: Command, copyBuckets: CopyBuckets): void {
  program
    .command("bucket")
    .description("work on stores of pictures")
    .command("copy")
    .description("copy every picture from one store to another")
    .argument("<from>", "the store that is read", parseStore)
    .argument("<to>", "the store that is filled", parseStore)
    .option("--verify", "read what is there already and compare it by checksum too")
    .option("--at-once <count>", "objects under way at once", parseAtOnce, atOnceUsual)
    .option("--json", "print the outcome as JSON")
    .addHelpText("after", help)
    .action(async (from: string, to: string, given: Given) => {
      if (!(await copy(copyBuckets, { from, to, given }))) process.exitCode = 1;
    });
}

async function copy(
  copyBuckets: CopyBuckets,
  { from, to, given }: { readonly from: string; readonly to: string; readonly given: Given },
): Promise<boolean> {
  if (from === to) throw new StartError("The two stores are one and the same; there is nothing to copy");
  const line = new ProgressLine();
  const text = new ProgressText("objects");
  const start = performance.now();
  const interrupts = waitForInterrupts(() => {});
  let last: CopyReport = { objects: 0, copied: 0, present: 0, failed: 0, bytesCopied: 0, faults: [] };
  const onProgress = (progress: CopyProgress): void => {
    last = { ...progress, faults: [] };
    const remark = progress.failed > 0 ? { remark: `${progress.failed} problems` } : {};
    const now = { done: progress.objects, total: undefined, bytes: progress.bytesCopied, ...remark };
    line.show(() => text.at(now, performance.now()));
  };
  const verify = given.verify ? "checksum" : "size";
  const options = { signal: interrupts.stopping, concurrency: given.atOnce, verify, onProgress } as const;
  let why: string | undefined;
  try {
    last = await copyBuckets(from, to, options);
  } catch (error) {
    why = reasonToEnd(error, interrupts.stopping);
  } finally {
    interrupts.forget();
    line.clear();
  }
  report(last, { json: given.json ?? false, seconds: (performance.now() - start) / 1000, isWhole: why === undefined });
  if (why !== undefined) process.stderr.write(`utsuru: ${why} The same command goes on where this one ended.\n`);
  return why === undefined && last.failed === 0;
}

/** Why a copy ended before its end; rethrows what is no expected reason, or means that it never began. */
function reasonToEnd(error: unknown, stopping: AbortSignal): string {
  if (stopping.aborted) return "Interrupted.";
  if (error instanceof Failure) return error.message;
  throw error;
}

function report(
  { faults, ...counts }: CopyReport,
  { json, seconds, isWhole }: { readonly json: boolean; readonly seconds: number; readonly isWhole: boolean },
): void {
  const problems = faults.map(({ key, error }) => ({
    key,
    detail: error instanceof Error ? error.message : String(error),
  }));
  if (json) {
    const line = { ...counts, seconds: Number(seconds.toFixed(1)), isWhole, faults: problems };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    return;
  }
  for (const { key, detail } of problems) process.stderr.write(`${key}: ${detail}\n`);
  process.stdout.write(
    `${counts.copied} copied, ${counts.present} were there already, ${counts.failed} could not be copied; ${(counts.bytesCopied / 1e6).toFixed(1)} MB in ${duration(seconds)}.\n`,
  );
}

function parseAtOnce(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= atOnceMax) return count;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${atOnceMax}.`);
}

/** The URL of a store, in one spelling. */
function parseStore(text: string): string {
  const url = URL.parse(text);
  if (url && ["file:", "gs:", "s3:"].includes(url.protocol)) return url.href.replace(/\/+$/, "");
  throw new InvalidArgumentError("It must look like file:///path, gs://bucket/prefix or s3://bucket/prefix.");
}
