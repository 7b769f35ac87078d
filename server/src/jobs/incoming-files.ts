import type { JobFileId } from "../ports.ts";

const folder = "incoming/";

/** Where the bucket keeps a file of a job until it is taken in. */
export function incomingKey({ jobId, position }: JobFileId): string {
  return `${folder}${jobId}/${position}`;
}

/** Where all of them are. */
export const incomingPrefix: string = folder;

/** The file that a key of the bucket is of; `undefined` for a key that we did not make. */
export function parseIncomingKey(key: string): JobFileId | undefined {
  const [, jobId, position] = /^incoming\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/(\d{1,4})$/.exec(key) ?? [];
  return jobId && position ? { jobId, position: Number(position) } : undefined;
}
