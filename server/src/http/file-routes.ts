import { Readable } from "node:stream";
import { create as contentDisposition } from "content-disposition";
import type { FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import { Failure } from "../errors.ts";
import { type OpenFile, openFile, openThumbnail } from "../images/open-file.ts";
import type { ByteRange } from "../ports.ts";
import type { App, Room } from "./app.ts";
import { authentication, sessionOf } from "./authentication.ts";
import { requestSignal } from "./request-signal.ts";
import { answers, secured } from "./route-schemas.ts";
import { ImageParams } from "./schemas.ts";

const bytesAnswer = Type.Unsafe<Readable>({
  description: "The bytes.",
  content: { "image/*": { schema: { type: "string", format: "binary" } } },
});

const linkAnswer = Type.Null({ description: "The bytes are where Location says, for a minute." });
const linkExpiresS = 60;

/** The bytes of images: originals (or clean derivatives for others than the owner) and thumbnails. */
export function fileRoutes(app: App, { ports, options }: Room): void {
  const onRequest = authentication(ports);
  const send = options.downloads === "redirect" ? sendLink : sendFile;
  app.get(
    "/api/images/:id/file",
    {
      onRequest,
      schema: {
        operationId: "downloadImage",
        tags: ["images"],
        summary: "The file: the original for its owner, without metadata for others",
        description:
          "Supports ETag (If-None-Match) and Range. A server set up so sends one on to a link of its picture store (307), good for a minute.",
        security: secured,
        params: ImageParams,
        response: answers({ 200: bytesAnswer, 206: bytesAnswer, 307: linkAnswer }, [401, 404, 416, 422, 503]),
      },
    },
    async (request, reply) => {
      const access = { viewer: sessionOf(request).user, signal: requestSignal(reply) };
      return send(request, reply, await openFile(ports, request.params.id, access));
    },
  );

  app.get(
    "/api/images/:id/thumbnail",
    {
      onRequest,
      schema: {
        operationId: "thumbnail",
        tags: ["images"],
        summary: "A WebP, longest side at most 320 px",
        security: secured,
        params: ImageParams,
        response: answers({ 200: bytesAnswer, 206: bytesAnswer, 307: linkAnswer }, [401, 404, 416, 422, 503]),
      },
    },
    async (request, reply) => {
      const access = { viewer: sessionOf(request).user, signal: requestSignal(reply) };
      return send(request, reply, await openThumbnail(ports, request.params.id, access));
    },
  );
}

/** Sends one on to the bucket, where it makes links; the check of who may see the file has been made by then. */
async function sendLink(request: FastifyRequest, reply: FastifyReply, file: OpenFile): Promise<FastifyReply> {
  // The page may connect to its own origin alone (its Content-Security-Policy): what it asks for comes from here.
  if (request.headers["sec-fetch-site"] === "same-origin") return sendFile(request, reply, file);
  if (matchesAny(request.headers["if-none-match"], etagOf(file))) return sendFile(request, reply, file);
  const link = await file.link(linkExpiresS);
  if (link === undefined) return sendFile(request, reply, file);
  return reply.headers({ "cache-control": "no-store", vary: "sec-fetch-site" }).redirect(link, 307);
}

async function sendFile(request: FastifyRequest, reply: FastifyReply, file: OpenFile): Promise<FastifyReply> {
  const etag = etagOf(file);
  reply.headers({
    etag,
    "accept-ranges": "bytes",
    // Whoever may see the image now may not tomorrow: caches ask again.
    "cache-control": "private, no-cache",
    "content-disposition": contentDisposition(file.image.file, { type: "inline" }),
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
  });
  if (matchesAny(request.headers["if-none-match"], etag)) return reply.code(304).send();
  const ifRange = request.headers["if-range"];
  const range = ifRange === undefined || ifRange === etag ? parseRange(request.headers.range, file.bytes) : undefined;
  if (range === "unsatisfiable") {
    reply.header("content-range", `bytes */${file.bytes}`);
    throw new Failure("range-not-satisfiable", `The file has ${file.bytes} bytes.`);
  }
  const stream = Readable.from(await file.open(range), { objectMode: false });
  if (range) reply.code(206).header("content-range", `bytes ${range.from}-${range.to}/${file.bytes}`);
  const length = range ? range.to - range.from + 1 : file.bytes;
  return reply.type(file.contentType).header("content-length", length).send(stream);
}

function etagOf({ revision }: OpenFile): string {
  return `"${revision}"`;
}

function matchesAny(header: string | undefined, etag: string): boolean {
  return header?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag || tag.trim() === "*") ?? false;
}

/** One range of bytes (RFC 9110, 14.1.2). What is no single well-formed range is ignored, as the RFC allows. */
function parseRange(header: string | undefined, bytes: number): ByteRange | "unsatisfiable" | undefined {
  const parts = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  const [, first = "", last = ""] = parts ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Math.min(Number(last), bytes);
    return length === 0 ? "unsatisfiable" : { from: bytes - length, to: bytes - 1 };
  }
  const from = Number(first);
  const to = last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (last !== "" && Number(last) < from) return undefined;
  return from >= bytes ? "unsatisfiable" : { from, to };
}
