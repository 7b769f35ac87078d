/** A program to be killed: puts and deletes objects of a folder, several at once, and says after each answer what it was. */
import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { folderBucket } from "../folder-bucket.ts";
import { sha256 } from "./bucket-contract.ts";

const [root = "", round = ""] = process.argv.slice(2);
const bucket = await folderBucket({ root });
const staging = await mkdtemp(join(dirname(root), "staging-"));

async function work(worker: number): Promise<void> {
  for (let n = 0; ; n += 1) {
    const content = randomBytes(1000 + ((n * 7919) % 200_000));
    const key = `${round}/${worker}/${sha256(content)}`;
    if (n % 2 === 0) {
      await bucket.put(key, { content }, { contentType: "image/jpeg" });
    } else {
      const path = join(staging, `${worker}`);
      await writeFile(path, content);
      await bucket.put(
        key,
        { file: { path, bytes: content.length, sha256: sha256(content) } },
        { contentType: "image/jpeg" },
      );
      await rm(path);
    }
    writeSync(1, `put ${key}\n`);
    if (n % 3 !== 0) continue;
    // Said before it is asked: from here on the object may be there or not.
    writeSync(1, `ask ${key}\n`);
    await bucket.delete(key);
    writeSync(1, `gone ${key}\n`);
  }
}

await Promise.all([1, 2, 3, 4].map(work));
