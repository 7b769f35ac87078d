import { Failure } from "../errors.ts";
import { type RenewalPorts, renewImage } from "../images/renew-image.ts";
import { type TakeInPorts, takeIn } from "../jobs/take-in.ts";
import type { Lane, LaneWork, Task } from "../ports.ts";

/** What tasks are done with. */
export type WorkerPorts = TakeInPorts & RenewalPorts;

/** How much is done at once, and who is told of what should not have happened. */
export interface WorkerOptions {
  /** Files of uploads; half as many images are derived anew beside them. */
  readonly atOnce: number;
  readonly onError: (error: unknown) => void;
}

/** Does the tasks of the queue, so many at once, until it is stopped: then those in hand are done or given back. */
export async function runWorkers(ports: WorkerPorts, { atOnce, onError }: WorkerOptions): Promise<LaneWork> {
  const work = (lane: Lane, lanesAtOnce: number): Promise<LaneWork> =>
    ports.catalog.queue.work(lane, { atOnce: lanesAtOnce }, async (task, signal) => {
      try {
        await perform(ports, task, signal);
      } catch (error) {
        if (!(error instanceof Failure || signal.aborted)) onError(error);
        throw error;
      }
    });
  const working = await Promise.all([work("uploads", atOnce), work("maintenance", Math.ceil(atOnce / 2))]);
  return {
    stop: async () => {
      await Promise.all(working.map((lane) => lane.stop()));
    },
  };
}

function perform(ports: WorkerPorts, task: Task, signal: AbortSignal): Promise<void> {
  switch (task.kind) {
    case "upload":
      return takeIn(ports, task.file, signal);
    case "renew":
      return renewImage(ports, task.imageId, signal);
  }
}
