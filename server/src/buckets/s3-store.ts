import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { parseContentRange, unsatisfiable } from "./byte-range.ts";
import { judgeStoreError, storageFull } from "./cloud-failure.ts";
import { systemCode } from "./folder-failure.ts";
import type {
  ObjectBody,
  ObjectFacts,
  ObjectPage,
  ObjectPart,
  ObjectStore,
  PartRequest,
  Verdict,
} from "./object-store.ts";

/** Where an S3 bucket is, and how its server is spoken to. Credentials come from the standard AWS chain. */
export interface S3StoreOptions {
  readonly bucket: string;
  /** `undefined`: AWS itself. */
  readonly endpoint: string | undefined;
  /** `undefined`: as the AWS configuration says. */
  readonly region: string | undefined;
  /** The bucket's name in the path, not in the host name. */
  readonly forcePathStyle: boolean;
}

/** The answers of S3 and its like that mean a full store: MinIO's, Ceph's, and those of providers with quotas. */
const fullCodes: ReadonlySet<string> = new Set([
  "EntityTooLargeForQuota",
  "InsufficientStorage",
  "QuotaExceeded",
  "XMinioAdminBucketQuotaExceeded",
  "XMinioStorageFull",
]);

/** One try of each call to an S3 bucket. */
export function s3Store(options: S3StoreOptions): ObjectStore {
  const { bucket, endpoint, region, forcePathStyle } = options;
  const client = new S3Client({
    forcePathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    // Retries are ours, alike for every store; checksums too, because many servers know none of the newer ones.
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // It would write to the console that a stream cannot be sent twice, which we never ask of it.
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    requestHandler: { connectionTimeout: 5000, socketTimeout: 30_000 },
  });
  const at = (name: string) => ({ Bucket: bucket, Key: name });
  return {
    link: (name) => `s3://${bucket}/${name}`,
    create: (name, body, { contentType, signal }) => createObject(client, { ...at(name), body, contentType, signal }),
    describe: (name, signal) => orAbsent(describeObject(client, at(name), signal)),
    read: (name, part, signal) => orAbsent(readObject(client, { ...at(name), ...part }, signal)),
    remove: async (name, signal) => {
      await client.send(new DeleteObjectCommand(at(name)), { abortSignal: signal });
    },
    list: (prefix, page, signal) => listObjects(client, { Bucket: bucket, Prefix: prefix, ...page }, signal),
    sign: (name, { expiresS, contentType, contentDisposition }) =>
      getSignedUrl(
        client,
        new GetObjectCommand({
          ...at(name),
          ResponseContentType: contentType,
          ResponseContentDisposition: contentDisposition,
        }),
        { expiresIn: expiresS },
      ),
    judge: judgeS3Error,
  };
}

function silent(): void {}

interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

async function createObject(
  client: S3Client,
  what: Place & { readonly body: ObjectBody; readonly contentType: string; readonly signal: AbortSignal },
): ReturnType<ObjectStore["create"]> {
  const { Bucket, Key, body, contentType, signal } = what;
  const stream = body.open();
  const command = new PutObjectCommand({
    Bucket,
    Key,
    Body: stream,
    ContentLength: body.bytes,
    ContentType: contentType,
    ContentMD5: Buffer.from(body.md5, "hex").toString("base64"),
    Metadata: { sha256: body.sha256 },
    IfNoneMatch: "*",
  });
  // Signing the checksum makes the server verify it, and spares the client from reading a stream it cannot read twice.
  command.middlewareStack.add(
    (next) => (args) => {
      Object.assign(Object(args.request).headers, { "x-amz-content-sha256": body.sha256 });
      return next(args);
    },
    { step: "build", name: "signWholeBody" },
  );
  try {
    const answer = await client.send(command, { abortSignal: signal });
    return { kind: "created", generation: answer.ETag ?? "" };
  } catch (error) {
    if (statusOf(error) === 412) return { kind: "taken" };
    throw error;
  } finally {
    stream.destroy();
  }
}

async function describeObject(client: S3Client, place: Place, signal: AbortSignal): Promise<ObjectFacts> {
  const answer = await client.send(new HeadObjectCommand(place), { abortSignal: signal });
  return factsOf(answer, answer.ContentLength ?? 0);
}

async function readObject(client: S3Client, what: Place & PartRequest, signal: AbortSignal): Promise<ObjectPart> {
  const { Bucket, Key, from, to, generation } = what;
  const answer = await client.send(
    new GetObjectCommand({
      Bucket,
      Key,
      ...(from === undefined ? {} : { Range: `bytes=${from}-${to ?? ""}` }),
      ...(generation === undefined ? {} : { IfMatch: generation }),
    }),
    { abortSignal: signal },
  );
  const stream = answer.Body;
  if (!(stream instanceof Readable)) throw new Error("expected the S3 client to answer a Node stream");
  const count = answer.ContentLength ?? 0;
  const { from: first, bytes } = parseContentRange(answer.ContentRange) ?? { from: 0, bytes: count };
  return { facts: factsOf(answer, bytes), from: first, count, stream };
}

function factsOf(
  {
    ETag = "",
    Metadata = {},
  }: { readonly ETag?: string | undefined; readonly Metadata?: Record<string, string> | undefined },
  bytes: number,
): ObjectFacts {
  const { sha256 } = Metadata;
  return { bytes, sha256, generation: ETag };
}

async function listObjects(
  client: S3Client,
  what: { Bucket: string; Prefix: string; after: string | undefined; limit: number },
  signal: AbortSignal,
): Promise<ObjectPage> {
  const { Bucket, Prefix, after, limit } = what;
  const command = new ListObjectsV2Command({
    Bucket,
    Prefix,
    MaxKeys: limit,
    ...(after === undefined ? {} : { ContinuationToken: after }),
  });
  const answer = await client.send(command, { abortSignal: signal });
  const items = (answer.Contents ?? []).map((item) => ({
    name: item.Key ?? "",
    bytes: item.Size ?? 0,
    modifiedAt: item.LastModified ?? new Date(0),
  }));
  return { items, next: answer.IsTruncated ? answer.NextContinuationToken : undefined };
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** `undefined` for what is not there. A missing bucket is named as such where there is a body to name it in. */
async function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404 && error instanceof Error && error.name !== "NoSuchBucket") return undefined;
    throw error;
  }
}

function judgeS3Error(error: unknown): Verdict {
  const status = statusOf(error);
  const name = error instanceof Error ? error.name : "";
  if (status === 416) return { kind: "final", failure: unsatisfiable(error) };
  if (fullCodes.has(name)) return { kind: "final", failure: storageFull(error) };
  return judgeStoreError({ status, code: systemCode(error), name, error });
}
