import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { StartError } from "../errors.ts";

const secretBytes = 32;

/** The secret that signs tokens: read from the folder's file `secret`, made there (mode 0600, durable) the first time. The folder's lock must be held. */
export async function secretOf(folder: string): Promise<Uint8Array> {
  const path = join(folder, "secret");
  try {
    const text = (await readFile(path, "utf8")).trim();
    if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, "hex");
    throw new StartError(
      `The file ${path} must hold 64 hexadecimal digits; remove it to have a new one made (everyone must then log in again).`,
    );
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    return makeSecret(folder, path);
  }
}

async function makeSecret(folder: string, path: string): Promise<Uint8Array> {
  const secret = randomBytes(secretBytes);
  const aside = `${path}.new`;
  await rm(aside, { force: true });
  const file = await open(aside, "wx", 0o600);
  try {
    await file.writeFile(`${secret.toString("hex")}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  await syncFolder(folder);
  return secret;
}

/** A name is durable once its folder is (fsync(2)). */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
