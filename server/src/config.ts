import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseEnv } from "node:util";

/** Everything that the environment decides, read once and checked. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Absolute path of the data folder. */
  readonly dataFolder: string;
  /** `undefined`: the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
  readonly index: IndexPlace;
  /** Threads that share the index of codes; 0: it is held in the server's own. `auto`: as many as the images need. */
  readonly indexThreads: number | "auto";
  readonly bucketUrl: string;
  /** What the bucket's URL leaves open, by the names of its settings; read by the adapter that needs it. */
  readonly bucketSettings: Readonly<Record<string, string | undefined>>;
  /** Whether files come through the server, or by a link to the bucket where that can make one. */
  readonly downloads: Downloads;
  /** `undefined`: made once and kept in the data folder. */
  readonly secret: string | undefined;
  /** Addresses or networks of proxies whose X-Forwarded-For is believed; empty: none. */
  readonly trustedProxies: readonly string[];
  readonly uploadBytesMax: number;
  readonly decoders: number;
  /** Files of jobs that this process takes in at once; 0: none, others do. */
  readonly workers: number;
  /** Files of jobs that may wait to be taken in, all and those of one person. */
  readonly jobs: { readonly waitingMax: number; readonly waitingMaxPerOwner: number };
  /** How often a task of the queue is tried before it is set aside. */
  readonly taskTries: number;
  /** Logins and registrations that one address may try a minute. */
  readonly credentialTriesPerMinute: number;
  readonly logLevel: LogLevel;
}

const logLevels = ["fatal", "error", "warn", "info", "debug", "silent"] as const;

const downloads = ["server", "redirect"] as const;

/** How files come to those who may see them. */
export type Downloads = (typeof downloads)[number];

/** How much the server writes to standard error. */
export type LogLevel = (typeof logLevels)[number];

const indexPlaces = ["memory", "database"] as const;

/** Where search finds near codes: in this process, or by asking the database. */
export type IndexPlace = (typeof indexPlaces)[number];

/** A setting that does not hold what it should, in one sentence. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;

const mebibyte = 1024 * 1024;
const threadsMax = 64;

/**
 * The settings, each with how it is read from its text and what stands when it is absent. A setting that is not listed here is refused.
 */
const settings = {
  UTSURU_HOST: (text = "127.0.0.1"): string => text,
  UTSURU_PORT: (text = "8080"): number => wholeNumber("UTSURU_PORT", text, { min: 0, max: 65_535 }),
  UTSURU_DATA: (text = "./data"): string => resolve(text),
  UTSURU_DATABASE_URL: (text?: string): string | undefined => text && databaseUrl(text),
  UTSURU_INDEX: (text = "memory"): IndexPlace => oneOf("UTSURU_INDEX", text, indexPlaces),
  UTSURU_INDEX_THREADS: (text = "auto"): number | "auto" =>
    text === "auto" ? text : wholeNumber("UTSURU_INDEX_THREADS", text, { min: 0, max: threadsMax, or: "auto" }),
  UTSURU_BUCKET: (text?: string): string | undefined => text && bucketUrl(text),
  UTSURU_DOWNLOADS: (text = "server"): Downloads => oneOf("UTSURU_DOWNLOADS", text, downloads),
  UTSURU_SECRET: (text?: string): string | undefined => text && secret(text),
  UTSURU_TRUSTED_PROXIES: (text = ""): readonly string[] =>
    text.split(",").flatMap((part) => (part.trim() ? network(part.trim()) : [])),
  UTSURU_UPLOAD_MIB_MAX: (text = "64"): number =>
    wholeNumber("UTSURU_UPLOAD_MIB_MAX", text, { min: 1, max: 1024 }) * mebibyte,
  UTSURU_DECODERS: (text = "2"): number => wholeNumber("UTSURU_DECODERS", text, { min: 1, max: 64 }),
  UTSURU_WORKERS: (text = "2"): number => wholeNumber("UTSURU_WORKERS", text, { min: 0, max: 64 }),
  UTSURU_QUEUE_MAX: (text = "10000"): number => wholeNumber("UTSURU_QUEUE_MAX", text, { min: 1, max: 1_000_000 }),
  UTSURU_QUEUE_MAX_PER_PERSON: (text = "1000"): number =>
    wholeNumber("UTSURU_QUEUE_MAX_PER_PERSON", text, { min: 1, max: 1_000_000 }),
  UTSURU_TASK_TRIES: (text = "8"): number => wholeNumber("UTSURU_TASK_TRIES", text, { min: 1, max: 100 }),
  UTSURU_CREDENTIAL_TRIES: (text = "60"): number =>
    wholeNumber("UTSURU_CREDENTIAL_TRIES", text, { min: 1, max: 1_000_000 }),
  UTSURU_LOG: (text = "warn"): LogLevel => oneOf("UTSURU_LOG", text, logLevels),
};

/** Settings of the clouds that a bucket may be in. */
const bucketSettings: readonly string[] = [
  "UTSURU_GCS_KEY_FILE",
  "UTSURU_GCS_ENDPOINT",
  "UTSURU_S3_ENDPOINT",
  "UTSURU_S3_REGION",
  "UTSURU_S3_FORCE_PATH_STYLE",
];

/** Settings of command line clients and benchmarks, read where they are used. */
const otherSettings: ReadonlySet<string> = new Set([
  "UTSURU_TOKEN",
  "UTSURU_SERVER",
  "UTSURU_SHARED",
  "UTSURU_ATTACKS",
  ...bucketSettings,
]);

