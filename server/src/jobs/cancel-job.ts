import { discardObjects } from "../images/discard-objects.ts";
import type { Bucket, Catalog, Clock, User } from "../ports.ts";
import { noSuchJob } from "./find-job.ts";
import { incomingKey } from "./incoming-files.ts";

type Ports = { readonly catalog: Pick<Catalog, "jobs">; readonly bucket: Bucket; readonly clock: Clock };

/** Ends the owner's job: files that are not done yet will not be, those done stay. Throws `not-found`. */
export async function cancelJob({ catalog, bucket, clock }: Ports, id: string, owner: User): Promise<void> {
  const positions = await catalog.jobs.cancel(id, owner.id, clock.now());
  if (!positions) throw noSuchJob();
  await discardObjects(
    bucket,
    positions.map((position) => incomingKey({ jobId: id, position })),
  );
}
