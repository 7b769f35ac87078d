import { readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Failure, StartError } from "../errors.ts";
import type { Bucket } from "../ports.ts";
import { folderBucket } from "./folder-bucket.ts";
import { systemCode } from "./folder-failure.ts";
import { isKey } from "./object-key.ts";
import type { ObjectStore } from "./object-store.ts";
import type { RetryTerms } from "./retries.ts";

/** What a bucket's URL leaves open. */
export interface OpenBucketOptions {
  /** Where `UTSURU_GCS_…` and `UTSURU_S3_…` are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly terms?: RetryTerms;
  /** A folder that is not there is refused, not made. */
  readonly mustExist?: boolean;
}

/**
 * The bucket that a URL names: `file:///path`, `gs://bucket/prefix` or `s3://bucket/prefix`. A cloud's client is loaded only for its own URLs.
 * Nothing is asked of a cloud yet: `check` does. Throws `StartError` for a URL or setting that cannot be meant, and for a folder that cannot be used.
 */
export async function openBucket(
  url: string,
  { environment, terms, mustExist = false }: OpenBucketOptions,
): Promise<Bucket> {
  const place = parseBucketUrl(url);
  switch (place.kind) {
    case "folder":
      if (mustExist) await refuseMissing(place.root);
      return openFolder(place.root);
    case "gcs":
      return openCloud(await openGcs(place.bucket, environment), { prefix: place.prefix, terms });
    case "s3":
      return openCloud(await openS3(place.bucket, environment), { prefix: place.prefix, terms });
    default:
      return place satisfies never;
  }
}

type BucketPlace =
  | { readonly kind: "folder"; readonly root: string }
  | { readonly kind: "gcs" | "s3"; readonly bucket: string; readonly prefix: string };

const expected = "expected file:///path, gs://bucket/prefix or s3://bucket/prefix";

/** What a bucket's URL names; the prefix is empty or ends in a slash. */
export function parseBucketUrl(text: string): BucketPlace {
  const url = URL.parse(text);
  if (url === null) throw wrong(`${expected}, got "${text}"`);
  if (url.search !== "" || url.hash !== "" || url.username !== "" || url.port !== "") {
    throw wrong(`${expected} without a port, user, query or fragment, got ${url.protocol}//…`);
  }
  if (url.protocol === "file:") return { kind: "folder", root: folderOf(url, text) };
  if (url.protocol !== "gs:" && url.protocol !== "s3:") throw wrong(`${expected}, got "${text}"`);
  if (!/^[a-z0-9][a-z0-9._-]{1,221}$/.test(url.hostname)) throw wrong(`${expected}; "${text}" names no bucket`);
  const prefix = url.pathname.replace(/^\/|\/$/g, "");
  if (prefix !== "" && !isKey(prefix)) {
    throw wrong(`a bucket's prefix is made of A-Z a-z 0-9 . _ - and single slashes, got "${text}"`);
  }
  return {
    kind: url.protocol === "gs:" ? "gcs" : "s3",
    bucket: url.hostname,
    prefix: prefix === "" ? "" : `${prefix}/`,
  };
}

function folderOf(url: URL, text: string): string {
  try {
    const path = fileURLToPath(url);
    if (path !== "/") return path;
  } catch (error) {
    throw wrong(`expected file:///path with an absolute path on this machine, got "${text}"`, error);
  }
  throw wrong(`expected file:///path with a folder's path, got "${text}"`);
}

async function refuseMissing(root: string): Promise<void> {
  const found = await stat(root).catch(() => undefined);
  if (!found?.isDirectory()) throw new StartError(`There is no folder for pictures at ${root}.`);
}

async function openFolder(root: string): Promise<Bucket> {
  try {
    return await folderBucket({ root });
  } catch (error) {
    if (!(error instanceof Failure) && systemCode(error) === "") throw error;
    throw new StartError(`The folder for pictures, ${root}, cannot be used: ${String(error)}.`, { cause: error });
  }
}

async function openGcs(bucket: string, environment: OpenBucketOptions["environment"]): Promise<ObjectStore> {
  const { UTSURU_GCS_KEY_FILE } = environment;
  const endpoint = endpointOf("UTSURU_GCS_ENDPOINT", environment);
  const { gcsStore } = await import("./gcs-store.ts");
  try {
    const keyText = UTSURU_GCS_KEY_FILE ? await readFile(UTSURU_GCS_KEY_FILE, "utf8") : undefined;
    return gcsStore({ bucket, endpoint, keyText });
  } catch (error) {
    throw wrong("UTSURU_GCS_KEY_FILE must name the JSON key file of a service account, readable by this server", error);
  }
}

async function openS3(bucket: string, environment: OpenBucketOptions["environment"]): Promise<ObjectStore> {
  const { s3Store } = await import("./s3-store.ts");
  const endpoint = endpointOf("UTSURU_S3_ENDPOINT", environment);
  const { UTSURU_S3_REGION, AWS_REGION } = environment;
  const region = UTSURU_S3_REGION || AWS_REGION || undefined;
  return s3Store({
    bucket,
    endpoint,
    // Servers other than AWS seldom care, but the signature needs one.
    region: region ?? (endpoint === undefined ? undefined : "us-east-1"),
    forcePathStyle: switchOf("UTSURU_S3_FORCE_PATH_STYLE", environment) ?? endpoint !== undefined,
  });
}

async function openCloud(
  store: ObjectStore,
  { prefix, terms }: { readonly prefix: string; readonly terms: RetryTerms | undefined },
): Promise<Bucket> {
  const { cloudBucket } = await import("./cloud-bucket.ts");
  return cloudBucket({ store, prefix, ...(terms === undefined ? {} : { terms }) });
}

function endpointOf(name: string, environment: OpenBucketOptions["environment"]): string | undefined {
  const text = environment[name] || undefined;
  if (text === undefined) return undefined;
  const protocol = URL.parse(text)?.protocol;
  if (protocol === "http:" || protocol === "https:") return text;
  throw wrong(`${name} must look like https://host:port, not "${text}"`);
}

function switchOf(name: string, environment: OpenBucketOptions["environment"]): boolean | undefined {
  const text = environment[name] || undefined;
  if (text === undefined) return undefined;
  if (text === "true" || text === "false") return text === "true";
  throw wrong(`${name} must be true or false, not "${text}"`);
}

function wrong(detail: string, cause?: unknown): StartError {
  return new StartError(`${detail}.`, { cause });
}
