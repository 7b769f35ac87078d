import { cancelJob } from "../jobs/cancel-job.ts";
import { findJob, listJobs } from "../jobs/find-job.ts";
import type { App, Ports } from "./app.ts";
import { authentication, sessionOf } from "./authentication.ts";
import { answers, secured } from "./route-schemas.ts";
import { Job, JobPage, JobParams, PageQuery } from "./schemas.ts";
import { jobSummaryView, jobView } from "./views.ts";

/** The caller's jobs: list, look at, cancel. */
export function jobRoutes(app: App, ports: Ports): void {
  const onRequest = authentication(ports);
  app.get(
    "/api/jobs",
    {
      onRequest,
      schema: {
        operationId: "listJobs",
        tags: ["jobs"],
        summary: "Your own jobs, newest first",
        description: "Jobs are forgotten after 30 days.",
        security: secured,
        querystring: PageQuery,
        response: answers({ 200: JobPage }, [401, 422]),
      },
    },
    async (request) => {
      const page = await listJobs(ports, sessionOf(request).user, request.query);
      return { items: page.items.map(jobSummaryView), next: page.next ?? null };
    },
  );

  app.get(
    "/api/jobs/:id",
    {
      onRequest,
      schema: {
        operationId: "findJob",
        tags: ["jobs"],
        summary: "How far a job is, and what came of it so far",
        description:
          "An image that is in the results is found by searches of the server that answers this; by its parts alone a moment later.",
        security: secured,
        params: JobParams,
        response: answers({ 200: Job }, [401, 404, 422]),
      },
    },
    async (request) => jobView(await findJob(ports, request.params.id, sessionOf(request).user)),
  );

  app.delete(
    "/api/jobs/:id",
    {
      onRequest,
      schema: {
        operationId: "cancelJob",
        tags: ["jobs"],
        summary: "Cancel a job",
        description:
          "Files that are not done yet will not be; images of those that are done stay, and stay listed. A job that is over stays as it is.",
        security: secured,
        params: JobParams,
        response: answers({ 200: Job }, [401, 404, 422]),
      },
    },
    async (request) => {
      const { user } = sessionOf(request);
      await cancelJob(ports, request.params.id, user);
      return jobView(await findJob(ports, request.params.id, user));
    },
  );
}
