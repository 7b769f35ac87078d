import { Gauge, type Registry } from "prom-client";
import { Failure } from "../errors.ts";
import type { LaneDepth, Queue } from "../ports.ts";

/** How many tasks of each lane are planned, wait, are in hand and were set aside, and how old the oldest of those waiting is. */
export function queueMetrics(registry: Registry, queue: Pick<Queue, "depths">): void {
  new Gauge({
    name: "utsuru_queue_tasks",
    help: "Tasks of the queue, by lane and state",
    labelNames: ["lane", "state"],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { lane, planned, waiting, running, setAside } of await depthsIfKnown(queue)) {
        this.set({ lane, state: "planned" }, planned);
        this.set({ lane, state: "waiting" }, waiting);
        this.set({ lane, state: "running" }, running);
        this.set({ lane, state: "set-aside" }, setAside);
      }
    },
  });
  new Gauge({
    name: "utsuru_queue_oldest_waiting_seconds",
    help: "For how long the oldest task of a lane has waited; 0 when none does",
    labelNames: ["lane"],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { lane, waitingSince } of await depthsIfKnown(queue))
        this.set({ lane }, waitingSince ? Math.max(0, Date.now() - waitingSince.getTime()) / 1000 : 0);
    },
  });
}

/** While the database is away the other figures are worth telling all the more. */
async function depthsIfKnown(queue: Pick<Queue, "depths">): Promise<readonly LaneDepth[]> {
  try {
    return await queue.depths();
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
