import { Failure } from "../../errors.ts";
import type { JobProblem, Task } from "../../ports.ts";

/** Reads a task as the queue keeps it: it may have been put there by another version of this program. */
export function parseTask(data: unknown): Task {
  const { kind, file, imageId } = (data ?? {}) as {
    kind?: unknown;
    file?: { jobId?: unknown; position?: unknown };
    imageId?: unknown;
  };
  if (kind === "upload" && typeof file?.jobId === "string" && typeof file.position === "number")
    return { kind, file: { jobId: file.jobId, position: file.position } };
  if (kind === "renew" && typeof imageId === "string") return { kind, imageId };
  throw new Error(`The queue holds a task that this version does not know: ${JSON.stringify(data)}.`);
}

/** Why a try failed, as it is kept with the task and told to whose it is. */
export function problemOfError(error: unknown): JobProblem {
  if (error instanceof Failure) return { code: error.code, detail: error.message };
  return { code: "internal", detail: "Something went wrong that should not have; the log says what." };
}

/** Reads why a task was set aside; a worker that died left no word of ours. */
export function parseProblem(output: unknown): JobProblem {
  const { code, detail } = (output ?? {}) as { code?: JobProblem["code"]; detail?: string };
  return code && detail ? { code, detail } : workerLost;
}

const workerLost: JobProblem = {
  code: "internal",
  detail: "The program that worked on it ended in the middle, each time.",
};
