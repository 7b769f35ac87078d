import { deleteImage } from "../images/delete-image.ts";
import { findImage } from "../images/find-image.ts";
import { listImages } from "../images/list-images.ts";
import type { App, Room } from "./app.ts";
import { authentication, sessionOf } from "./authentication.ts";
import { answers, noContent, secured } from "./route-schemas.ts";
import { CheckAnswer, CheckBody, Image, ImagePage, ImageParams, PageQuery } from "./schemas.ts";
import { imageView } from "./views.ts";

/** A thousand checksums as JSON are 67 kB. */
const checkBytesMax = 128 * 1024;

/** The caller's images: list, look at, delete, and which files are among them. */
export function imageRoutes(app: App, room: Room): void {
  const { ports } = room;
  const onRequest = authentication(ports);
  checkRoute(app, room);
  app.get(
    "/api/images",
    {
      onRequest,
      schema: {
        operationId: "listImages",
        tags: ["images"],
        summary: "Your own images, newest first",
        security: secured,
        querystring: PageQuery,
        response: answers({ 200: ImagePage }, [401, 422]),
      },
    },
    async (request) => {
      const page = await listImages(ports, sessionOf(request).user, request.query);
      return { items: page.items.map(imageView), next: page.next ?? null };
    },
  );

  app.get(
    "/api/images/:id",
    {
      onRequest,
      schema: {
        operationId: "findImage",
        tags: ["images"],
        summary: "One image",
        security: secured,
        params: ImageParams,
        response: answers({ 200: Image }, [401, 404, 422]),
      },
    },
    async (request) => imageView(await findImage(ports, request.params.id, sessionOf(request).user)),
  );

  app.delete(
    "/api/images/:id",
    {
      onRequest,
      schema: {
        operationId: "deleteImage",
        tags: ["images"],
        summary: "Delete one of your images",
        security: secured,
        params: ImageParams,
        response: answers({ 204: noContent }, [401, 404, 422]),
      },
    },
    async (request, reply) => {
      await deleteImage(ports, request.params.id, sessionOf(request).user);
      return reply.code(204).send(null);
    },
  );
}

function checkRoute(app: App, { ports, options }: Room): void {
  app.post(
    "/api/images/check",
    {
      onRequest: authentication(ports),
      bodyLimit: checkBytesMax,
      schema: {
        operationId: "checkImages",
        tags: ["images"],
        summary: "Which of up to 1,000 files you have already, by checksum",
        description: "For programs that upload many files: what is there need not be sent again.",
        security: secured,
        body: CheckBody,
        response: answers({ 200: CheckAnswer }, [400, 401, 413, 415, 422, 503]),
      },
    },
    async (request) => {
      const present = await ports.catalog.images.whichOwned(request.body.sha256, sessionOf(request).user.id);
      return { present: [...present], fileBytesMax: options.uploadBytesMax };
    },
  );
}
