import type { Accounts, Session, User } from "../ports.ts";
import type { Connection } from "./database.ts";

/** Accounts and sessions in PostgreSQL. */
export function accountsIn(database: Connection): Accounts {
  return {
    addUser: (user) => addUser(database, user),
    findUser: (emailKey) => findUser(database, emailKey),
    addSession: (session) => addSession(database, session),
    findSession: (id, now) => findSession(database, id, now),
    endSession: (id, now) => endSession(database, id, now),
  };
}

interface UserRow {
  readonly id: string;
  readonly audience: number;
  readonly email: string;
  readonly created_at: Date;
}

function toUser(row: UserRow): User {
  return { id: row.id, audience: row.audience, email: row.email, createdAt: row.created_at };
}

async function addUser(on: Connection, user: Parameters<Accounts["addUser"]>[0]): Promise<User | undefined> {
  const [row] = await on.query<UserRow>(
    `insert into users (id, email, email_key, password_hash, created_at)
     values ($1, $2, $3, $4, $5)
     on conflict (email_key) do nothing
     returning id, audience, email, created_at`,
    [user.id, user.email, user.emailKey, user.passwordHash, user.createdAt],
  );
  return row && toUser(row);
}

async function findUser(on: Connection, emailKey: string): Promise<{ user: User; passwordHash: string } | undefined> {
  const [row] = await on.query<UserRow & { password_hash: string }>(
    "select id, audience, email, created_at, password_hash from users where email_key = $1",
    [emailKey],
  );
  return row && { user: toUser(row), passwordHash: row.password_hash };
}

/** Takes the user's sessions that are over along, so that their number stays that of the logins that still hold. */
async function addSession(on: Connection, session: Parameters<Accounts["addSession"]>[0]): Promise<void> {
  await on.query(
    `with over as (
       delete from sessions where user_id = $2 and (expires_at <= $3 or ended_at is not null)
     )
     insert into sessions (id, user_id, created_at, expires_at) values ($1, $2, $3, $4)`,
    [session.id, session.userId, session.createdAt, session.expiresAt],
  );
}

async function findSession(on: Connection, id: string, now: Date): Promise<Session | undefined> {
  const [row] = await on.query<UserRow & { session_id: string; expires_at: Date }>(
    `select s.id as session_id, s.expires_at, u.id, u.audience, u.email, u.created_at
     from sessions s join users u on u.id = s.user_id
     where s.id = $1 and s.ended_at is null and s.expires_at > $2`,
    [id, now],
  );
  return row && { id: row.session_id, user: toUser(row), expiresAt: row.expires_at };
}

async function endSession(on: Connection, id: string, now: Date): Promise<void> {
  await on.query("update sessions set ended_at = $2 where id = $1 and ended_at is null", [id, now]);
}
