import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "./support/command.ts";
import { drawing, jpegOf } from "./support/pictures.ts";
import { dataFolder } from "./support/server.ts";

const utsuru = (...args: string[]) => runCommand(args);

test("hash prints one JSON line a file; what is no image is said and ends with 1 after the rest", async (t) => {
  const folder = await dataFolder(t);
  const [good, bad, missing] = ["good.jpg", "bad.jpg", "missing.jpg"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(good, await jpegOf(1));
  await writeFile(bad, "no picture");
  const one = await utsuru("hash", good);
  assert.equal(one.code, 0);
  const line = JSON.parse(one.stdout);
  assert.deepEqual([line.file, line.width, line.height], [good, 640, 480]);
  assert.match(line.sha256, /^[0-9a-f]{64}$/);
  assert.match(line.pdq.hex, /^[0-9a-f]{64}$/);
  assert.ok(line.pdq.quality > 50);
  const others = JSON.parse((await utsuru("hash", "-a", "pdqCommandLine", "--algorithm", "phash", good)).stdout);
  assert.deepEqual([others.pdq, others.pdqCommandLine.hex.length, others.phash.hex.length], [undefined, 64, 16]);
  const all = await utsuru("hash", bad, missing, good);
  assert.equal(all.code, 1);
  const lines = all.stdout
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text));
  assert.deepEqual(
    lines.map(({ file, problem }) => [file, problem?.code]),
    [
      [bad, "unsupported-format"],
      [missing, "not-found"],
      [good, undefined],
    ],
  );
});

test("compare says distance, score, verdict and orientation", async (t) => {
  const folder = await dataFolder(t);
  const [a, b, c] = ["a.png", "b.jpg", "c.jpg"].map((name) => join(folder, name)) as [string, string, string];
  await writeFile(a, await drawing(1).rotate(180).png().toBuffer());
  await writeFile(b, await jpegOf(1));
  await writeFile(c, await jpegOf(2));
  const copy = JSON.parse((await utsuru("compare", a, b)).stdout);
  assert.deepEqual([copy.verdict, copy.orientation, copy.distanceMax], ["copy", "rotate-180", 256]);
  assert.equal(JSON.parse((await utsuru("compare", b, b)).stdout).verdict, "exact");
  const other = await utsuru("compare", b, c);
  assert.deepEqual([other.code, JSON.parse(other.stdout).verdict], [0, null]);
  assert.equal((await utsuru("compare", b, folder)).code, 1);
});

test("wrong usage ends with 2, help with 0, and nothing else on standard output", async () => {
  for (const args of [["nonsense"], ["hash"], ["hash", "-a", "md5", "x"], ["compare", "one"], ["serve", "--what"]]) {
    const { code, stdout, stderr } = await utsuru(...args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.notEqual(stderr, "");
  }
  for (const args of [["--help"], ["serve", "--help"], ["hash", "--help"], ["compare", "--help"]]) {
    const { code, stdout } = await utsuru(...args);
    assert.equal(code, 0);
    assert.match(stdout, /Usage: utsuru/);
  }
});
