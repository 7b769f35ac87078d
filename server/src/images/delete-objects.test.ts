import assert from "node:assert/strict";
import { test } from "node:test";
import { sweepDeletions } from "./delete-objects.ts";

test("an object that will not go keeps no other from being deleted, is told, and stays noted", async () => {
  const pending = new Set(["stuck", "a", "b"]);
  const objects = {
    takeDeletions: async (limit: number) => [...pending].slice(0, limit),
    confirmDeletions: async (keys: readonly string[]) => {
      for (const key of keys) pending.delete(key);
    },
  };
  const bucket = {
    delete: async (key: string) => {
      if (key === "stuck") throw new Error("it will not go");
    },
  };
  await assert.rejects(sweepDeletions({ catalog: { objects }, bucket }, 10), /1 of 3 objects could not be deleted/);
  assert.deepEqual([...pending], ["stuck"]);
});
