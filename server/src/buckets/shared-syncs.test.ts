import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedSyncs } from "./shared-syncs.ts";

/** Syncs that end when they are told to, in the order in which they began. */
function handSyncs() {
  const begun: { path: string; end: (error?: Error) => void }[] = [];
  const sync = (path: string) =>
    new Promise<void>((resolve, reject) => begun.push({ path, end: (error) => (error ? reject(error) : resolve()) }));
  return { begun, shared: sharedSyncs(sync) };
}

const turn = () => new Promise(setImmediate);

test("whoever comes while a sync is under way shares one that begins afterwards", async () => {
  const { begun, shared } = handSyncs();
  const first = shared("a");
  const late = [shared("a"), shared("a"), shared("a")];
  await turn();
  assert.equal(begun.length, 1, "nothing begins before the one under way has ended");
  begun[0]?.end();
  await first;
  await turn();
  assert.equal(begun.length, 2);
  const later = shared("a");
  begun[1]?.end();
  await Promise.all(late);
  await turn();
  assert.equal(begun.length, 3, "who came while the shared one was under way has one of their own");
  begun[2]?.end();
  await later;
});

test("folders do not wait for each other", async () => {
  const { begun, shared } = handSyncs();
  const both = [shared("a"), shared("b")];
  assert.deepEqual(
    begun.map(({ path }) => path),
    ["a", "b"],
  );
  for (const { end } of begun) end();
  await Promise.all(both);
});

test("a sync that fails fails those who shared it, and not those who come after", async () => {
  const { begun, shared } = handSyncs();
  const first = shared("a");
  const second = [shared("a"), shared("a")];
  begun[0]?.end(new Error("disk"));
  await assert.rejects(first, /disk/);
  await turn();
  begun[1]?.end(new Error("disk again"));
  for (const each of second) await assert.rejects(each, /disk again/);
  const third = shared("a");
  begun[2]?.end();
  await third;
});
