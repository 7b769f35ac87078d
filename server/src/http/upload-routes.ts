import type { FastifyRequest } from "fastify";
import pLimit from "p-limit";
import type { Static } from "typebox";
import { Failure, mayPass } from "../errors.ts";
import { type PartsWhen, partsWhen, type Submission, uploadImage } from "../images/upload-image.ts";
import { acceptUpload } from "../jobs/accept-upload.ts";
import { findJob } from "../jobs/find-job.ts";
import type { User, Visibility } from "../ports.ts";
import type { App, Ports, Room } from "./app.ts";
import { authentication, sessionOf } from "./authentication.ts";
import { problemOf } from "./problems.ts";
import { type Form, type FormFile, withForm } from "./receive-form.ts";
import { requestSignal } from "./request-signal.ts";
import { answers, bodies, secured } from "./route-schemas.ts";
import { Job, PreferHeader, UploadAnswer, UploadForm } from "./schemas.ts";
import { imageView, jobView } from "./views.ts";

type Result = Static<typeof UploadAnswer>["results"][number];

const filesMax = 32;
/** Files of one request that are worked on at once: as many as there are decoders by default. */
const concurrency = 2;

/** Upload pictures. */
export function uploadRoutes(app: App, { ports, options }: Room): void {
  const onRequest = authentication(ports);
  const rules = { filesMin: 1, filesMax, bytesMax: options.uploadBytesMax, fields: ["visibility", "parts"] };
  app.post(
    "/api/upload",
    {
      onRequest,
      schema: {
        operationId: "upload",
        tags: ["images"],
        summary: "Upload 1 to 32 pictures",
        description:
          "201 when any was created, 200 when all were there already (same owner, same bytes), 422 with the same shape when all were rejected. " +
          "With `Prefer: respond-async` (RFC 7240) the answer is 202 with a job as soon as the files are safe; they are taken in afterwards. " +
          "With the field `parts=later` the answer comes sooner: the images are found as wholes at once, by their parts some minutes later, and thumbnails are made by then or when first asked for.",
        security: secured,
        body: bodies({ form: UploadForm }),
        headers: PreferHeader,
        response: answers(
          { 201: UploadAnswer, 200: UploadAnswer, 202: Job, 422: UploadAnswer },
          [400, 401, 408, 413, 415, 422, 503, 507],
        ),
      },
    },
    async (request, reply) => {
      const owner = sessionOf(request).user;
      const signal = requestSignal(reply);
      await ports.staging.checkRoom(); // before the body is read: a disk that is filled to the last cannot even delete pictures
      const receiving = { staging: ports.staging, rules, signal };
      if (prefersAsync(request.headers.prefer)) {
        await ports.catalog.jobs.checkRoom(owner.id, 1); // before the body, which may be 2 GB, is read for nothing
        const id = await withForm(request, receiving, (form) => {
          if (partsOf(form) === "later") throw badField("parts", "is for uploads that wait for their answer");
          return acceptUpload(ports, { files: form.files, visibility: visibilityOf(form), owner }, signal);
        });
        reply.code(202).headers({ location: `/api/jobs/${id}`, "preference-applied": "respond-async" });
        return reply.send(jobView(await findJob(ports, id, owner)));
      }
      const results = await withForm(request, receiving, async (form) => {
        const how = { owner, visibility: visibilityOf(form), parts: partsOf(form), request };
        const present = await presentOf(ports, form.files, owner);
        const limit = pLimit(concurrency);
        return Promise.all(
          form.files.map((file) =>
            limit(() => uploadOne(ports, { file, isNew: !present.has(file.file.sha256), ...how }, signal)),
          ),
        );
      });
      return reply.code(statusOf(results)).send({ results });
    },
  );
}

/** Whether one of the preferences is to be answered before the work is done (RFC 7240, 4.1). */
function prefersAsync(header: string | undefined): boolean {
  return (header ?? "").split(",").some((preference) => /^\s*respond-async\s*(;|$)/i.test(preference));
}

/** Checksums of those files that the owner has already: one question for all of a request. */
async function presentOf({ catalog }: Ports, files: readonly FormFile[], owner: User): Promise<ReadonlySet<string>> {
  const found = await catalog.images.whichOwned(
    files.map(({ file }) => file.sha256),
    owner.id,
  );
  return new Set(found.map(({ sha256 }) => sha256));
}

/** One file's outcome: its failure is its own, the other files of the request go on. */
async function uploadOne(
  ports: Ports,
  what: { file: FormFile; request: FastifyRequest } & Pick<Submission, "owner" | "visibility" | "parts" | "isNew">,
  signal: AbortSignal,
): Promise<Result> {
  const { file, request, ...how } = what;
  try {
    const done = await uploadImage(ports, { file: file.file, name: file.name, ...how }, signal);
    if (done.kind === "withdrawn") throw new Error("Only a file of a job can be withdrawn.");
    return { file: file.name, status: done.kind, image: imageView(done.image) };
  } catch (error) {
    if (!(error instanceof Failure) || mayPass(error)) throw error; // then the whole request answers so, and not that the file is bad
    if (error.cause !== undefined) request.log.warn({ err: error }, error.code);
    return { file: file.name, status: "rejected", problem: problemOf(error) };
  }
}

function visibilityOf(form: Form): Visibility {
  return wordOf(form, "visibility", ["public", "private"]);
}

function partsOf(form: Form): PartsWhen {
  return wordOf(form, "parts", partsWhen);
}

/** What a field says that may have one of two words; the first where the form lacks it. */
function wordOf<Word extends string>({ fields }: Form, name: string, [usual, other]: readonly [Word, Word]): Word {
  const text = fields[name] ?? usual;
  const word = [usual, other].find((one) => one === text);
  if (word === undefined) throw badField(name, `must be "${usual}" or "${other}"`);
  return word;
}

function badField(field: string, detail: string): Failure {
  return new Failure("invalid-request", `The field ${field} ${detail}.`, {
    errors: [{ pointer: `/${field}`, detail }],
  });
}

function statusOf(results: readonly Result[]): 200 | 201 | 422 {
  if (results.some(({ status }) => status === "created")) return 201;
  return results.some(({ status }) => status === "duplicate") ? 200 : 422;
}
