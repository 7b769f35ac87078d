import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, mkdtemp, open, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type Peer, radius, timed } from "./peer.ts";
import { codeBytes } from "./sets.ts";

const binaries = process.env.UTSURU_BENCH_POSTGRES ?? "/usr/lib/postgresql/15/bin";
/** PostgreSQL refuses to run as root: then it runs as nobody. */
const nobody = 65_534;

const schema = "CREATE TABLE codes (id int PRIMARY KEY, code bit(256) NOT NULL, bands int[] NOT NULL)";
const scanQuery =
  "SELECT id, bit_count(code # $1::bit(256)) AS distance FROM codes WHERE bit_count(code # $1::bit(256)) <= 31";
const bandsQuery = `${scanQuery} AND bands && $2::int[]`;

/** PostgreSQL in a cluster of its own: the `bit_count` scan, 16 bands under GIN, and all codes fetched to be compared here. */
export async function postgresPeers(codes: Uint8Array): Promise<Peer[]> {
  if (!existsSync(join(binaries, "initdb"))) return [];
  const cluster = await Cluster.start();
  try {
    await cluster.load(codes);
    return await peersOf(cluster);
  } catch (cause) {
    await cluster.stop();
    throw new Error("the scratch PostgreSQL cannot be filled", { cause });
  }
}

async function peersOf(cluster: Cluster): Promise<Peer[]> {
  const client = await cluster.connect();
  const guided = await cluster.connect();
  // 272 probes look expensive to the planner, which would read the whole table instead.
  await guided.query("SET enable_seqscan = off");
  const { version } = (await client.query("SHOW server_version")).rows[0].server_version.split(" ");
  const name = `PostgreSQL ${version ?? "15"}`;
  const close = async () => {
    await Promise.all([client.end(), guided.end()]);
    await cluster.stop();
  };
  return [
    {
      name: `${name}, bit_count scan`,
      answer: (query) =>
        timed(async () => (await client.query({ name: "scan", text: scanQuery, values: [bits(query)] })).rows.length),
      close,
    },
    {
      name: `${name}, GIN on 16 bands, 272 probes`,
      answer: (query) =>
        timed(
          async () =>
            (await guided.query({ name: "bands", text: bandsQuery, values: [bits(query), probes(query)] })).rows.length,
        ),
      close: async () => {},
    },
    {
      name: "the founding way: all codes fetched, compared in the application",
      answer: (query) => timed(() => fetchAndCompare(client, query)),
      close: async () => {},
    },
  ];
}

async function fetchAndCompare(client: pg.Client, query: Uint8Array): Promise<number> {
  const { rows } = await client.query<{ id: number; code: string }>("SELECT id, code FROM codes");
  const asked = bits(query);
  let found = 0;
  for (const { code } of rows) {
    let distance = 0;
    for (let i = 0; i < 256 && distance <= radius; i++) if (code.charCodeAt(i) !== asked.charCodeAt(i)) distance++;
    if (distance <= radius) found++;
  }
  return found;
}

function bits(code: Uint8Array): string {
  return Array.from(code, (byte) => byte.toString(2).padStart(8, "0")).join("");
}

function bandsOf(code: Uint8Array): number[] {
  return Array.from(
    { length: 16 },
    (_, band) => (band << 16) | ((code[2 * band] as number) << 8) | (code[2 * band + 1] as number),
  );
}

function probes(code: Uint8Array): number[] {
  return bandsOf(code).flatMap((band) => [band, ...Array.from({ length: 16 }, (_, bit) => band ^ (1 << bit))]);
}

class Cluster {
  readonly #folder: string;
  readonly #port: number;
  readonly #server: ReturnType<typeof spawn>;

  private constructor(folder: string, port: number, server: ReturnType<typeof spawn>) {
    this.#folder = folder;
    this.#port = port;
    this.#server = server;
  }

  static async start(): Promise<Cluster> {
    const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-"));
    const asRoot = process.getuid?.() === 0;
    if (asRoot) await chown(folder, nobody, nobody);
    const options: SpawnOptions = { cwd: folder, stdio: "ignore", ...(asRoot ? { uid: nobody, gid: nobody } : {}) };
    const data = join(folder, "data");
    const [code] = await once(
      spawn(join(binaries, "initdb"), ["-D", data, "-U", "bench", "-A", "trust", "--no-sync"], options),
      "exit",
    );
    if (code !== 0) throw new Error(`initdb ended with ${code}`);
    const port = await freePort();
    const settings = [
      "fsync=off",
      "shared_buffers=1GB",
      "max_wal_size=8GB",
      "maintenance_work_mem=1GB",
      "max_parallel_workers_per_gather=0",
    ];
    const flags = settings.flatMap((setting) => ["-c", setting]);
    const server = spawn(
      join(binaries, "postgres"),
      ["-D", data, "-h", "127.0.0.1", "-p", `${port}`, "-k", folder, ...flags],
      options,
    );
    return new Cluster(folder, port, server);
  }

  async connect(): Promise<pg.Client> {
    for (let attempt = 0; ; attempt++) {
      const client = new pg.Client({ host: "127.0.0.1", port: this.#port, user: "bench", database: "postgres" });
      try {
        await client.connect();
        return client;
      } catch (cause) {
        if (attempt === 100) throw new Error("the scratch PostgreSQL does not answer", { cause });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async load(codes: Uint8Array): Promise<void> {
    const path = join(this.#folder, "codes.tsv");
    const file = await open(path, "w");
    for (let from = 0; from < codes.length; from += 10_000 * codeBytes) {
      let lines = "";
      for (let at = from; at < Math.min(from + 10_000 * codeBytes, codes.length); at += codeBytes) {
        const code = codes.subarray(at, at + codeBytes);
        lines += `${at / codeBytes}\tx${Buffer.from(code).toString("hex")}\t{${bandsOf(code).join()}}\n`;
      }
      await file.write(lines);
    }
    await file.close();
    await chmod(path, 0o644);
    const client = await this.connect();
    await client.query(schema);
    await client.query(`COPY codes FROM '${path}'`);
    await client.query("CREATE INDEX ON codes USING gin (bands)");
    await client.query("VACUUM ANALYZE codes");
    await client.end();
  }

  async stop(): Promise<void> {
    const ended = once(this.#server, "exit");
    this.#server.kill("SIGINT");
    await ended;
    await rm(this.#folder, { recursive: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
