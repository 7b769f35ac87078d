import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import sharp from "sharp";
import { jpegOf } from "../../test/support/pictures.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { decoderPool } from "../pixels/decoder-pool.ts";
import type { ImageRecord, PackedFeatures } from "../ports.ts";
import type { PartIndex, PartMatch } from "../search/part-index.ts";
import { examineParts } from "./examine-parts.ts";

const signal = new AbortController().signal;

async function featuresOf(t: TestContext, bytes: Uint8Array): Promise<PackedFeatures> {
  const path = join(await temporaryFolder(t), "picture");
  await writeFile(path, bytes);
  const decoder = decoderPool({ processes: 1 });
  t.after(() => decoder.close());
  return (await decoder.ingest(path, { signal })).features;
}

/** The kinds of what is found of a picture with these features, by an index that answers a search with these images. */
async function findingsOf(features: PackedFeatures, answer: readonly string[]): Promise<readonly string[]> {
  const id = randomUUID();
  const record = { image: { id, owner: { id: randomUUID(), audience: 1 } }, features } as unknown as ImageRecord;
  const find: PartIndex["find"] = async () =>
    answer.map((imageId) => ({ imageId: imageId === "itself" ? id : imageId }) as PartMatch);
  const ports = { catalog: { renewals: { keep: async () => {} } }, parts: { isServing: true, find } };
  const findings = await examineParts(ports, { record, fresh: { oriented: [], features } }, { repair: false, signal });
  return findings.map(({ kind }) => kind);
}

test("a picture that a search for its parts does not find is told, unless too many others share them", async (t) => {
  const features = await featuresOf(t, await jpegOf(1));
  assert.deepEqual(await findingsOf(features, ["other", "itself"]), []);
  assert.deepEqual(await findingsOf(features, ["other"]), ["not-found-by-parts"]);
  const others = Array.from({ length: 64 }, () => randomUUID());
  assert.deepEqual(await findingsOf(features, others), []);
});

test("a picture with nothing to see on it need not be found by parts", async (t) => {
  const flat = sharp({ create: { width: 300, height: 200, channels: 3, background: "#888" } });
  assert.deepEqual(await findingsOf(await featuresOf(t, await flat.png().toBuffer()), []), []);
});
