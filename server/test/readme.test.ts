import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { drawing, jpegOf } from "./support/pictures.ts";
import { cleanEnvironment, dataFolder, startServer } from "./support/server.ts";

const readme = fileURLToPath(new URL("../../README.md", import.meta.url));
const skip =
  spawnSync("curl", ["--version"]).error || spawnSync("bash", ["--version"]).error
    ? "curl or bash is not there"
    : false;

test("the README's commands, typed as they stand, find the copy", { skip }, async (t) => {
  const server = await startServer(t);
  const folder = await dataFolder(t);
  await writeFile(join(folder, "one.jpg"), await jpegOf(1));
  await writeFile(join(folder, "two.png"), await drawing(2).png().toBuffer());
  const mirrored = await drawing(1).flop().jpeg({ quality: 40 }).toBuffer();
  for (const name of ["copy.jpg", "mirrored-copy-of-one.jpg"]) await writeFile(join(folder, name), mirrored);
  const script = `${await commands("From nothing to a match")}\necho\n${await commands("Open http", "curl -H")}`;

  const { stdout } = await promisify(execFile)(
    "bash",
    ["-euc", script.replaceAll("http://127.0.0.1:8080", server.url)],
    { cwd: folder, env: cleanEnvironment() },
  );

  const answers = stdout
    .trim()
    .split(/\n|(?<=\})(?=\{)/)
    .map((line) => JSON.parse(line));
  const searches = answers.filter(({ matches }) => matches);
  assert.equal(searches.length, 2);
  for (const { matches, index } of searches) {
    assert.equal(index.images, 2);
    assert.deepEqual([matches[0].image.file, matches[0].orientation], ["one.jpg", "flip-horizontal"]);
  }
});

/** The shell commands of the first block after a text of the README (that starts so). */
async function commands(after: string, start = ""): Promise<string> {
  const text = await readFile(readme, "utf8");
  const block = text.slice(text.indexOf(after)).match(new RegExp(`\`\`\`sh\\n(${start}[^\`]*)\`\`\``))?.[1];
  assert.ok(block, `the README has no commands after «${after}»`);
  return block;
}
