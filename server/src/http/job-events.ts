import { Readable } from "node:stream";
import Type from "typebox";
import { Failure } from "../errors.ts";
import { findJob } from "../jobs/find-job.ts";
import { watchJob } from "../jobs/watch-job.ts";
import type { User } from "../ports.ts";
import type { App, Ports } from "./app.ts";
import { authentication, sessionOf } from "./authentication.ts";
import { requestSignal } from "./request-signal.ts";
import { answers, secured } from "./route-schemas.ts";
import { JobParams } from "./schemas.ts";
import { jobSummaryView, jobView } from "./views.ts";

/** Proxies and clients give up connections that are silent for about a minute. */
const heartbeatMs = 15_000;
/** A token is checked when a stream is opened: so long it may be used after it has ended. Clients open the next one. */
const lifeMs = 5 * 60_000;
const streamsMax = { server: 64, person: 8 };

const eventsAnswer = Type.Unsafe<Readable>({
  description:
    "`progress` with a JobSummary, at once and whenever the job has come further; `end` with the Job when it is over, and then the stream ends.",
  content: { "text/event-stream": { schema: { type: "string" } } },
});

/** A job's progress as server-sent events (WHATWG HTML, 9.2). */
export function jobEvents(app: App, ports: Ports): void {
  const onRequest = authentication(ports);
  const streams = openStreams();
  const closing = new AbortController();
  app.addHook("preClose", async () => closing.abort());
  app.get(
    "/api/jobs/:id/events",
    {
      onRequest,
      schema: {
        operationId: "watchJob",
        tags: ["jobs"],
        summary: "A job's progress as server-sent events",
        description:
          "Needs the Authorization header, so read it with fetch. A stream ends after five minutes, and when the server ends: open another, which begins with how things stand.",
        security: secured,
        params: JobParams,
        response: answers({ 200: eventsAnswer }, [401, 404, 422, 503]),
      },
    },
    async (request, reply) => {
      const { user } = sessionOf(request);
      const { id } = request.params;
      await findJob(ports, id, user); // what is not there is answered before a stream begins
      const signal = AbortSignal.any([requestSignal(reply), closing.signal, AbortSignal.timeout(lifeMs)]);
      const free = streams.take(user.id);
      reply.raw.once("close", free);
      // Its connection ends with it, or a closing server would wait for the client to let go of it.
      reply.headers({ "content-type": "text/event-stream", "x-accel-buffering": "no", connection: "close" });
      return reply.send(Readable.from(events(ports, { id, owner: user }, signal)));
    },
  );
}

async function* events(
  ports: Ports,
  what: { readonly id: string; readonly owner: User },
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield "retry: 1000\n\n";
  let spokeAt = Date.now();
  try {
    for await (const job of watchJob(ports, what, signal)) {
      if (job?.finishedAt) yield event("end", jobView(await findJob(ports, what.id, what.owner)));
      else if (job) yield event("progress", jobSummaryView(job));
      else if (Date.now() - spokeAt > heartbeatMs) yield ":\n\n";
      else continue;
      spokeAt = Date.now();
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error; // the database is away: the client comes again
  }
}

/** JSON has no line ends, so that it is one field. */
function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Counts streams that are open, each of which costs the database two questions a second. */
function openStreams(): { take(personId: string): () => void } {
  const open = new Map<string, number>();
  let count = 0;
  return {
    take: (personId) => {
      const own = open.get(personId) ?? 0;
      if (count >= streamsMax.server || own >= streamsMax.person)
        throw new Failure("overloaded", "Too many jobs are being watched; ask for the job itself now and then.", {
          retryAfterS: 5,
        });
      count++;
      open.set(personId, own + 1);
      return () => {
        count--;
        const left = (open.get(personId) ?? 1) - 1;
        if (left > 0) open.set(personId, left);
        else open.delete(personId);
      };
    },
  };
}
