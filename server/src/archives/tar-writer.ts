import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import { Failure, StartError } from "../errors.ts";
import type { ArchiveWriter } from "../ports.ts";
import { drained } from "./drained.ts";

/** A tar file that is being written aside, and where what an interrupted attempt wrote is now. */
export interface NewTar {
  readonly writer: ArchiveWriter;
  readonly formerPath: string | undefined;
}

/**
 * Begins a tar file, written aside as `….part` and named when it is whole; an earlier `….part` becomes `….former`. `-` is standard output.
 * Throws `StartError` when there is a file of the name already, or none can be made.
 */
export async function createTar(path: string): Promise<NewTar> {
  if (path === "-") return { writer: writeTar(process.stdout, async () => {}), formerPath: undefined };
  const place = { path: resolve(path), aside: `${resolve(path)}.part`, former: `${resolve(path)}.former` };
  try {
    if ((await sizeOf(place.path)) !== undefined)
      throw new StartError(`There is a file ${path} already: give another name, or move it away.`);
    const formerPath = await keepFormer(place);
    const handle = await open(place.aside, "wx", 0o600);
    const { ino } = await handle.stat();
    const writer = writeTar(handle.createWriteStream({ flush: true }), () => giveName(place, ino));
    return { writer, formerPath };
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`The file ${path} cannot be written: ${reason}.`, { cause });
  }
}

interface Place {
  readonly path: string;
  readonly aside: string;
  readonly former: string;
}

/** Of what two attempts left, the larger has more to take from. */
async function keepFormer({ aside, former }: Place): Promise<string | undefined> {
  const [asideBytes, formerBytes] = [await sizeOf(aside), await sizeOf(former)];
  if (asideBytes === undefined) return formerBytes === undefined ? undefined : former;
  if (formerBytes !== undefined && formerBytes > asideBytes) await rm(aside);
  else await rename(aside, former);
  return former;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

async function giveName({ path, aside, former }: Place, ino: number): Promise<void> {
  const found = await stat(aside).catch(() => undefined);
  if (found?.ino !== ino || (await sizeOf(path)) !== undefined)
    throw new StartError("Another backup was written to the same file at the same time.");
  await rename(aside, path);
  await rm(former, { force: true });
  const folder = await open(dirname(path), "r");
  await folder.sync();
  await folder.close();
}

function writeTar(output: Writable, giveItsName: () => Promise<void>): ArchiveWriter {
  const archive = pack();
  let failure: unknown;
  const written = pipeline(archive, output, { end: output !== process.stdout }).catch((error: unknown) => {
    failure = error;
    archive.destroy();
  });
  const orFailure = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      // Where the output failed, the archive is being destroyed already, and what was being added only knows that.
      const isOutputs = archive.destroying;
      archive.destroy();
      await written;
      throw writingFailure(isOutputs ? (failure ?? error) : error);
    }
  };
  return {
    add: (name, body) => orFailure(() => addEntry(archive, name, body)),
    finish: () =>
      orFailure(async () => {
        archive.finalize();
        await written;
        if (failure !== undefined) throw failure;
        await giveItsName();
      }),
    abandon: async () => {
      archive.destroy();
      await written;
    },
  };
}

async function addEntry(archive: Pack, name: string, body: Parameters<ArchiveWriter["add"]>[1]): Promise<void> {
  const { promise: added, resolve: succeed, reject: fail } = Promise.withResolvers<void>();
  added.catch(() => {}); // it may fail while the file is being read; it is awaited at the end
  const size = "file" in body ? body.file.bytes : body.content.byteLength;
  const sink = archive.entry({ name, size, mode: 0o600 }, (error) => (error ? fail(error) : succeed()));
  sink.on("error", () => {}); // told by the callback too; unheard, it would end the process
  const pieces = "file" in body ? createReadStream(body.file.path) : [body.content];
  for await (const piece of pieces) {
    if (sink.destroying) break;
    if (!sink.write(piece)) await drained(sink);
  }
  sink.end(null);
  await added;
}

function writingFailure(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code !== "ENOSPC" && code !== "EDQUOT" && code !== "EPIPE") return error;
  const what = code === "EPIPE" ? "Whoever reads the backup has ended." : "There is no room left for the backup.";
  return new Failure("storage-full", what, { cause: error });
}
