import { setTimeout as delay } from "node:timers/promises";
import type { Catalog, Job, User } from "../ports.ts";
import { noSuchJob } from "./find-job.ts";

/** How often a watched job is looked at: whoever works on it may be another process. */
const lookMs = 500;

/**
 * The owner's job now, and again whenever it has come further, until it is over or the signal aborts; `undefined` at every look
 * in between that found nothing new. Throws `not-found`.
 */
export async function* watchJob(
  { catalog }: { readonly catalog: Pick<Catalog, "jobs"> },
  what: { readonly id: string; readonly owner: User },
  signal: AbortSignal,
): AsyncGenerator<Job | undefined> {
  let last = "";
  while (!signal.aborted) {
    const job = await catalog.jobs.find(what.id, what.owner.id);
    if (!job) throw noSuchJob();
    const now = `${job.state} ${job.progress.done}`;
    yield now === last ? undefined : job;
    if (job.finishedAt) return;
    last = now;
    await delay(lookMs, undefined, { signal }).catch(() => {}); // the signal ends the wait by rejecting it
  }
}
