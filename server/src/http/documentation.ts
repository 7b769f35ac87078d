import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { App } from "./app.ts";

const info = {
  title: "Utsuru",
  version: "0.1.0",
  description:
    "An image repository that finds copies. Register, log in, upload pictures, and search with a picture: every copy comes back, best first. " +
    "Failures are RFC 9457 problems with a stable `code`.",
  license: { name: "MIT", identifier: "MIT" },
};

/**
 * Swagger UI's own policy lets styles and pictures in from elsewhere and upgrades to HTTPS, which leaves the page blank where a
 * server is reached over plain HTTP by a name other than localhost. It does set styles inline.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** GET /openapi.json, made of the schemas that also validate, and GET /docs to read it. Registered before the calls it describes. */
export async function documentation(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info,
      tags: [
        { name: "accounts", description: "Who one is" },
        { name: "images", description: "What one keeps" },
        { name: "jobs", description: "What was asked for without waiting" },
        { name: "search", description: "What is a copy of what" },
        { name: "operation", description: "For those who run it" },
      ],
      components: { securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } } },
    },
    transform: ({ schema, url }) => ({
      schema: schema?.querystring ? { ...schema, querystring: withoutDefaultsRequired(schema.querystring) } : schema,
      url,
    }),
    refResolver: { buildLocalReference: (json) => String(json.$id) },
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: policy,
    uiConfig: { docExpansion: "list", tryItOutEnabled: true, persistAuthorization: false },
  });
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}

/** A field with a default is required of what a call works with, not of who sends it. */
function withoutDefaultsRequired(query: unknown): unknown {
  const {
    properties = {},
    required = [],
    ...rest
  } = query as { properties?: Record<string, object>; required?: string[] };
  return { ...rest, properties, required: required.filter((name) => !("default" in (properties[name] ?? {}))) };
}
