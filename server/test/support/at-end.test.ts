import assert from "node:assert/strict";
import { test } from "node:test";
import { atEnd, type Ending } from "./at-end.ts";

/** What ends when the function is called. */
function newEnding(): Ending & { run(): Promise<unknown> } {
  const hooks: (() => unknown)[] = [];
  return { after: (hook) => void hooks.push(hook), run: () => Promise.all(hooks.map((hook) => hook())) };
}

test("what was given last ends first, one after another", async () => {
  const ending = newEnding();
  const ended: string[] = [];
  for (const name of ["folder", "server", "client"])
    atEnd(ending, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(name);
    });
  await ending.run();
  assert.deepEqual(ended, ["client", "server", "folder"]);
});

test("what fails to end is told, and keeps nothing else from ending", async () => {
  const ending = newEnding();
  const ended: string[] = [];
  atEnd(ending, () => ended.push("folder"));
  atEnd(ending, () => Promise.reject(new Error("not empty")));
  atEnd(ending, () => ended.push("server"));
  await assert.rejects(
    ending.run(),
    (error) => error instanceof AggregateError && /not empty/.test(error.errors[0].message),
  );
  assert.deepEqual(ended, ["server", "folder"]);
});
