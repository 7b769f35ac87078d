/** A server in small: starts decoders, has each read the picture named on its command line, says their process ids, and lives on. */
import { readFile } from "node:fs/promises";
import { decoderPool } from "../decoder-pool.ts";

const decoder = decoderPool({ processes: 2 });
const path = process.argv[2] ?? "";
const signal = new AbortController().signal;
await Promise.all([decoder.inspect(path, { signal }), decoder.inspect(path, { signal })]);
const children = await readFile(`/proc/self/task/${process.pid}/children`, "utf8");
process.stdout.write(`${children.trim()}\n`);
