import assert from "node:assert/strict";
import { test } from "node:test";
import { sweepDeletions } from "./delete-image.ts";

test("an object that will not go keeps no other from being deleted, and is told", async () => {
  const pending = new Set(["stuck", "a", "b"]);
  const images = {
    pendingDeletions: async (limit: number) => [...pending].slice(0, limit),
    confirmDeletion: async (key: string) => void pending.delete(key),
  };
  const bucket = {
    delete: async (key: string) => {
      if (key === "stuck") throw new Error("it will not go");
    },
  };
  await assert.rejects(sweepDeletions({ catalog: { images }, bucket }, 10), /1 of 3 objects could not be deleted/);
  assert.deepEqual([...pending], ["stuck"]);
});
