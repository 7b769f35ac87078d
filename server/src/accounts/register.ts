import { v7 as uuidv7 } from "uuid";
import { Failure } from "../errors.ts";
import type { Accounts, Clock, Passwords, User } from "../ports.ts";
import { parseEmail } from "./email.ts";
import { checkNewPassword } from "./password.ts";

/** What a person gives to have an account, or to be let in. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Opens an account. Throws `invalid-request`, `password-too-long`, `email-taken`. */
export async function register(
  ports: { accounts: Accounts; passwords: Passwords; clock: Clock },
  credentials: Credentials,
): Promise<User> {
  const email = parseEmail(credentials.email);
  checkNewPassword(credentials.password);
  const passwordHash = await ports.passwords.hash(credentials.password);
  const createdAt = ports.clock.now();
  const user = await ports.accounts.addUser({
    id: uuidv7(),
    email: email.text,
    emailKey: email.key,
    passwordHash,
    createdAt,
  });
  if (!user) throw new Failure("email-taken", "There is an account with this e-mail address already.");
  return user;
}
