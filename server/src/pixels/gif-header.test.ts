import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { cutToFirstFrame } from "./gif-header.ts";
import { animate, gifOf } from "./testing/pictures.ts";

test("an animated GIF is cut after its first frame", async () => {
  const file = cutToFirstFrame(await animate(["#ff0000", "#00ff00", "#0000ff"], "gif"));
  const { data, info } = await sharp(file, { animated: true })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.pages ?? 1], [40, 30, 1]);
  assert.deepEqual([...data.subarray(0, 3)], [255, 0, 0]);
});

test("two hundred thousand frames are cut off at once", () => {
  const file = gifOf(64, 64, 200_000);
  const start = performance.now();
  assert.ok(cutToFirstFrame(file).length < 100);
  assert.ok(performance.now() - start < 50);
});

test("a GIF that ends within its first frame stays as it is", () => {
  const file = gifOf(64, 64, 1).subarray(0, -5);
  assert.equal(cutToFirstFrame(file), file);
});
