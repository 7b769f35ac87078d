import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Answer, Person, Upload } from "./person.ts";
import { jpegOf } from "./pictures.ts";

/** A lease lasts 15 s, and the first tries come soon after; the rest is for a busy machine. */
const patienceMs = 90_000;

/** Small pictures, so that what is tried is not the decoder; no two of a run are the same. */
export async function smallPictures(count: number): Promise<Upload[]> {
  const size = { width: 160, height: 120 };
  return Promise.all(
    Array.from({ length: count }, async (_, i) => ({ name: `${i}.jpg`, bytes: await jpegOf(seed++, size) })),
  );
}
let seed = 50_000;

/** Asks for a job until it is as it should be; gives what was answered last. */
export async function jobWhen(
  person: Person,
  id: string,
  isSo: (job: Answer["body"]) => boolean,
): Promise<Answer["body"]> {
  for (const until = Date.now() + patienceMs; ; await delay(50)) {
    const { status, body } = await person.call("GET", `/api/jobs/${id}`);
    assert.equal(status, 200, JSON.stringify(body));
    if (isSo(body)) return body;
    assert.ok(Date.now() < until, `after ${patienceMs} ms the job is ${JSON.stringify(body)}`);
  }
}

/** Waits until a job is over. */
export function jobOver(person: Person, id: string): Promise<Answer["body"]> {
  return jobWhen(person, id, ({ finishedAt }) => finishedAt !== null);
}
