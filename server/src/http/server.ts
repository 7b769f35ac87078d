import multipart from "@fastify/multipart";
import rateLimit from "@fastify/rate-limit";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, { type FastifyInstance, type FastifyReply, LogController } from "fastify";
import { accountRoutes } from "./account-routes.ts";
import type { App, HttpOptions, Ports, Room } from "./app.ts";
import { answerClientError } from "./client-errors.ts";
import { documentation } from "./documentation.ts";
import { draining } from "./draining.ts";
import { duplicatesRoutes } from "./duplicates-routes.ts";
import { answerError } from "./error-handler.ts";
import { fileRoutes } from "./file-routes.ts";
import { imageRoutes } from "./image-routes.ts";
import { jobEvents } from "./job-events.ts";
import { jobRoutes } from "./job-routes.ts";
import { lingeringClose } from "./lingering-close.ts";
import { metrics } from "./metrics.ts";
import { operationRoutes } from "./operation-routes.ts";
import { page } from "./page.ts";
import { namedSchemas } from "./schemas.ts";
import { searchRoutes } from "./search-routes.ts";
import { securityHeaders } from "./security-headers.ts";
import { sharedSerializers } from "./serialization.ts";
import { unknownAddresses } from "./unknown-addresses.ts";
import { uploadRoutes } from "./upload-routes.ts";
import { validatorCompiler } from "./validation.ts";

const jsonBytesMax = 64 * 1024;
const headersTimeoutMs = 15_000;
/** A whole request, uploads included; slow senders are noticed much earlier (receive-form.ts). */
const requestTimeoutMs = 15 * 60_000;

/** Builds the HTTP server over its ports; it does not listen yet. */
export async function buildServer(ports: Ports, options: HttpOptions): Promise<FastifyInstance> {
  const app: App = fastify({
    bodyLimit: jsonBytesMax,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: 5_000 },
    forceCloseConnections: "idle",
    return503OnClosing: false,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    logger: { level: options.logLevel, stream: process.stderr },
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { ignoreTrailingSlash: false },
    schemaController: { compilersFactory: { buildSerializer: sharedSerializers() } },
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply as unknown as FastifyReply),
    clientErrorHandler: answerClientError,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(validatorCompiler());
  // Fastify's parser of text would hand a string to calls that are made for JSON.
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler(answerError);
  unknownAddresses(app);
  for (const schema of namedSchemas) app.addSchema(schema);
  await app.register(multipart, { throwFileSizeLimit: false });
  await app.register(rateLimit, { global: false });
  securityHeaders(app);
  lingeringClose(app);
  draining(app);
  await documentation(app);
  await addRoutes(app, { ports, options });
  return app as unknown as FastifyInstance;
}

async function addRoutes(app: App, room: Room): Promise<void> {
  const { ports, options } = room;
  metrics(app, ports);
  operationRoutes(app, ports);
  accountRoutes(app, room);
  uploadRoutes(app, room);
  imageRoutes(app, room);
  fileRoutes(app, room);
  jobRoutes(app, ports);
  jobEvents(app, ports);
  searchRoutes(app, room);
  duplicatesRoutes(app, ports);
  if (options.pageFolder) await page(app, options.pageFolder);
}
