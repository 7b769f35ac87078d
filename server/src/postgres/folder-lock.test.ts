import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { lockFolder } from "./folder-lock.ts";

const moduleUrl = new URL("folder-lock.ts", import.meta.url).href;

test("a folder is one process's at a time, and free again after a kill -9", async (t) => {
  const folder = await temporaryFolder(t);
  const program = `import { lockFolder } from ${JSON.stringify(moduleUrl)};
    lockFolder(process.argv[1]); console.log("locked"); setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ["--input-type=module", "--eval", program, folder]);
  t.after(() => other.kill("SIGKILL"));
  await once(other.stdout, "data");
  assert.throws(() => lockFolder(folder), { name: "StartError", message: /^Another Utsuru works on / });
  other.kill("SIGKILL");
  await once(other, "exit");
  lockFolder(folder).release();
});

test("a released folder can be locked again, and released twice", async (t) => {
  const folder = await temporaryFolder(t);
  const lock = lockFolder(folder);
  assert.throws(() => lockFolder(folder), { name: "StartError" });
  lock.release();
  lock.release();
  lockFolder(folder).release();
});
