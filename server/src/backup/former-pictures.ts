import type { Expected } from "../images/read-object.ts";
import type { ArchiveEntry, StagedFile, Staging } from "../ports.ts";
import { objectsFolder } from "./format.ts";

/** Objects that an interrupted backup has written. */
export interface FormerPictures {
  /**
   * The object, if the former file has it, whole. Asked for by image id, rising, since both files have that order: each is read once, and what
   * nobody asked for is passed over.
   */
  take(imageId: string, expected: Expected, signal: AbortSignal): Promise<StagedFile | undefined>;
}

/** Of a former file that ends early or is damaged somewhere, only what comes before is taken: it ends where it was interrupted. */
export function formerPictures(archive: AsyncIterable<ArchiveEntry>, staging: Staging): FormerPictures {
  const entries = archive[Symbol.asyncIterator]();
  let next: ArchiveEntry | undefined;
  let isOver = false;
  const advance = async (): Promise<void> => {
    try {
      const { done, value } = await entries.next();
      isOver = done === true;
      next = done ? undefined : value;
    } catch {
      isOver = true;
    }
  };
  return {
    take: async (imageId, expected, signal) => {
      const wanted = objectsFolder + expected.key;
      while (!isOver && (next === undefined || isBefore(next.name, imageId, wanted))) await advance();
      if (isOver || next?.name !== wanted) return undefined;
      const entry = next;
      next = undefined;
      try {
        const file = await staging.stage(entry.stream, { bytesMax: expected.bytes, signal });
        if (file.sha256 === expected.sha256) return file;
        await staging.discard(file);
      } catch {
        signal.throwIfAborted();
        isOver = true;
      }
      return undefined;
    },
  };
}

/** Whether a file of the former archive can be of no image that is still to come. Originals come before their thumbnails. */
function isBefore(name: string, imageId: string, wanted: string): boolean {
  if (!name.startsWith(objectsFolder)) return true;
  const id = name.slice(name.lastIndexOf("/") + 1).split(".")[0] ?? "";
  return id < imageId || (id === imageId && name !== wanted && wanted.startsWith(`${objectsFolder}thumbnails/`));
}
