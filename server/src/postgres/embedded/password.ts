import { randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { StartError } from "../../errors.ts";
import { syncFolder } from "./sync-folder.ts";

/** The database's password: read from its file (mode 0600), or made there the first time, durable before it is used. */
export async function readOrMakePassword(path: string, clusterExists: boolean): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    if (clusterExists) {
      throw new StartError(`The file ${path} with the embedded database's password is gone; put it back.`, {
        cause: error,
      });
    }
  }
  const password = randomBytes(24).toString("base64url");
  const aside = `${path}.new`;
  const file = await open(aside, "w", 0o600);
  try {
    await file.writeFile(`${password}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  await syncFolder(dirname(path));
  return password;
}
