import Type from "typebox";
import { Failure } from "../errors.ts";
import type { Bucket } from "../ports.ts";
import type { App, Ports } from "./app.ts";
import { answers } from "./route-schemas.ts";

const Status = Type.Object({ status: Type.Literal("ok") });
const checkTimeoutMs = 5_000;

/** For those who run the server: is it alive, and can it do its work? */
export function operationRoutes(app: App, ports: Pick<Ports, "catalog" | "bucket" | "index" | "parts">): void {
  app.get(
    "/healthz",
    {
      schema: {
        operationId: "health",
        tags: ["operation"],
        summary: "Whether the process answers",
        response: { 200: Status },
      },
    },
    async () => ({ status: "ok" as const }),
  );
  app.get(
    "/readyz",
    {
      schema: {
        operationId: "readiness",
        tags: ["operation"],
        summary: "Whether database, bucket and index can be used",
        response: answers({ 200: Status }, [503, 507]),
      },
    },
    async () => {
      const signal = AbortSignal.timeout(checkTimeoutMs);
      await Promise.all([ports.catalog.check(signal), checkBucket(ports.bucket, signal)]);
      ports.index.check();
      ports.parts.check();
      return { status: "ok" as const };
    },
  );
}

async function checkBucket(bucket: Pick<Bucket, "check">, signal: AbortSignal): Promise<void> {
  try {
    await bucket.check(signal);
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new Failure("bucket-unavailable", "The image store did not answer in time.", { cause, retryAfterS: 5 });
  }
}
