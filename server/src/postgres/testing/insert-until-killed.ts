/**
 * Run as a process of its own: starts the embedded database in a folder, writes a JSON line of all the numbers stored there, then
 * stores ever more from several connections, writing each as a line once the database acknowledged it. Never ends by itself.
 */
import pg from "pg";
import { startEmbedded } from "../embedded.ts";

const [directory = "", first = "0"] = process.argv.slice(2);
const { url } = await startEmbedded({ directory });
const pool = new pg.Pool({ connectionString: url, max: 8 });
await pool.query("create table if not exists numbers (number integer primary key)");
const { rows } = await pool.query<{ number: number }>("select number from numbers");
process.stdout.write(`${JSON.stringify(rows.map(({ number }) => number))}\n`);

let next = Number(first);
async function insert(): Promise<never> {
  for (;;) {
    const number = next++;
    await pool.query("insert into numbers values ($1)", [number]);
    process.stdout.write(`${number}\n`);
  }
}
await Promise.all(Array.from({ length: 8 }, insert));
