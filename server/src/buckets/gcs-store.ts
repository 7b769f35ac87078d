import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { type File, Storage } from "@google-cloud/storage";
import { GoogleAuth, JWT } from "google-auth-library";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { parseContentRange, unsatisfiable } from "./byte-range.ts";
import { judgeStoreError } from "./cloud-failure.ts";
import { systemCode } from "./folder-failure.ts";
import type {
  LinkTerms,
  ObjectBody,
  ObjectFacts,
  ObjectPage,
  ObjectPart,
  ObjectStore,
  PartRequest,
  Verdict,
} from "./object-store.ts";

/** Where a Cloud Storage bucket is, and who asks. */
export interface GcsStoreOptions {
  readonly bucket: string;
  /** `undefined`: Google itself. An emulator is spoken to without credentials. */
  readonly endpoint: string | undefined;
  /** A service account's key file, as its text; `undefined`: the default credentials of the machine. */
  readonly keyText: string | undefined;
}

const scope = "https://www.googleapis.com/auth/devstorage.read_write";

/** What of a service account's key file is read here. */
const ServiceAccountKey = Type.Object({
  type: Type.Literal("service_account"),
  client_email: Type.String({ minLength: 1 }),
  private_key: Type.String({ minLength: 1 }),
});

/** The client's own options for key files are deprecated: they would also take kinds of credentials that call foreign addresses. */
function serviceAccount(keyText: string): GoogleAuth {
  const key = Value.Parse(ServiceAccountKey, JSON.parse(keyText));
  const auth = new GoogleAuth({
    authClient: new JWT({ email: key.client_email, key: key.private_key, scopes: [scope] }),
  });
  // Links are signed with what stands here.
  auth.jsonContent = key;
  return auth;
}

/**
 * One try of each call to a Google Cloud Storage bucket. The official client brings credentials and signs links; the four calls of the JSON API
 * that carry objects are made by `fetch`, because the client's own (8.4) take no AbortSignal and did not give up on a silent server in 80 s
 * with a time limit of 60 (docs/decisions).
 */
export function gcsStore({ bucket, endpoint, keyText }: GcsStoreOptions): ObjectStore {
  const storage = new Storage({
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint }),
    ...(keyText === undefined ? {} : { authClient: serviceAccount(keyText) }),
  });
  const api = new BucketApi(storage, bucket);
  return {
    link: (name) => `gs://${bucket}/${name}`,
    create: (name, body, options) => createObject(api, { name, body }, options),
    describe: (name, signal) => orAbsent(describeObject(api, name, signal)),
    read: (name, part, signal) => orAbsent(readObject(api, { name, ...part }, signal)),
    remove: async (name, signal) => {
      await orAbsent(api.call(objectPath(name), { method: "DELETE", signal }));
    },
    list: (prefix, page, signal) => listObjects(api, { prefix, ...page }, signal),
    sign: (name, terms) => signLink(storage.bucket(bucket).file(name), terms),
    judge: judgeGcsError,
  };
}

// ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** An answer whose status says no. */
class RefusedCall extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(`Cloud Storage answered ${status}: ${text.slice(0, 500)}`);
    this.status = status;
  }
}

interface Call {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable;
  readonly signal: AbortSignal;
}

/** The JSON API of one bucket (https://cloud.google.com/storage/docs/json_api/v1). */
class BucketApi {
  readonly #storage: Storage;
  readonly #path: string;

  constructor(storage: Storage, bucket: string) {
    this.#storage = storage;
    this.#path = `storage/v1/b/${encodeURIComponent(bucket)}`;
  }

  async call(path: string, call: Call): Promise<Response> {
    return this.#fetch(`${this.#path}/${path}`, call);
  }

  async upload(call: Call): Promise<Response> {
    return this.#fetch(`upload/${this.#path}/o`, { ...call, method: "POST" });
  }

  async #fetch(path: string, { method = "GET", query = {}, headers = {}, body, signal }: Call): Promise<Response> {
    const url = new URL(`${this.#storage.apiEndpoint}/${path}`);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const allHeaders = this.#storage.customEndpoint ? new Headers() : await this.#credentials(url);
    for (const [name, value] of Object.entries(headers)) allHeaders.set(name, value);
    const sent = body === undefined ? {} : { body: Readable.toWeb(body), duplex: "half" as const };
    const answer = await fetch(url, { method, headers: allHeaders, signal, ...sent });
    if (!answer.ok) throw new RefusedCall(answer.status, await answer.text());
    return answer;
  }

  async #credentials(url: URL): Promise<Headers> {
    try {
      return new Headers(await this.#storage.authClient.getRequestHeaders(url.href));
    } catch (error) {
      // What neither a server nor the network answered comes from this machine: it has no credentials.
      const isLocal = statusOf(error) === undefined && systemCode(error) === "";
      throw isLocal ? new RefusedCall(401, String(error)) : error;
    }
  }
}

function objectPath(name: string): string {
  return `o/${encodeURIComponent(name)}`;
}

/** What of an object's resource is read here. Sizes and generations are 64-bit numbers in text. */
const ObjectResource = Type.Object({
  name: Type.String(),
  size: Type.String({ pattern: "^[0-9]+$" }),
  generation: Type.String(),
  updated: Type.String(),
  metadata: Type.Optional(Type.Object({ sha256: Type.Optional(Type.String()) })),
});

