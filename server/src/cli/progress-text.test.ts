import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, ProgressText } from "./progress-text.ts";

test("progress says how far, how fast and how long yet", () => {
  const text = new ProgressText("files");
  assert.equal(text.at({ done: 0, total: undefined, bytes: 0 }, 0), "0 files · 0.0/s · 0.0 MB/s");
  assert.equal(
    text.at({ done: 500, total: 2000, bytes: 10_000_000, remark: "3 problems" }, 5_000),
    "[######------------------] 25 % 500 of 2,000 files · 100/s · 2.0 MB/s · 15 s left · 3 problems",
  );
});

test("the pace is that of the last seconds, not of all time", () => {
  const text = new ProgressText("files");
  for (let second = 0; second <= 60; second++)
    text.at({ done: second * 1000, total: 100_000, bytes: 0 }, second * 1000);
  let last = "";
  for (let second = 61; second <= 80; second++)
    last = text.at({ done: 60_000 + second - 60, total: 100_000, bytes: 0 }, second * 1000);
  assert.match(last, /1\.0\/s/);
});

test("nothing to do is all done", () => {
  assert.match(new ProgressText("files").at({ done: 0, total: 0, bytes: 0 }, 0), /100 % 0 of 0 files/);
});

test("times are said in their two largest units", () => {
  assert.deepEqual([0.2, 59, 61, 3599, 3600, 100_000].map(duration), [
    "1 s",
    "59 s",
    "1 min 1 s",
    "59 min 59 s",
    "1 h 0 min",
    "27 h 46 min",
  ]);
});
