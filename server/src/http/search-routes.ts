import type { Purpose } from "@utsuru/core/features";
import { fromHex } from "@utsuru/core/fingerprint";
import type { Orientation } from "@utsuru/core/orientations";
import type { FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";
import { Failure } from "../errors.ts";
import type { Viewer } from "../ports.ts";
import { compare } from "../search/compare.ts";
import { overlayOf } from "../search/overlay.ts";
import { type Query, queryOfFile, queryOfFingerprint, queryOfImage } from "../search/query.ts";
import { type Stages, search } from "../search/search.ts";
import type { App, Room } from "./app.ts";
import { authentication, sessionOf } from "./authentication.ts";
import { withForm } from "./receive-form.ts";
import { requestSignal } from "./request-signal.ts";
import { answers, bodies, secured } from "./route-schemas.ts";
import {
  CompareAnswer,
  CompareBody,
  CompareForm,
  ImageParams,
  OverlayQuery,
  SearchAnswer,
  SearchBody,
  SearchForm,
  SearchQuery,
} from "./schemas.ts";
import { compareView, searchView } from "./views.ts";

type FingerprintInput = Extract<Static<typeof SearchBody>, { fingerprint: unknown }>["fingerprint"];
type Access = { readonly viewer: Viewer; readonly signal: AbortSignal };
type Wanted = Access & { readonly features: Purpose | undefined };

const webpAnswer = Type.Unsafe<Buffer>({
  description: "The bytes.",
  content: { "image/webp": { schema: { type: "string", format: "binary" } } },
});

const problems = [400, 401, 404, 408, 413, 415, 422, 503, 507];

/** Search with a picture, a fingerprint or a stored image; compare two. */
export function searchRoutes(app: App, room: Room): void {
  searchRoute(app, room);
  similarRoute(app, room);
  compareRoute(app, room);
  overlayRoute(app, room);
}

function searchRoute(app: App, room: Room): void {
  const onRequest = authentication(room.ports);
  app.post(
    "/api/search",
    {
      onRequest,
      schema: {
        operationId: "search",
        tags: ["search"],
        summary: "Every copy of a picture, best first",
        description:
          "Send a form with one part `image`, or JSON with a fingerprint or the id of a stored image. Whole pictures are compared by their fingerprints, and parts (crops, screenshots, collages, free turns) by local features; a bare fingerprint finds whole pictures alone.",
        security: secured,
        querystring: SearchQuery,
        body: bodies({ json: SearchBody, form: SearchForm }),
        response: answers({ 200: SearchAnswer }, problems),
      },
    },
    async (request, reply) => {
      const access = accessOf(request, reply);
      const features = queryFeatures(room, request.query);
      const query = request.isMultipart()
        ? (await queriesOfForm(request, room, { features: [features], ...access }))[0]
        : await queryOfBody(room, jsonOf(request), { ...access, features });
      if (!query) throw new Error("a form of one file gives one query");
      return searchView(await search(room.ports, query, { ...request.query, ...access }));
    },
  );
}

function similarRoute(app: App, room: Room): void {
  const { ports } = room;
  const onRequest = authentication(ports);
  app.get(
    "/api/images/:id/similar",
    {
      onRequest,
      schema: {
        operationId: "findSimilar",
        tags: ["search"],
        summary: "Every copy of a stored image but itself",
        security: secured,
        params: ImageParams,
        querystring: SearchQuery,
        response: answers({ 200: SearchAnswer }, problems),
      },
    },
    async (request, reply) => {
      const access = accessOf(request, reply);
      const features = queryFeatures(room, request.query);
      const query = await queryOfImage(ports, request.params.id, { ...access, features });
      return searchView(await search(ports, query, { ...request.query, ...access }));
    },
  );
}

function compareRoute(app: App, room: Room): void {
  const onRequest = authentication(room.ports);
  app.post(
    "/api/compare",
    {
      onRequest,
      schema: {
        operationId: "compare",
        tags: ["search"],
        summary: "Compare two pictures",
        description:
          "Send a form with two parts `image` (a, then b), or JSON with two ids or fingerprints. Nothing is kept.",
        security: secured,
        body: bodies({ json: CompareBody, form: CompareForm }),
        response: answers({ 200: CompareAnswer }, problems),
      },
    },
    async (request, reply) => {
      const access = accessOf(request, reply);
      const [a, b] = request.isMultipart()
        ? await queriesOfForm(request, room, { features: ["query", "store"], ...access })
        : await queriesOfBody(room, jsonOf(request), access);
      if (!a || !b) throw new Error("a form of two files gives two queries");
      return compareView(compare(a, b), a, b);
    },
  );
}

function overlayRoute(app: App, { ports }: Room): void {
  app.get(
    "/api/images/:id/overlay",
    {
      onRequest: authentication(ports),
      schema: {
        operationId: "overlay",
        tags: ["search"],
        summary: "A stored image with another one laid on it where both show the same",
        description:
          "A WebP, longest side at most 1024 px, in the shape of the image; where the other one does not reach, the image shows dimmed.",
        security: secured,
        params: ImageParams,
        querystring: OverlayQuery,
        response: answers({ 200: webpAnswer }, [401, 404, 422, 503]),
      },
    },
    async (request, reply) => {
      const { with: upperId, mode } = request.query;
      const overlay = await overlayOf(ports, {
        lowerId: request.params.id,
        upperId,
        mode,
        ...accessOf(request, reply),
      });
      // Whoever may see both images now may not tomorrow: nobody keeps it.
      return reply.header("cache-control", "no-store").type("image/webp").send(Buffer.from(overlay));
    },
  );
}

function accessOf(request: FastifyRequest, reply: FastifyReply): Access {
  return { viewer: sessionOf(request).user, signal: requestSignal(reply) };
}

/** What a search extracts from its picture; nothing where nobody would look at it. */
function queryFeatures({ ports }: Room, { stages }: { readonly stages: Stages }): Purpose | undefined {
  return stages === "all" && ports.parts.isServing ? "query" : undefined;
}

/** The queries of a form's files, as many as there are purposes of their features. */
function queriesOfForm(
  request: FastifyRequest,
  { ports, options }: Room,
  what: { features: readonly (Purpose | undefined)[]; signal: AbortSignal },
): Promise<Query[]> {
  const { features, signal } = what;
  const count = features.length;
  const rules = { filesMin: count, filesMax: count, bytesMax: options.uploadBytesMax, fields: [] };
  return withForm(request, { staging: ports.staging, rules, signal }, ({ files }) =>
    Promise.all(files.map(({ file }, i) => queryOfFile(ports, file, { features: features[i], signal }))),
  );
}

/** The JSON body of a call that also takes a form; a request without a body passes validation. */
function jsonOf<T>({ body }: { readonly body: T | undefined }): T {
  if (body !== undefined) return body;
  throw new Failure("unsupported-media-type", "Send a form (Content-Type multipart/form-data) or JSON.");
}

async function queriesOfBody(room: Room, { a, b }: Static<typeof CompareBody>, access: Access): Promise<Query[]> {
  return [
    await querySide(room, a, { ...access, features: "query" }),
    await querySide(room, b, { ...access, features: "store" }),
  ];
}

function queryOfBody({ ports }: Room, body: Static<typeof SearchBody>, access: Wanted): Promise<Query> | Query {
  return "imageId" in body ? queryOfImage(ports, body.imageId, access) : queryOfInput(body.fingerprint);
}

function querySide({ ports }: Room, side: Static<typeof CompareBody>["a"], access: Wanted): Promise<Query> | Query {
  const isId = typeof side === "string" && side.includes("-");
  return isId ? queryOfImage(ports, side, access) : queryOfInput(side);
}

/** A fingerprint without a quality is taken at its word. */
function queryOfInput(input: FingerprintInput): Query {
  if (typeof input === "string") return queryOfFingerprint({ algorithm: "pdq", code: codeOf(input), quality: 100 });
  const turned: Partial<Record<Orientation, Uint8Array>> = {};
  for (const [orientation, hex] of Object.entries(input.orientations ?? {}))
    if (hex) turned[orientation as Orientation] = codeOf(hex);
  return queryOfFingerprint({ algorithm: "pdq", code: codeOf(input.hex), quality: input.quality ?? 100 }, turned);
}

function codeOf(hex: string): Uint8Array {
  const code = fromHex(hex);
  if (!code) throw new Failure("invalid-request", "A fingerprint has 64 hexadecimal digits.");
  return code;
}