const ObjectList = Type.Object({
  items: Type.Optional(Type.Array(ObjectResource)),
  nextPageToken: Type.Optional(Type.String()),
});

// ── objects ─────────────────────────────────────────────────────────────────────────────────────────────────────────

async function createObject(
  api: BucketApi,
  { name, body }: { readonly name: string; readonly body: ObjectBody },
  { contentType, signal }: { readonly contentType: string; readonly signal: AbortSignal },
): ReturnType<ObjectStore["create"]> {
  const boundary = randomUUID();
  // The store compares the MD5 and refuses other bytes; it does not take a SHA-256. The client's CRC32C runs at 50 MB/s on the event loop.
  const resource = {
    name,
    contentType,
    md5Hash: Buffer.from(body.md5, "hex").toString("base64"),
    metadata: { sha256: body.sha256 },
  };
  const parts = Readable.from(multipartRelated({ boundary, resource, contentType, body }));
  try {
    const answer = await api.upload({
      query: { uploadType: "multipart", ifGenerationMatch: "0" },
      headers: { "content-type": `multipart/related; boundary=${boundary}` },
      body: parts,
      signal,
    });
    const { generation } = Value.Parse(ObjectResource, await answer.json());
    return { kind: "created", generation };
  } catch (error) {
    if (statusOf(error) === 412) return { kind: "taken" };
    throw error;
  } finally {
    parts.destroy();
  }
}

/** An object's resource and its bytes as one body (RFC 2387). */
async function* multipartRelated(what: {
  readonly boundary: string;
  readonly resource: object;
  readonly contentType: string;
  readonly body: ObjectBody;
}): AsyncGenerator<Uint8Array> {
  const { boundary, resource, contentType, body } = what;
  const head = `--${boundary}\r\ncontent-type: application/json; charset=utf-8\r\n\r\n${JSON.stringify(resource)}\r\n`;
  yield Buffer.from(`${head}--${boundary}\r\ncontent-type: ${contentType}\r\n\r\n`);
  yield* body.open();
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

async function describeObject(api: BucketApi, name: string, signal: AbortSignal): Promise<ObjectFacts> {
  const answer = await api.call(objectPath(name), { signal });
  const { size, generation, metadata } = Value.Parse(ObjectResource, await answer.json());
  return { bytes: Number(size), sha256: metadata?.sha256, generation };
}

async function readObject(
  api: BucketApi,
  what: PartRequest & { readonly name: string },
  signal: AbortSignal,
): Promise<ObjectPart> {
  const { name, from, to, generation } = what;
  const range = from === undefined ? {} : { range: `bytes=${from}-${to ?? ""}` };
  const answer = await api.call(objectPath(name), {
    query: { alt: "media", generation },
    headers: { "accept-encoding": "identity", ...range },
    signal,
  });
  const stream = answer.body === null ? Readable.from([]) : Readable.fromWeb(answer.body);
  return { ...partOf(answer.headers), stream };
}

function partOf(headers: Headers): Omit<ObjectPart, "stream"> {
  const count = Number(headers.get("content-length") ?? 0);
  const { from, bytes } = parseContentRange(headers.get("content-range") ?? undefined) ?? { from: 0, bytes: count };
  const sha256 = headers.get("x-goog-meta-sha256") ?? undefined;
  return { facts: { bytes, sha256, generation: headers.get("x-goog-generation") ?? "" }, from, count };
}

async function listObjects(
  api: BucketApi,
  { prefix, after, limit }: { prefix: string; after: string | undefined; limit: number },
  signal: AbortSignal,
): Promise<ObjectPage> {
  const answer = await api.call("o", { query: { prefix, maxResults: `${limit}`, pageToken: after }, signal });
  const { items = [], nextPageToken } = Value.Parse(ObjectList, await answer.json());
  return {
    items: items.map(({ name, size, updated }) => ({ name, bytes: Number(size), modifiedAt: new Date(updated) })),
    next: nextPageToken === "" ? undefined : nextPageToken,
  };
}

async function signLink(file: File, terms: LinkTerms): Promise<string | undefined> {
  try {
    const [url] = await file.getSignedUrl({
      version: "v4",
      action: "read",
      expires: Date.now() + terms.expiresS * 1000,
      responseType: terms.contentType,
      responseDisposition: terms.contentDisposition,
    });
    return url;
  } catch (error) {
    const { kind, failure } = judgeGcsError(error);
    if (kind === "retry") throw failure;
    // Credentials that have no private key, and may not have the store sign, cannot make links; bytes then go through the server.
    return undefined;
  }
}

// ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The status of a refused call, of Cloud Storage or of where credentials come from. */
function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  return typeof status === "number" ? status : undefined;
}

async function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function judgeGcsError(error: unknown): Verdict {
  const status = statusOf(error);
  if (status === 416) return { kind: "final", failure: unsatisfiable(error) };
  // `fetch` throws a TypeError for every broken connection; its cause says what happened.
  const code = error instanceof TypeError && error.cause !== undefined ? "ECONNRESET" : systemCode(error);
  return judgeStoreError({ status, code, name: error instanceof Error ? error.name : "", error });
}
