import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { startFauxqs } from "fauxqs";

/** A cloud's storage server that runs on this machine, with an empty bucket. */
export interface CloudServer {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** A server that tests can run against, or why they cannot. */
export interface CloudServerKind {
  readonly name: string;
  readonly scheme: "gs" | "s3";
  /** Why this machine cannot start it. */
  readonly missing: string | undefined;
  /** What the server lacks of create-only puts, by name. */
  readonly createOnlyGap: string | undefined;
  /** What the server lacks of signed links, by name. */
  readonly linkGap?: string;
  start(): Promise<CloudServer>;
}

export const bucketName = "utsuru-test";

/** The settings that make `openBucket` speak to a server. */
export function settingsOf(scheme: "gs" | "s3", endpoint: string): Readonly<Record<string, string>> {
  return scheme === "gs" ? { UTSURU_GCS_ENDPOINT: endpoint } : { UTSURU_S3_ENDPOINT: endpoint };
}

// The S3 servers take these; the standard AWS chain finds them here.
const credentials = { id: "utsuru-test", secret: "utsuru-test-secret" };
Object.assign(process.env, { AWS_ACCESS_KEY_ID: credentials.id, AWS_SECRET_ACCESS_KEY: credentials.secret });

/** Every server that the suites know of; the first comes with `npm ci`, the others are used when they are found. */
export const cloudServers: readonly CloudServerKind[] = [
  {
    name: "fauxqs (S3, npm)",
    scheme: "s3",
    missing: undefined,
    createOnlyGap: "fauxqs ignores If-None-Match on PutObject: two writers at once cannot be told apart there",
    linkGap: "fauxqs ignores response-content-type and response-content-disposition",
    start: startFauxqsServer,
  },
  onPath({
    name: "versitygw (S3, Go)",
    program: "versitygw",
    scheme: "s3",
    args: ({ port, folder }) => ["--port", `127.0.0.1:${port}`, "--quiet", "posix", folder],
    environment: {
      ROOT_ACCESS_KEY: credentials.id,
      ROOT_SECRET_KEY: credentials.secret,
    },
    prepare: createS3Bucket,
    createOnlyGap: undefined,
  }),
  onPath({
    name: "MinIO (S3, Go)",
    program: "minio",
    scheme: "s3",
    args: ({ port, folder }) => ["server", "--quiet", "--address", `127.0.0.1:${port}`, folder],
    environment: {
      MINIO_ROOT_USER: credentials.id,
      MINIO_ROOT_PASSWORD: credentials.secret,
    },
    prepare: createS3Bucket,
    createOnlyGap: undefined,
  }),
  onPath({
    name: "fake-gcs-server (Cloud Storage, Go)",
    program: "fake-gcs-server",
    scheme: "gs",
    args: ({ port }) => [
      "-scheme",
      "http",
      "-host",
      "127.0.0.1",
      "-port",
      `${port}`,
      "-backend",
      "memory",
      "-log-level",
      "error",
    ],
    environment: {},
    prepare: createGcsBucket,
    createOnlyGap: undefined,
  }),
  onPath({
    name: "gcp-storage-emulator (Cloud Storage, PyPI)",
    program: "gcp-storage-emulator",
    scheme: "gs",
    args: ({ port }) => ["start", "--host", "127.0.0.1", "--port", `${port}`, "--in-memory", "--quiet"],
    environment: {},
    prepare: createGcsBucket,
    createOnlyGap:
      "gcp-storage-emulator looks for the object before it reads the body: of two writers at once, both win there",
  }),
];

async function startFauxqsServer(): Promise<CloudServer> {
  const server = await startFauxqs({ port: 0, logger: false });
  const endpoint = `http://127.0.0.1:${server.port}`;
  await createS3Bucket(endpoint);
  return { endpoint, stop: () => server.stop() };
}

interface ProgramOptions extends Pick<CloudServerKind, "name" | "scheme" | "createOnlyGap"> {
  readonly program: string;
  readonly args: (place: { readonly port: number; readonly folder: string }) => readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly prepare: (endpoint: string) => Promise<void>;
}

/** A server that is a program of its own, found on the PATH or in the folder that UTSURU_TEST_EMULATORS names. */
function onPath(options: ProgramOptions): CloudServerKind {
  const { name, scheme, createOnlyGap, program } = options;
  const path = findProgram(program);
  return {
    name,
    scheme,
    createOnlyGap,
    missing: path === undefined ? `${program} is neither on the PATH nor in UTSURU_TEST_EMULATORS` : undefined,
    start: () => startProgram(path ?? program, options),
  };
}

function findProgram(program: string): string | undefined {
  const { UTSURU_TEST_EMULATORS = "", PATH = "" } = process.env;
  const folders = [UTSURU_TEST_EMULATORS, PATH].join(delimiter).split(delimiter);
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function startProgram(path: string, { args, environment, prepare }: ProgramOptions): Promise<CloudServer> {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-cloud-"));
  const port = await freePort();
  const child = spawn(path, args({ port, folder }), {
    cwd: folder,
    stdio: "ignore",
    env: { ...process.env, ...environment },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await stopProgram(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilAnswered(endpoint, child);
    await prepare(endpoint);
    return { endpoint, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("expected a port");
  return address.port;
}

async function untilAnswered(endpoint: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 150; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode} before it answered`);
    try {
      await fetch(endpoint, { signal: AbortSignal.timeout(1000) });
      return;
    } catch {
      // Not listening yet.
      await wait(100);
    }
  }
  throw new Error(`no answer from ${endpoint} in 15 s`);
}

async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function createS3Bucket(endpoint: string): Promise<void> {
  const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucketName }));
  client.destroy();
}

async function createGcsBucket(endpoint: string): Promise<void> {
  const answer = await fetch(`${endpoint}/storage/v1/b?project=utsuru`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: bucketName }),
  });
  if (!answer.ok) throw new Error(`expected a bucket to be made, got ${answer.status}`);
}
