import { Failure } from "../errors.ts";
import { type TakeInPorts, takeIn } from "../jobs/take-in.ts";
import type { Catalog, LaneWork, Task } from "../ports.ts";

/** What tasks are done with. */
export type WorkerPorts = TakeInPorts & { readonly catalog: Pick<Catalog, "queue"> };

/** How much is done at once, and who is told of what should not have happened. */
export interface WorkerOptions {
  /** Files of uploads; 0: this process does no tasks at all. */
  readonly atOnce: number;
  readonly onError: (error: unknown) => void;
}

/** Does the tasks of the queue, so many at once, until it is stopped: then those in hand are done or given back. */
export async function runWorkers(ports: WorkerPorts, { atOnce, onError }: WorkerOptions): Promise<LaneWork> {
  const { queue } = ports.catalog;
  return queue.work("uploads", { atOnce }, async (task, signal) => {
    try {
      await perform(ports, task, signal);
    } catch (error) {
      if (!(error instanceof Failure || signal.aborted)) onError(error);
      throw error;
    }
  });
}

function perform(ports: WorkerPorts, task: Task, signal: AbortSignal): Promise<void> {
  switch (task.kind) {
    case "upload":
      return takeIn(ports, task.file, signal);
  }
}
