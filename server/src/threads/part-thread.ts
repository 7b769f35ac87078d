/** What runs in the thread of the index of parts, which has its own connection to the database: a query takes tens of milliseconds of CPU. */
import { parentPort, workerData } from "node:worker_threads";
import { openFeatureCatalog } from "../postgres/followed-catalog.ts";
import { followChanges } from "../search/follow-changes.ts";
import { FollowedImages } from "../search/followed-images.ts";
import { HeldFeatures } from "../search/held-features.ts";
import type { FromPartThread, PartThreadData, ToPartThread } from "./part-messages.ts";

function say(message: FromPartThread): void {
  parentPort?.postMessage(message);
}

function answer(held: HeldFeatures, message: Exclude<ToPartThread, { kind: "close" }>): void {
  switch (message.kind) {
    case "add":
      held.add(message.entry);
      break;
    case "remove":
      held.remove(message.imageId);
      break;
    case "find":
      say({ kind: "found", matches: held.find(message.query, message) });
      break;
    default:
      message satisfies never;
  }
}

const { databaseUrl } = workerData as PartThreadData;
const held = new HeldFeatures();
const followed = new FollowedImages(held, { position: undefined, now: new Date() }, (freshness) =>
  say({ kind: "freshness", freshness }),
);
const catalog = openFeatureCatalog({ url: databaseUrl });
const closing = new AbortController();
parentPort?.on("message", (message: ToPartThread) => {
  if (message.kind === "close") closing.abort();
  else answer(held, message);
});
void followed.caughtUp.then(() => say({ kind: "ready" }));
const notice = (sentence: string): void => say({ kind: "notice", sentence });
await followChanges({ catalog, notice }, followed, closing.signal);
await catalog.close();
parentPort?.close();
