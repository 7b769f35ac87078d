import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Answer, Person } from "./person.ts";
import { drawing } from "./pictures.ts";
import { cleanEnvironment } from "./server.ts";

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** Small, so that many are sent before something fails. */
const size = { width: 160, height: 120 };
/** What a server may answer that lacks something just now. */
const passing: ReadonlySet<number> = new Set([503, 507]);

interface Kept {
  readonly seed: number;
  readonly bytes: Buffer;
}

/** What people were answered. */
export class Answers {
  /** Ids of images that were answered 201. */
  readonly kept = new Map<string, Kept>();
  /** Ids whose deletion was asked for: whatever was not answered may have been done or not. */
  readonly asked = new Set<string>();
  /** Ids whose deletion was answered 204. */
  readonly gone = new Set<string>();
  /** How often each status came. */
  readonly statuses: Record<number, number> = {};
  #seed = 1;

  async nextPicture(): Promise<Kept> {
    const seed = this.#seed++;
    return { seed, bytes: await drawing(seed, size).jpeg({ quality: 80 }).toBuffer() };
  }

  /** Notes an answer, which is one of those wanted, or says clearly what the server lacks and when to come again. */
  note({ status, headers, body }: Answer, wanted: readonly number[]): boolean {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    if (wanted.includes(status)) return true;
    assert.ok(passing.has(status), `${status} ${JSON.stringify(body)}`);
    assert.ok(Number(headers.get("retry-after")) > 0, `no Retry-After with ${JSON.stringify(body)}`);
    assert.equal(headers.get("content-type"), "application/problem+json; charset=utf-8");
    return false;
  }

  summary(): string {
    return `${this.kept.size} kept, ${this.gone.size} deleted; statuses ${JSON.stringify(this.statuses)}`;
  }
}

/** Uploads, deletes and searches, until the signal aborts or the connection breaks, which is what a server that was ended does. */
export async function useLibrary(person: Person, answers: Answers, signal: AbortSignal): Promise<void> {
  try {
    while (!signal.aborted) {
      await uploadOne(person, answers);
      const mine = [...answers.kept.keys()].filter((id) => !answers.asked.has(id));
      const id = mine[randomInt(mine.length + 1)];
      if (id === undefined) continue;
      if (randomInt(3) === 0) await removeOne(person, answers, id);
      else await searchOne(person, answers, id);
    }
  } catch (error) {
    // `fetch` throws a TypeError when the connection breaks.
    if (!(error instanceof TypeError)) throw error;
  }
}

export async function uploadOne(person: Person, answers: Answers): Promise<string | undefined> {
  const picture = await answers.nextPicture();
  const answer = await person.upload([{ name: `${picture.seed}.jpg`, bytes: picture.bytes }]);
  if (!answers.note(answer, [201])) return undefined;
  const { id } = answer.body.results[0].image;
  answers.kept.set(id, picture);
  return id;
}

export async function removeOne(person: Person, answers: Answers, id: string): Promise<boolean> {
  const wasAsked = answers.asked.has(id);
  answers.asked.add(id);
  if (!answers.note(await person.call("DELETE", `/api/images/${id}`), wasAsked ? [204, 404] : [204])) return false;
  answers.gone.add(id);
  return true;
}

/** An image is found by itself, unless its deletion has been asked for by now. */
export async function searchOne(person: Person, answers: Answers, id: string): Promise<boolean> {
  const { bytes = Buffer.alloc(0) } = answers.kept.get(id) ?? {};
  const answer = await person.search({ name: "q.jpg", bytes }, "?stages=global");
  if (!answers.note(answer, [200])) return false;
  assert.ok(answers.asked.has(id) || matchesOf(answer).includes(id), `${id} is not found`);
  return true;
}

/** Checks that all that was kept is there, the same and found by a copy, and that what went is gone. */
export async function checkAnswers(person: Person, { kept, asked, gone }: Answers): Promise<void> {
  const listed = await idsOf(person);
  for (const [id, { seed, bytes }] of kept) {
    const copy = await drawing(seed, size).flop().jpeg({ quality: 60 }).toBuffer();
    const found = matchesOf(await person.search({ name: "copy.jpg", bytes: copy }, "?stages=global"));
    if (gone.has(id)) {
      assert.equal((await person.call("GET", `/api/images/${id}`)).status, 404);
      assert.ok(!found.includes(id) && !listed.has(id), `${seed} was deleted, and is there`);
    }
    if (asked.has(id)) continue;
    const file = await person.download(`/api/images/${id}/file`);
    assert.ok(file.bytes.equals(bytes), `${seed} came back otherwise`);
    assert.ok(found.includes(id) && listed.has(id), `${seed} is not found`);
  }
}

async function idsOf(person: Person): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  let cursor = "";
  do {
    const { status, body } = await person.call("GET", `/api/images?limit=100${cursor}`);
    assert.equal(status, 200);
    for (const { id } of body.items) ids.add(id);
    cursor = body.next === null ? "" : `&cursor=${body.next}`;
  } while (cursor !== "");
  return ids;
}

function matchesOf({ status, body }: Answer): string[] {
  assert.equal(status, 200, JSON.stringify(body));
  return body.matches.map((match: { image: { id: string } }) => match.image.id);
}

/** Checks, by the doctor, that rows, objects and index agree: no object is there that no row explains. */
export async function checkLibrary(settings: Readonly<Record<string, string>>): Promise<void> {
  const env = { ...cleanEnvironment(), ...settings };
  const { code, stdout, stderr } = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [program, "doctor", "--json"], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
  assert.equal(code, 0, stdout + stderr);
}

/** For how long something fails, in the tests of what a library survives; `npm run test:faults` makes it longer. */
export const faultMs: number = 1_000 * Number(process.env.UTSURU_TEST_FAULT_SECONDS ?? "2");

/** Whether to try more and longer than is fit for every run of the tests. */
export const isLongRun: boolean = faultMs >= 10_000;
