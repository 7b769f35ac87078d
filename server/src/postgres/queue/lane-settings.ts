import type { QueueOptions } from "pg-boss";
import type { Lane } from "../../ports.ts";

const minuteS = 60;
const dayS = 24 * 60 * minuteS;

/** Where tasks go that failed at every try; a queue that nobody works on. Its name also stands in the SQL of jobs.ts. */
export const asideName = "set-aside";

/** How long tasks set aside are kept for someone to look at. Jobs are forgotten after as long (worker/sweeper.ts). */
export const asideOptions: QueueOptions = { retentionSeconds: 30 * dayS, deleteAfterSeconds: 30 * dayS };

/**
 * A worker says every 7 s that it lives, and is taken for dead after 15: its tasks are handed out again. Pauses between tries
 * are 2, 4, 8 … s and at most 5 minutes, each up to half as long again by chance.
 */
const common: QueueOptions = {
  heartbeatSeconds: 15,
  retryDelay: 2,
  retryBackoff: true,
  retryDelayMax: 5 * minuteS,
  // A backlog waits however long it takes; what is done is of no more use (jobs keep their own results).
  retentionSeconds: 365 * dayS,
  deleteAfterSeconds: 10 * minuteS,
};

/** What a task of each lane may take, from being handed out to its end. */
export const laneOptions: Readonly<Record<Lane, QueueOptions>> = {
  uploads: { ...common, expireInSeconds: 5 * minuteS },
  maintenance: { ...common, expireInSeconds: 30 * minuteS },
};
