import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Failure } from "../errors.ts";

/** Size and SHA-256 of a file. Throws `not-found` when it cannot be read. */
export async function digestFile(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    throw new Failure("not-found", "There is no such file, or it cannot be read.", { cause: error });
  }
  return { sha256: hash.digest("hex"), bytes };
}
