import { Failure } from "../errors.ts";
import type { Accounts, Clock, Session, Tokens } from "../ports.ts";

/** The session that an `Authorization` header stands for. Throws `unauthenticated`. */
export async function authenticate(
  ports: { accounts: Accounts; tokens: Tokens; clock: Clock },
  header: string | undefined,
): Promise<Session> {
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header ?? "")?.[1];
  if (!token)
    throw new Failure(
      "unauthenticated",
      "This call needs the header «Authorization: Bearer <token>»; POST /api/login gives a token.",
    );
  const claims = await ports.tokens.verify(token, ports.clock.now());
  const session = claims && (await ports.accounts.findSession(claims.sessionId, ports.clock.now()));
  if (!session || session.user.id !== claims.userId)
    throw new Failure("unauthenticated", "The token is not valid, or no longer; log in again.");
  return session;
}
