import assert from "node:assert/strict";
import { test } from "node:test";
import { inBatches } from "./batching.ts";

/** Doubles numbers in batches that end when they are told to. */
function doubling(sizeMax = 3) {
  const batches: { readonly questions: readonly number[]; end: (error?: Error) => Promise<void> }[] = [];
  const ask = inBatches(
    (questions: readonly number[]) =>
      new Promise<number[]>((resolve, reject) => {
        const end = async (error?: Error): Promise<void> => {
          if (error) reject(error);
          else resolve(questions.map((number) => 2 * number));
          await turn();
        };
        batches.push({ questions, end });
      }),
    { sizeMax },
  );
  return { ask, asked: () => batches.map(({ questions }) => questions), end: (n: number) => batches[n]?.end };
}

const turn = (): Promise<void> => new Promise(setImmediate);

test("questions of one turn go out together while there is room, then with all that wait, each answered by a batch begun after it was asked", async () => {
  const { ask, asked, end } = doubling();
  const answers = [1, 2].map(ask);
  assert.deepEqual(asked(), []);
  await turn();
  answers.push(ask(3));
  await turn();
  assert.deepEqual(asked(), [[1, 2], [3]]);
  answers.push(...[4, 5, 6, 7].map(ask));
  await turn();
  await end(1)?.();
  assert.deepEqual(asked(), [[1, 2], [3], [4, 5, 6]]);
  const late = ask(8);
  await end(0)?.();
  await end(2)?.();
  await end(3)?.();
  assert.deepEqual(asked(), [[1, 2], [3], [4, 5, 6], [7, 8]]);
  assert.deepEqual(await Promise.all([...answers, late]), [2, 4, 6, 8, 10, 12, 14, 16]);
});

test("more questions of one turn than a batch has go out in as many batches as there is room for", async () => {
  const { ask, asked, end } = doubling(2);
  const answers = [1, 2, 3, 4, 5].map(ask);
  await turn();
  assert.deepEqual(asked(), [
    [1, 2],
    [3, 4],
  ]);
  await end(0)?.();
  await end(1)?.();
  await end(2)?.();
  assert.deepEqual(await Promise.all(answers), [2, 4, 6, 8, 10]);
});

test("a batch that fails fails its own questions alone, and the next ones are asked", async () => {
  const { ask, asked, end } = doubling(2);
  const answers = Promise.allSettled([1, 2, 3, 4, 5, 6].map(ask));
  await turn();
  await end(0)?.();
  await end(1)?.(new Error("away"));
  await end(2)?.();
  assert.deepEqual(asked(), [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const kinds = (await answers).map(({ status }) => status);
  assert.deepEqual(kinds, ["fulfilled", "fulfilled", "rejected", "rejected", "fulfilled", "fulfilled"]);
});
