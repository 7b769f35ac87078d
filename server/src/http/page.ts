import fastifyStatic from "@fastify/static";
import type { App } from "./app.ts";

/** Serves the built page at `/`. Assets carry a hash of their content in their names, so they never change; the page itself is asked for anew. */
export async function page(app: App, folder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    prefix: "/",
    index: "index.html",
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.header("cache-control", path.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}
