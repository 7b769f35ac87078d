import assert from "node:assert/strict";
import { test } from "node:test";
import { likenessOfClocks, mayPassForCopy } from "./drawn.ts";

test("clocks pass for copies at the same time, and where one is the other's mirror image", () => {
  // 10:47 and 1:13 on a dial without numerals
  assert.equal(likenessOfClocks("clock", 1_000_304, 1_000_804), "mirrored or turned");
  assert.equal(likenessOfClocks("clock", 1_000_304, 1_000_304), "at the same time");
  // 9:20 and 2:10
  assert.equal(likenessOfClocks("clock", 1_000_001, 1_001_001), undefined);
  assert.equal(mayPassForCopy("grating", 5, 5), false);
});