/** Reads the settings of an environment; throws {@link ConfigError} for an unknown name or a bad value. */
export function readConfig(environment: Environment): Config {
  for (const name of Object.keys(environment)) refuseUnknown(name);
  const value = (name: keyof typeof settings): string | undefined => environment[name] || undefined;
  const dataFolder = settings.UTSURU_DATA(value("UTSURU_DATA"));
  return Object.freeze({
    host: settings.UTSURU_HOST(value("UTSURU_HOST")),
    port: settings.UTSURU_PORT(value("UTSURU_PORT")),
    dataFolder,
    databaseUrl: settings.UTSURU_DATABASE_URL(value("UTSURU_DATABASE_URL")),
    index: settings.UTSURU_INDEX(value("UTSURU_INDEX")),
    indexThreads: settings.UTSURU_INDEX_THREADS(value("UTSURU_INDEX_THREADS")),
    bucketUrl: settings.UTSURU_BUCKET(value("UTSURU_BUCKET")) ?? ownBucketUrl(dataFolder),
    bucketSettings: Object.fromEntries(bucketSettings.map((name) => [name, environment[name] || undefined])),
    downloads: settings.UTSURU_DOWNLOADS(value("UTSURU_DOWNLOADS")),
    secret: settings.UTSURU_SECRET(value("UTSURU_SECRET")),
    trustedProxies: settings.UTSURU_TRUSTED_PROXIES(value("UTSURU_TRUSTED_PROXIES")),
    uploadBytesMax: settings.UTSURU_UPLOAD_MIB_MAX(value("UTSURU_UPLOAD_MIB_MAX")),
    decoders: settings.UTSURU_DECODERS(value("UTSURU_DECODERS")),
    workers: settings.UTSURU_WORKERS(value("UTSURU_WORKERS")),
    jobs: {
      waitingMax: settings.UTSURU_QUEUE_MAX(value("UTSURU_QUEUE_MAX")),
      waitingMaxPerOwner: settings.UTSURU_QUEUE_MAX_PER_PERSON(value("UTSURU_QUEUE_MAX_PER_PERSON")),
    },
    taskTries: settings.UTSURU_TASK_TRIES(value("UTSURU_TASK_TRIES")),
    credentialTriesPerMinute: settings.UTSURU_CREDENTIAL_TRIES(value("UTSURU_CREDENTIAL_TRIES")),
    logLevel: settings.UTSURU_LOG(value("UTSURU_LOG")),
  });
}

/** Where a data folder keeps its pictures when no bucket is named. */
export function ownBucketUrl(dataFolder: string): string {
  return pathToFileURL(resolve(dataFolder, "images")).href;
}

/** The environment over what a `.env` file of the folder says; the environment wins. */
export function environmentWithFile(environment: Environment, folder: string): Environment {
  return { ...readEnvironmentFile(resolve(folder, ".env")), ...environment };
}

function readEnvironmentFile(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw new ConfigError(`The file ${path} is there but cannot be read.`, { cause: error });
  }
}

function refuseUnknown(name: string): void {
  if (!name.startsWith("UTSURU_") || name in settings || otherSettings.has(name) || name.startsWith("UTSURU_TEST_"))
    return;
  throw new ConfigError(
    `${name} is not a setting of Utsuru; expected one of ${[...Object.keys(settings), ...bucketSettings].join(", ")}.`,
  );
}

function wholeNumber(name: string, text: string, range: { min: number; max: number; or?: string }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= range.min && value <= range.max) return value;
  const expected = `${range.or === undefined ? "" : `${range.or} or `}a whole number from ${range.min} to ${range.max}`;
  throw new ConfigError(`${name} must be ${expected}, not "${text}".`);
}

function databaseUrl(text: string): string {
  const url = URL.parse(text);
  if (url && (url.protocol === "postgres:" || url.protocol === "postgresql:")) return text;
  throw new ConfigError("UTSURU_DATABASE_URL must look like postgres://user:password@host:5432/database.");
}

function bucketUrl(text: string): string {
  const url = URL.parse(text);
  if (
    url &&
    ((url.protocol === "file:" && url.host === "") ||
      ((url.protocol === "gs:" || url.protocol === "s3:") && url.host !== ""))
  )
    return text;
  throw new ConfigError(
    `UTSURU_BUCKET must look like file:///path, gs://bucket/prefix or s3://bucket/prefix, not "${text}".`,
  );
}

/** An address, or a network as an address and its bits. */
function network(text: string): string {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  const bitsMax = family === 4 ? 32 : 128;
  const isMask = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= bitsMax);
  if (family !== 0 && isMask && rest.length === 0) return text;
  throw new ConfigError(
    `UTSURU_TRUSTED_PROXIES must be addresses or networks, such as 10.0.0.1 or 10.0.0.0/8, with commas between them, not "${text}".`,
  );
}

function secret(text: string): string {
  if (Buffer.byteLength(text) >= 32) return text;
  throw new ConfigError("UTSURU_SECRET must have at least 32 bytes; `openssl rand -hex 32` makes one.");
}

function oneOf<T extends string>(name: string, text: string, known: readonly T[]): T {
  const value = known.find((one) => one === text);
  if (value) return value;
  throw new ConfigError(`${name} must be one of ${known.join(", ")}, not "${text}".`);
}
