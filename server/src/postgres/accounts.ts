import type { Accounts, Session, User } from "../ports.ts";
import { inBatches } from "./batching.ts";
import type { Connection } from "./database.ts";

const sessionsPerStatement = 100;

/** Accounts and sessions in PostgreSQL. */
export function accountsIn(database: Connection): Accounts {
  const openSession = inBatches((ids: readonly string[]) => findOpenSessions(database, ids), {
    sizeMax: sessionsPerStatement,
  });
  return {
    addUser: (user) => addUser(database, user),
    findUser: (emailKey) => findUser(database, emailKey),
    addSession: (session) => addSession(database, session),
    findSession: async (id, now) => {
      const session = await openSession(id);
      return session && session.expiresAt > now ? session : undefined;
    },
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

/** The sessions that were not ended, in the order of their ids: asked for with every request, so many at a time and planned once. */
async function findOpenSessions(on: Connection, ids: readonly string[]): Promise<(Session | undefined)[]> {
  const rows = await on.query<UserRow & { session_id: string; expires_at: Date }>(
    `select s.id as session_id, s.expires_at, u.id, u.audience, u.email, u.created_at
     from sessions s join users u on u.id = s.user_id
     where s.id = any ($1::uuid[]) and s.ended_at is null`,
    [ids],
    { name: "open-sessions" },
  );
  const byId = new Map(
    rows.map((row) => [row.session_id, { id: row.session_id, user: toUser(row), expiresAt: row.expires_at }]),
  );
  return ids.map((id) => byId.get(id));
}

async function endSession(on: Connection, id: string, now: Date): Promise<void> {
  await on.query("update sessions set ended_at = $2 where id = $1 and ended_at is null", [id, now]);
}
