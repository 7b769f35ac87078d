import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { atEnd } from "./support/at-end.ts";
import { runCommand } from "./support/command.ts";
import { drawing, jpegOf } from "./support/pictures.ts";
import { cleanEnvironment, dataFolder } from "./support/server.ts";

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));

const duplicates = (...args: string[]) => runCommand(["duplicates", ...args]);

test("a folder's copies are grouped, the best copy first, whatever was done to them", async (t) => {
  const folder = await dataFolder(t);
  await mkdir(join(folder, "deep", "er"), { recursive: true });
  const at = (name: string) => join(folder, name);
  await writeFile(at("one.png"), await drawing(1).png().toBuffer());
  await writeFile(at("deep/small.jpg"), await drawing(1).resize(320).jpeg().toBuffer());
  await writeFile(at("deep/er/mirrored.jpg"), await drawing(1).flop().jpeg({ quality: 40 }).toBuffer());
  await copyFile(at("one.png"), at("same.png"));
  await writeFile(at("two.jpg"), await jpegOf(2));
  const { code, stdout, stderr } = await duplicates(folder);
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(lines.length, 1);
  const [{ head, members, best }] = lines;
  assert.deepEqual([head.file, head.width, head.height, best], [at("one.png"), 640, 480, at("one.png")]);
  assert.deepEqual(
    members.map((m: { file: string; verdict: string; orientation: string; width: number }) => [
      m.file,
      m.verdict,
      m.orientation,
      m.width,
    ]),
    [
      [at("same.png"), "exact", "identity", 640],
      [at("deep/er/mirrored.jpg"), "copy", "flip-horizontal", 640],
      [at("deep/small.jpg"), "copy", "identity", 320],
    ],
  );
  assert.deepEqual(Object.keys(members[1]).sort(), [
    "bytes",
    "distance",
    "file",
    "height",
    "inverted",
    "orientation",
    "score",
    "verdict",
    "width",
  ]);
});

test("files that are no pictures are named at the end and give 1; links out of the folder are not followed", async (t) => {
  const [folder, outside] = [await dataFolder(t), await dataFolder(t)];
  await writeFile(join(folder, "a.jpg"), await jpegOf(1));
  await copyFile(join(folder, "a.jpg"), join(outside, "b.jpg"));
  await symlink(outside, join(folder, "link"));
  await symlink(join(outside, "b.jpg"), join(folder, "link.jpg"));
  await writeFile(join(folder, "notes.txt"), "no picture");
  const { code, stdout, stderr } = await duplicates(folder);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /notes\.txt: /);
  assert.equal(stderr.trim().split("\n").length, 1);
});

test("no folder is wrong usage, a folder that is not there a failure", async (t) => {
  assert.equal((await duplicates()).code, 2);
  const missing = await duplicates(join(await dataFolder(t), "missing"));
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /no folder/);
  assert.equal((await duplicates("--help")).code, 0);
});

test("an interrupt ends it at once", async (t) => {
  const folder = await dataFolder(t);
  const picture = await drawing(1, { width: 3000, height: 2000 }).png().toBuffer();
  await Promise.all(Array.from({ length: 60 }, (_, at) => writeFile(join(folder, `${at}.png`), picture)));
  const child = spawn(process.execPath, [program, "duplicates", folder], { env: cleanEnvironment(), stdio: "ignore" });
  atEnd(t, () => child.kill("SIGKILL"));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(child.exitCode, null);
  const ended = once(child, "exit");
  const sentAt = performance.now();
  child.kill("SIGINT");
  assert.deepEqual(await ended, [null, "SIGINT"]);
  assert.ok(performance.now() - sentAt < 2000);
});
