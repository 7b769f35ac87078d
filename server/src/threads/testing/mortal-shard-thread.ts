/** A shard's thread as it is, save that it ends when it is told to remove an image that nobody has. */
import { parentPort } from "node:worker_threads";
import type { ToShard } from "../shard-messages.ts";
import { lethal } from "./mortal-shards.ts";

parentPort?.on("message", (message: ToShard) => {
  if (message.kind === "remove" && message.imageId === lethal) process.exit(1);
});
await import("../shard-thread.ts");
