import type { FastifyRequest } from "fastify";
import { Failure } from "../errors.ts";
import type { StagedFile, Staging } from "../ports.ts";

/** A file of a form, on local disk. */
export interface FormFile {
  readonly name: string;
  readonly file: StagedFile;
}

/** A file of a form that may still be on its way. */
interface Arrival {
  readonly name: string;
  readonly file: Promise<StagedFile>;
}

/** What a form held: files in the order sent, and its fields. */
export interface Form {
  readonly files: readonly FormFile[];
  readonly fields: Readonly<Record<string, string>>;
}

/** What a form may hold; files are the parts named `image`. */
export interface FormRules {
  readonly filesMin: number;
  readonly filesMax: number;
  readonly bytesMax: number;
  readonly fields: readonly string[];
}

/** A body must bring so many bytes in each window, or its sender is keeping a place from others (slow-loris). */
const slowest = { windowMs: 15_000, bytes: 15_000 };
const nameLengthMax = 255;

/** Receives a multipart form onto local disk, never a file in memory; lends it to `use`; removes the files after it, whatever happened. */
export async function withForm<T>(
  request: FastifyRequest,
  what: { readonly staging: Staging; readonly rules: FormRules; readonly signal: AbortSignal },
  use: (form: Form) => Promise<T>,
): Promise<T> {
  if (!request.isMultipart())
    throw new Failure("unsupported-media-type", "Send a form: Content-Type multipart/form-data.");
  const received: Arrival[] = [];
  const pace = watchPace(request);
  const signal = AbortSignal.any([what.signal, pace.signal]);
  try {
    const fields = await Promise.race([receiveParts(request, { ...what, signal }, received), rejectionOf(signal)]);
    pace.stop();
    checkCount(received.length, what.rules);
    const files = await Promise.all(received.map(async ({ name, file }) => ({ name, file: await file })));
    return await use({ files, fields });
  } finally {
    pace.stop();
    // Also a file that was still arriving when the request was given up: its staging ends by the same signal.
    await Promise.allSettled(received.map(async ({ file }) => what.staging.discard(await file)));
  }
}

async function receiveParts(
  request: FastifyRequest,
  what: { staging: Staging; rules: FormRules; signal: AbortSignal },
  received: Arrival[],
): Promise<Record<string, string>> {
  const { staging, rules, signal } = what;
  const fields: Record<string, string> = {};
  const limits = {
    files: rules.filesMax,
    fileSize: rules.bytesMax + 1,
    fields: 16,
    fieldSize: 1024,
    fieldNameSize: 100,
    headerPairs: 32,
    parts: rules.filesMax + 17,
  };
  try {
    for await (const part of request.parts({
      limits,
      isPartAFile: (name, _type, fileName) => name === "image" || fileName !== undefined,
    })) {
      if (part.type === "field") {
        if (!rules.fields.includes(part.fieldname) || typeof part.value !== "string") throw unknownPart(part.fieldname);
        fields[part.fieldname] = part.value;
        continue;
      }
      if (part.fieldname !== "image") throw unknownPart(part.fieldname);
      const file = staging.stage(part.file, { bytesMax: rules.bytesMax, signal });
      received.push({ name: cleanName(part.filename), file });
      await file;
    }
  } catch (error) {
    throw formFailure(error, rules);
  }
  return fields;
}

function checkCount(count: number, rules: FormRules): void {
  if (count >= rules.filesMin) return;
  const detail =
    rules.filesMin === 1 ? "must be sent: a part named image" : `must be sent: ${rules.filesMin} parts named image`;
  throw new Failure("invalid-request", `The form ${detail}.`, { errors: [{ pointer: "/image", detail }] });
}

/** The name to show for a file: one line, no control characters, of bounded length. It is never part of a key or a path. */
function cleanName(name: string | undefined): string {
  const line = unescapeName(name ?? "")
    .replaceAll(/\p{Cc}|[\u2028\u2029]/gu, "")
    .trim();
  return [...line].slice(0, nameLengthMax).join("") || "image";
}

/** What browsers escape in a part's name, just these three (WHATWG HTML, multipart/form-data encoding algorithm). */
function unescapeName(name: string): string {
  return name.replaceAll("%22", '"').replaceAll("%0D", "\r").replaceAll("%0A", "\n");
}

function unknownPart(name: string): Failure {
  const shown = name.slice(0, 100);
  return new Failure("invalid-request", `The form has a part "${shown}" that this call does not know.`, {
    errors: [{ pointer: `/${shown}`, detail: "is not a known field" }],
  });
}

/** The multipart reader's errors, by their stable codes; those of the staging are failures already. */
function formFailure(error: unknown, rules: FormRules): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  const code = "code" in error ? error.code : undefined;
  if (code === "FST_FILES_LIMIT" || code === "FST_PARTS_LIMIT")
    return new Failure(
      "too-many-files",
      `At most ${rules.filesMax} ${rules.filesMax === 1 ? "file" : "files"} may be sent at once.`,
    );
  if (code === "FST_PROTO_VIOLATION")
    return new Failure("invalid-request", "The form has a part with a name that is not allowed.");
  if (code === "FST_FIELDS_LIMIT") return new Failure("invalid-request", "The form has too many fields.");
  return new Failure(
    "malformed-request",
    "The form cannot be read: it is not well-formed multipart/form-data, or it ended early.",
    { cause: error },
  );
}

function watchPace(request: FastifyRequest): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  let before = request.raw.socket.bytesRead;
  const timer = setInterval(() => {
    const now = request.raw.socket.bytesRead;
    if (now - before < slowest.bytes) controller.abort(new Failure("request-timeout", "The body came too slowly."));
    before = now;
  }, slowest.windowMs);
  timer.unref();
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
