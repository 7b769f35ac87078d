import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, newPerson, type Person, personWith, type Upload } from "../../server/test/support/person.ts";
import { mapAtOnce } from "../statistics.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

/** Files of one upload request: as many as the contract allows. */
const batch = 32;

/** A data folder of its own with a server on it and somebody who fills it. */
export interface Library {
  readonly server: ServerProcess;
  readonly owner: Person;
  /** Stops the server and starts it again on the same folder; `server` and `owner` are the new ones from then on. */
  restart(): Promise<void>;
  /** Stops the server and removes the folder. */
  close(): Promise<void>;
}

/** A library with nothing in it. */
export async function openLibrary(): Promise<Library> {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-"));
  let server = await startServer(folder);
  let owner = await newPerson(server);
  return {
    get server() {
      return server;
    },
    get owner() {
      return owner;
    },
    restart: async () => {
      await server.stop();
      server = await startServer(folder);
      owner = personWith(server.url, owner);
    },
    close: async () => {
      await server.stop();
      await rm(folder, { recursive: true, maxRetries: 5 });
    },
  };
}

/** Uploads files by 32, two requests at once, which keeps two decoders busy; gives the ids in order. Throws unless every file was new. */
export async function fill(owner: Person, count: number, file: (index: number) => Promise<Upload>): Promise<string[]> {
  const starts = Array.from({ length: Math.ceil(count / batch) }, (_, index) => index * batch);
  const ids = await mapAtOnce(starts, 2, async (start) => {
    const indexes = Array.from({ length: Math.min(batch, count - start) }, (_, index) => start + index);
    return uploadNew(owner, await Promise.all(indexes.map(file)));
  });
  return ids.flat();
}

/** Uploads files and gives their ids. Throws unless every one was new. */
export async function uploadNew(owner: Person, files: readonly Upload[]): Promise<string[]> {
  return idsOf(await owner.upload(files), files.length);
}

/** The ids of images that were uploaded. Throws unless there are so many, every one new. */
export function idsOf({ status, body }: Answer, count: number): string[] {
  const results: { status: string; image?: { id: string } }[] = status === 201 ? body.results : [];
  const ids = results.flatMap((result) => (result.status === "created" && result.image ? [result.image.id] : []));
  if (ids.length !== count) throw new Error(`an upload was answered ${status}: ${JSON.stringify(body)}`);
  return ids;
}
