import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

test("hash-pixels prints the fingerprints of a picture", async () => {
  assert.match(
    await printedBy("hash-pixels.ts"),
    /^pdq {5}[0-9a-f]{64} {2}quality \d+\ndct256 {2}[0-9a-f]{64} {2}quality \d+\nphash {3}[0-9a-f]{16}\n$/,
  );
});

test("find-copies finds the picture that a mirrored copy in another size was made of, and no other", async () => {
  assert.match(await printedBy("find-copies.ts"), /^picture 123 of 1000, \d+ of 256 bits apart\n$/);
});

test("orientations finds the mirrored picture at no distance, and all others far away", async () => {
  const lines = (await printedBy("orientations.ts")).trimEnd().split("\n");
  const distances = new Map(lines.map((line) => line.split(/ +/) as [string, string]));
  assert.equal(distances.size, 8);
  for (const [orientation, distance] of distances)
    assert.equal(Number(distance) === 0, orientation === "flip-horizontal", `${orientation}: ${distance}`);
});

async function printedBy(example: string): Promise<string> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, example)]);
  return stdout;
}
