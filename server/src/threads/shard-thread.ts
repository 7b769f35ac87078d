/** What runs in the thread of a shard of the index, which follows the database for its share of the images and keeps its own snapshot. */
import { parentPort, workerData } from "node:worker_threads";
import { codeBytes } from "@utsuru/core/fingerprint";
import { snapshotFile } from "../buckets/snapshot-file.ts";
import { openIndexCatalog } from "../postgres/followed-catalog.ts";
import { type OpenImages, openImages } from "../search/open-search-index.ts";
import { shareOf } from "../search/share.ts";
import type { Answer, FromShard, Question, ShardData, ToShard } from "./shard-messages.ts";

type Followed = OpenImages["followed"];

function say(message: FromShard): void {
  parentPort?.postMessage(message);
}

function hear(followed: Followed, message: Exclude<ToShard, { kind: "close" }>): void {
  switch (message.kind) {
    case "add":
      followed.add(message.entry);
      break;
    case "remove":
      followed.images.remove(message.imageId);
      break;
    case "ask":
      say({ kind: "answers", answers: message.questions.map((question) => answer(followed.images, question)) });
      break;
    default:
      message satisfies never;
  }
}

function answer(images: Followed["images"], question: Question): Answer {
  if (question.kind === "count") return sumOf(question.audiences.map((audience) => images.count(audience)));
  const { space, codes, viewer } = question;
  const cut = Array.from({ length: codes.length / codeBytes }, (_, i) =>
    codes.subarray(i * codeBytes, (i + 1) * codeBytes),
  );
  return images.near(space, cut, viewer).map(({ imageId, distance, query }) => ({ imageId, distance, query }));
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

const { databaseUrl, snapshotPath, share } = workerData as ShardData;
const catalog = openIndexCatalog({ url: databaseUrl });
const ports = {
  catalog: shareOf(catalog, share),
  snapshot: snapshotFile(snapshotPath),
  clock: { now: () => new Date() },
  notice: (sentence: string) => say({ kind: "notice", sentence }),
};
const { followed, close } = await openImages(ports, {
  onFreshness: (freshness) => say({ kind: "freshness", freshness }),
});
const closed = Promise.withResolvers<void>();
parentPort?.on("message", (message: ToShard) => {
  if (message.kind === "close") closed.resolve();
  else hear(followed, message);
});
void followed.caughtUp.then(() => say({ kind: "ready" }));
await closed.promise;
await close();
await catalog.close();
parentPort?.close();
