import { setTimeout as delay } from "node:timers/promises";
import pLimit from "p-limit";
import { sweepDeletions } from "../images/delete-objects.ts";
import { type ExaminePorts, examineImage } from "./examine-image.ts";
import { examineObjects } from "./examine-objects.ts";
import type { ExamineOptions, Finding } from "./finding.ts";

/** How far an examination has come. */
export interface Examined {
  readonly images: number;
  readonly objects: number;
  /** Images that the lane of maintenance has yet to come to. */
  readonly waiting: number;
}

/** What examining a whole library works with. */
export interface LibraryPorts extends ExaminePorts {
  readonly index: ExaminePorts["index"] & { readonly size: number };
  /** Images decoded at once. */
  readonly atOnce: number;
}

const sweepBatch = 100;
const undescribedMax = 1000;
const indexTries = 10;
const indexPauseMs = 500;

/** Examines every image and every object, tells what is wrong as it is found, and mends what can be if asked to. Holds no more than a batch at a time. */
export async function* examineLibrary(
  ports: LibraryPorts,
  options: ExamineOptions & { readonly onProgress: (examined: Examined) => void },
): AsyncGenerator<Finding> {
  const examined = { images: 0, objects: 0, waiting: 0 };
  const limit = pLimit(ports.atOnce);
  if (options.repair) await sweepNoted(ports);
  for await (const records of ports.catalog.records.images()) {
    const examineOne = async (record: (typeof records)[number]): Promise<readonly Finding[]> => {
      options.signal.throwIfAborted();
      const { findings, isWaiting } = await examineImage(ports, record, options);
      examined.images++;
      if (isWaiting) examined.waiting++;
      options.onProgress(examined);
      return findings;
    };
    const found = await Promise.all(records.map((record) => limit(examineOne, record)));
    yield* found.flat();
  }
  for await (const { objects, findings } of examineObjects(ports, options)) {
    examined.objects += objects;
    options.onProgress(examined);
    yield* findings;
  }
  yield* await findUndescribed(ports);
  yield* await examineIndex(ports);
}

/** Rows that a hand or a broken disk took: the picture is in the bucket, if nothing else went. */
async function findUndescribed({ catalog }: ExaminePorts): Promise<Finding[]> {
  const detail = "The database lacks the row that describes this image: restore a backup, or upload the picture anew.";
  const ids = await catalog.records.undescribed(undescribedMax);
  return ids.map((imageId) => ({ kind: "image-undescribed", imageId, detail, mended: false }));
}

/** What crashes and deletions left, by the notes of them: what a server's sweeper does. */
async function sweepNoted({ catalog, bucket }: ExaminePorts): Promise<void> {
  while ((await catalog.objects.giveUpOldPuts(sweepBatch)) === sweepBatch);
  while ((await sweepDeletions({ catalog, bucket }, sweepBatch)) === sweepBatch);
}

/** A server may be at work meanwhile, and the index follows a moment later. */
async function examineIndex({ catalog, index }: LibraryPorts): Promise<Finding[]> {
  let images = 0;
  for (let tries = 0; tries < indexTries; tries++) {
    images = await catalog.records.count();
    if (index.size === images) return [];
    await delay(indexPauseMs);
  }
  const detail = `The index holds ${index.size} images, the database ${images}: delete index/snapshot in the data folder while no server runs.`;
  return [{ kind: "index-differs", detail, mended: false }];
}
