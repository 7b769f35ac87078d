import { v7 as uuidv7 } from "uuid";
import { Failure } from "../errors.ts";
import type { Accounts, Clock, Passwords, Tokens, User } from "../ports.ts";
import { parseEmail } from "./email.ts";
import { isPossiblePassword } from "./password.ts";
import type { Credentials } from "./register.ts";

/** A token and until when it is good. */
export interface Login {
  readonly token: string;
  readonly expiresAt: Date;
  readonly user: User;
}

const sessionMs = 30 * 24 * 60 * 60 * 1000;

/**
 * Lets a person in. Exactly one password hash is computed whatever was sent, so that neither text nor time tells
 * an unknown address from a wrong password. Throws `invalid-credentials`.
 */
export async function logIn(
  ports: { accounts: Accounts; passwords: Passwords; tokens: Tokens; clock: Clock },
  credentials: Credentials,
): Promise<Login> {
  const found = await findUser(ports.accounts, credentials.email);
  const possible = isPossiblePassword(credentials.password);
  const matches = await ports.passwords.matches(possible ? credentials.password : "", found?.passwordHash);
  if (!found || !possible || !matches)
    throw new Failure("invalid-credentials", "The e-mail address or the password is wrong.");
  const createdAt = ports.clock.now();
  // JWT times are whole seconds (RFC 7519, 2): the session ends with its token.
  const expiresAt = new Date(Math.floor((createdAt.getTime() + sessionMs) / 1000) * 1000);
  const id = uuidv7();
  await ports.accounts.addSession({ id, userId: found.user.id, createdAt, expiresAt });
  const token = await ports.tokens.sign({ sessionId: id, userId: found.user.id, issuedAt: createdAt, expiresAt });
  return { token, expiresAt, user: found.user };
}

async function findUser(accounts: Accounts, email: string): ReturnType<Accounts["findUser"]> {
  try {
    return await accounts.findUser(parseEmail(email).key);
  } catch (error) {
    // What is no address belongs to nobody, and must take as long as one that is.
    if (error instanceof Failure && error.code === "invalid-request") return undefined;
    throw error;
  }
}
