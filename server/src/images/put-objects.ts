import { Failure } from "../errors.ts";
import type { Bucket, NotedPut, ObjectNotes } from "../ports.ts";
import { discardObjects } from "./discard-objects.ts";

type Ports = {
  readonly catalog: { readonly objects: Pick<ObjectNotes, "notePut" | "putMsMax"> };
  readonly bucket: Bucket;
};

/**
 * Puts objects for an image: noted first, so that whatever a crash leaves is found, and given up in time, so that a note which grew old
 * has no put under way. When `work.put` throws, none of its puts may go on; what they stored is deleted, now or by the sweeper.
 */
export async function putObjects<T>(
  ports: Ports,
  note: NotedPut,
  work: { readonly signal: AbortSignal; readonly put: (signal: AbortSignal) => Promise<T> },
): Promise<T> {
  const { objects } = ports.catalog;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), objects.putMsMax);
  const signal = AbortSignal.any([work.signal, late.signal]);
  try {
    await objects.notePut(note);
    return await work.put(signal).catch(async (error: unknown) => {
      await discardObjects(ports.bucket, note.keys);
      throw late.signal.aborted ? tookTooLong(error) : error;
    });
  } finally {
    clearTimeout(timer);
  }
}

/** What became of a put that the sweeper has given up, or would. */
export function tookTooLong(cause?: unknown): Failure {
  return new Failure("bucket-unavailable", "The storage took too long to keep the picture.", {
    cause,
    retryAfterS: 60,
  });
}
