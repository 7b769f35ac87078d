import { Failure } from "../errors.ts";
import { type RenewalPorts, renewImage } from "../images/renew-image.ts";
import { type TakeInPorts, takeIn } from "../jobs/take-in.ts";
import type { Lane, LaneWork, Task } from "../ports.ts";

/** What tasks are done with. Files of uploads are read as those of requests are; an image is derived anew when no other picture is to be read. */
export type WorkerPorts = TakeInPorts &
  RenewalPorts & { readonly decoder: { readonly background: RenewalPorts["decoder"] } };

/** How much is done at once, and who is told of what should not have happened. */
export interface WorkerOptions {
  /** Files of uploads, and as many images that are derived anew. */
  readonly atOnce: number;
  readonly onError: (error: unknown) => void;
}

/** Does the tasks of the queue, so many at once, until it is stopped: then those in hand are done or given back. */
export async function runWorkers(ports: WorkerPorts, { atOnce, onError }: WorkerOptions): Promise<LaneWork> {
  const work = (lane: Lane): Promise<LaneWork> =>
    ports.catalog.queue.work(lane, { atOnce }, async (task, signal) => {
      try {
        await perform(ports, task, signal);
      } catch (error) {
        if (!(error instanceof Failure || signal.aborted)) onError(error);
        throw error;
      }
    });
  const working = await Promise.all([work("uploads"), work("maintenance")]);
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
      return renewImage({ ...ports, decoder: ports.decoder.background }, task.imageId, signal);
  }
}
