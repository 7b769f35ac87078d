import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { App, Ports } from "./app.ts";
import { queueMetrics } from "./queue-metrics.ts";

/** GET /metrics for Prometheus: the process, how long each call took, how many public images the index holds, and what the queue has to do. */
export function metrics(app: App, ports: Pick<Ports, "index" | "parts" | "catalog">): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const seconds = new Histogram({
    name: "utsuru_http_request_duration_seconds",
    help: "Time to answer, by method, route and status",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  new Gauge({
    name: "utsuru_index_public_images",
    help: "Public images in the search index of this server",
    registers: [registry],
    async collect() {
      // Anyone may read this: private images would show in the count.
      // The database may be asked for it and be away: the other figures are wanted all the more then.
      this.set(await ports.index.countPublic().catch(() => Number.NaN));
    },
  });
  new Gauge({
    name: "utsuru_index_lag_seconds",
    help: "For how long at most the search index has missed a change of the database",
    registers: [registry],
    collect() {
      this.set(Math.max(ports.index.lagMs(), ports.parts.lagMs()) / 1000);
    },
  });
  queueMetrics(registry, ports.catalog.queue);
  app.addHook("onResponse", async (request, reply) => {
    // The route's pattern, never the address: ids would make endless series.
    const route = request.routeOptions.url ?? "none";
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  app.get("/metrics", { schema: { hide: true } }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
