/** A shard's thread that found no room for an image. */
import { parentPort } from "node:worker_threads";
import type { FromShard, ToShard } from "../shard-messages.ts";

function say(message: FromShard): void {
  parentPort?.postMessage(message);
}

say({ kind: "freshness", freshness: { isComplete: false, isBehind: true, asOf: new Date(), isFull: true } });
say({ kind: "ready" });
parentPort?.on("message", (message: ToShard) => {
  if (message.kind === "close") parentPort?.close();
});
