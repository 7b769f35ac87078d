import { readFile } from "node:fs/promises";
import { basename } from "node:path";

/** A picture's file to send. */
export async function readUpload(path: string): Promise<{ name: string; bytes: Buffer }> {
  return { name: basename(path), bytes: await readFile(path) };
}
