import { Command } from "commander";
import type { Queue } from "../ports.ts";

/** Lends the queue of the library that the settings name. */
export type LendQueue = (use: (queue: Queue) => Promise<boolean>) => Promise<boolean>;

const listedMax = 10_000;
const help = `A line without --dead: {lane, planned, waiting, running, setAside, waitingSince}; with it: {id, lane, task, tries, since, problem}.
Settings are those of the server, UTSURU_DATA or UTSURU_DATABASE_URL; it may be running.`;

/** `utsuru jobs`: what the queue has to do, what it gave up, and how to set that going again. */
export function addJobs(program: Command, lendQueue: LendQueue): void {
  const jobs = program
    .command("jobs")
    .description("print how much each lane of the queue has to do, as JSON lines")
    .option("--dead", "print the tasks that were set aside after their last try, the oldest first")
    .addHelpText("after", `\n${help}`)
    .action(({ dead }: { dead?: true }) => run(lendQueue, dead ? printSetAside : printDepths));
  jobs.addCommand(
    new Command("retry")
      .description("put tasks that were set aside back into their lanes")
      .argument("[id...]", "as printed by --dead; all without any")
      .action((ids: string[]) => run(lendQueue, (queue) => retry(queue, ids))),
  );
}

async function run(lendQueue: LendQueue, use: (queue: Queue) => Promise<boolean>): Promise<void> {
  if (!(await lendQueue(use))) process.exitCode = 1;
}

async function printDepths(queue: Queue): Promise<boolean> {
  for (const depth of await queue.depths()) print({ ...depth, waitingSince: depth.waitingSince ?? null });
  return true;
}

async function printSetAside(queue: Queue): Promise<boolean> {
  for (const task of await queue.setAside(listedMax)) print(task);
  return true;
}

async function retry(queue: Queue, ids: readonly string[]): Promise<boolean> {
  const retried = await queue.retry(ids.length > 0 ? ids : undefined);
  print({ retried });
  if (retried >= ids.length) return true;
  process.stderr.write(`utsuru: ${ids.length - retried} of ${ids.length} tasks are not set aside.\n`);
  return false;
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
