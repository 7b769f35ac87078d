import { CopyComparer } from "../search/compare-copies.ts";
import { findDuplicates } from "../search/find-duplicates.ts";
import type { App, Ports } from "./app.ts";
import { authentication, sessionOf } from "./authentication.ts";
import { answers, secured } from "./route-schemas.ts";
import { DuplicatesPage, DuplicatesQuery } from "./schemas.ts";
import { duplicatesView } from "./views.ts";

/** The caller's images in groups of copies. */
export function duplicatesRoutes(app: App, ports: Ports): void {
  const comparer = new CopyComparer({ copies: ports.catalog.copies, clock: ports.clock });
  app.get(
    "/api/duplicates",
    {
      onRequest: authentication(ports),
      schema: {
        operationId: "findDuplicates",
        tags: ["search"],
        summary: "Your own images in groups of copies",
        description:
          "Every copy matches the head of its group, mirrored and turned ones included; copies of copies that do not match it are not drawn in. Images that were not compared yet are compared now, for about 1.5 seconds; while some are left, `items` is empty, `pending` says how many, and `next` is to be asked for.",
        security: secured,
        querystring: DuplicatesQuery,
        response: answers({ 200: DuplicatesPage }, [401, 422, 503]),
      },
    },
    async (request) =>
      duplicatesView(await findDuplicates({ ...ports, comparer }, sessionOf(request).user, request.query)),
  );
}
