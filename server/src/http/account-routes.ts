import { logIn } from "../accounts/log-in.ts";
import { register } from "../accounts/register.ts";
import type { App, Room } from "./app.ts";
import { authentication, sessionOf } from "./authentication.ts";
import { addressLimit, guessLimit } from "./credential-limits.ts";
import { answers, noContent, secured } from "./route-schemas.ts";
import { CredentialsBody, LoginAnswer, UserEnvelope } from "./schemas.ts";
import { userView } from "./views.ts";

/** Register, log in, log out, and who one is. */
export function accountRoutes(app: App, { ports, options }: Room): void {
  const { tokens, passwords, clock } = ports;
  const { accounts } = ports.catalog;
  const onRequest = authentication(ports);
  const limited = addressLimit(options.credentialTriesPerMinute);
  const guarded = guessLimit(app);

  app.post(
    "/api/register",
    {
      config: limited,
      schema: {
        operationId: "register",
        tags: ["accounts"],
        summary: "Open an account",
        body: CredentialsBody,
        response: answers({ 201: UserEnvelope }, [409, 422, 429]),
      },
    },
    async (request, reply) => {
      const user = await register({ accounts, passwords, clock }, request.body);
      return reply.code(201).send({ user: userView(user) });
    },
  );

  app.post(
    "/api/login",
    {
      config: limited,
      schema: {
        operationId: "logIn",
        tags: ["accounts"],
        summary: "Log in",
        body: CredentialsBody,
        response: answers({ 200: LoginAnswer }, [401, 422, 429]),
      },
    },
    async (request) => {
      const { token, expiresAt, user } = await guarded(request, () =>
        logIn({ accounts, passwords, tokens, clock }, request.body),
      );
      return { token, tokenType: "Bearer" as const, expiresAt: expiresAt.toISOString(), user: userView(user) };
    },
  );

  app.post(
    "/api/logout",
    {
      onRequest,
      schema: {
        operationId: "logOut",
        tags: ["accounts"],
        summary: "End this session",
        security: secured,
        response: answers({ 204: noContent }, [401]),
      },
    },
    async (request, reply) => {
      await accounts.endSession(sessionOf(request).id, clock.now());
      return reply.code(204).send(null);
    },
  );
  app.get(
    "/api/me",
    {
      onRequest,
      schema: {
        operationId: "whoAmI",
        tags: ["accounts"],
        summary: "The person who is logged in",
        security: secured,
        response: answers({ 200: UserEnvelope }, [401]),
      },
    },
    async (request) => ({ user: userView(sessionOf(request).user) }),
  );
}
