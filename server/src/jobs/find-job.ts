import { Failure } from "../errors.ts";
import { type AskedPage, pageByCursor } from "../images/page-by-cursor.ts";
import type { Catalog, Image, Job, JobResult, Page, User } from "../ports.ts";
import type { SearchIndex } from "../search/search-index.ts";

/** A job, what came of its files so far, and the images they became, as far as those are still there, by id. */
export interface JobWithResults extends Job {
  readonly results: readonly JobResult[];
  readonly images: ReadonlyMap<string, Image>;
}

type Ports = { readonly catalog: Pick<Catalog, "jobs" | "images">; readonly index: Pick<SearchIndex, "add"> };

/**
 * The owner's job. What it says was created is found by this server's searches from then on, whichever process took it in.
 * Throws `not-found`, the same for a job that is not there and one of another.
 */
export async function findJob({ catalog, index }: Ports, id: string, owner: User): Promise<JobWithResults> {
  const job = await catalog.jobs.find(id, owner.id);
  if (!job) throw noSuchJob();
  const results = await catalog.jobs.results(id); // afterwards: of a job that is done, everything
  const ids = results.flatMap(({ outcome }) => (outcome.kind === "rejected" ? [] : [outcome.imageId]));
  const images = await catalog.images.findMany(ids, owner);
  for (const image of images) index.add(image);
  return { ...job, results, images: new Map(images.map((image) => [image.id, image])) };
}

/** One page of a person's own jobs, newest first. Throws `invalid-request` for a cursor of no list. */
export function listJobs({ catalog }: Pick<Ports, "catalog">, owner: User, page: AskedPage): Promise<Page<Job>> {
  return pageByCursor(page, (from) => catalog.jobs.list(owner.id, from));
}

/** Said of a job that is not there, or not the caller's. */
export function noSuchJob(): Failure {
  return new Failure("not-found", "There is no such job.");
}
