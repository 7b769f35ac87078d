import pg from "pg";
import { Failure } from "../errors.ts";
import { asFailure } from "./failures.ts";

/** What a statement may have besides its text and values. */
export interface StatementOptions {
  /** A name that no other text has: each connection then parses and plans the statement once. For those of every request. */
  readonly name?: string;
}

/** Runs one statement; throws `database-unavailable` or `storage-full` when the database cannot serve just now. */
export interface Connection {
  query<Row extends object>(text: string, values: readonly unknown[], options?: StatementOptions): Promise<Row[]>;
}

/** A bounded pool of connections to one database. */
export interface Database extends Connection {
  /** Runs the work in one transaction: committed when it returns, undone when it throws. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Throws `database-unavailable` unless the database answers before the signal. */
  check(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** How a database is connected to. */
export interface DatabaseOptions {
  readonly url: string;
  /** Most connections open at once. Default 10. */
  readonly connectionsMax?: number;
  /** Longest wait for a connection, a free place in the pool included. Default 5 s. */
  readonly connectTimeoutMs?: number;
  /** Longest time of one statement. Default 30 s. */
  readonly statementTimeoutMs?: number;
}

/** How much longer than the server we wait for an answer: then the network, not the statement, is at fault. */
const answerGraceMs = 5_000;

/** Opens a pool; connections are made when they are needed, again after the database was away. */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, connectionsMax = 10, connectTimeoutMs = 5_000, statementTimeoutMs = 30_000 } = options;
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "utsuru",
    max: connectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + answerGraceMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
    types: { getTypeParser: typeParser },
  });
  // An idle connection that breaks was nobody's: the pool has dropped it, the next query makes another.
  pool.on("error", () => {});
  return {
    query: (text, values, options) => failing(() => queryOn(pool, { ...options, text, values })),
    transaction: (work) => failing(() => transactionOn(pool, work)),
    check: (signal) => failing(() => check(pool, signal)),
    close: () => pool.end(),
  };
}

type Rows<Row> = Promise<Row[]>;

async function queryOn<Row extends object>(
  on: pg.Pool | pg.PoolClient,
  { values, ...statement }: StatementOptions & { readonly text: string; readonly values: readonly unknown[] },
): Rows<Row> {
  return (await on.query<Row & pg.QueryResultRow>({ ...statement, values: [...values] })).rows;
}

async function transactionOn<T>(pool: pg.Pool, work: (connection: Connection) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const note = (error: Error): void => {
    broken = error;
  };
  client.on("error", note); // breaks between two statements would otherwise end the process
  try {
    await client.query("begin");
    const result = await work({ query: (text, values, options) => queryOn(client, { ...options, text, values }) });
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(note); // not undone by us: the connection is given up, and with it the transaction
    throw error;
  } finally {
    client.off("error", note);
    client.release(broken);
  }
}

async function check(pool: pg.Pool, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void =>
    reject(new Failure("database-unavailable", "The database did not answer in time.", { retryAfterS: 5 }));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    await Promise.race([pool.query("select 1"), aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function failing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asFailure(error);
  }
}

/** PostgreSQL's bigint arrives as text, since it may exceed what a number holds exactly; ours (bytes, audiences, counts) never do. */
const typeParser: typeof pg.types.getTypeParser = (oid: number, format?: "text" | "binary") =>
  oid === pg.types.builtins.INT8 && format !== "binary" ? Number : pg.types.getTypeParser(oid, format as "text");
