/** A thread of an index of parts that is ready at once, answers a query with nothing, and dies of a query with a small `candidatesMax`. */
import { parentPort } from "node:worker_threads";
import type { FromPartThread, ToPartThread } from "../part-messages.ts";

const say = (message: FromPartThread): void => parentPort?.postMessage(message);

parentPort?.on("message", (message: ToPartThread) => {
  if (message.kind === "close") parentPort?.close();
  if (message.kind !== "find") return;
  if (message.candidatesMax < 2) throw new Error("the thread meets its end");
  say({ kind: "found", matches: [] });
});
say({ kind: "freshness", freshness: { isComplete: true, isBehind: false, asOf: new Date(), isFull: false } });
say({ kind: "ready" });
