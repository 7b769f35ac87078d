import { deleteImage } from "../images/delete-image.ts";
import { findImage } from "../images/find-image.ts";
import { listImages } from "../images/list-images.ts";
import type { App, Ports } from "./app.ts";
import { authentication, sessionOf } from "./authentication.ts";
import { answers, noContent, secured } from "./route-schemas.ts";
import { Image, ImagePage, ImageParams, PageQuery } from "./schemas.ts";
import { imageView } from "./views.ts";

/** The caller's images: list, look at, delete. */
export function imageRoutes(app: App, ports: Ports): void {
  const onRequest = authentication(ports);
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
