import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeResults, renderTable } from "./report.ts";

const options = { head: "# Results", order: ["first", "second"] };

test("a table aligns its numbers to the right and ends with its notes", () => {
  const text = renderTable({ title: "Speed", columns: ["way", "ms"], rows: [["scan", 2.5]], notes: ["Noisy."] });
  assert.equal(text, "### Speed\n\n| way | ms |\n| --- | ---: |\n| scan | 2.5 |\n\nNoisy.");
});

test("a section that was not run keeps its text, one that was is replaced, in the order of the list", () => {
  const before = mergeResults("", new Map([["second", "older"]]), options);
  const both = mergeResults(before, new Map([["first", "new"]]), options);
  assert.match(both, /first -->\nnew[\s\S]*second -->\nolder/);
  const renewed = mergeResults(both, new Map([["second", "newer"]]), options);
  assert.match(renewed, /first -->\nnew[\s\S]*second -->\nnewer/);
  assert.doesNotMatch(renewed, /older/);
});
