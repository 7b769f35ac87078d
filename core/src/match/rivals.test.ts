import assert from "node:assert/strict";
import { test } from "node:test";
import { extractFeatures } from "../features/extract-features.ts";
import { drawScene, photograph, type Scene } from "../features/testing/scenes.ts";
import { align } from "./align.ts";
import { type Rivals, rivalsOf } from "./rivals.ts";

const size = { width: 512, height: 384 };

test("a picture of many things fits itself in one place alone", () => {
  const { here, elsewhere } = rivalsWithItself(drawScene(5));
  assert.ok(here > 100 && elsewhere < here / 10, `${here} here, ${elsewhere} elsewhere`);
});

test("a pattern that repeats fits itself as well a step further", () => {
  const motif = drawScene(5);
  const { here, elsewhere } = rivalsWithItself((x, y) => motif(100 + (x % 64), 100 + (y % 64)));
  assert.ok(elsewhere > here / 2, `${here} here, ${elsewhere} elsewhere`);
});

function rivalsWithItself(scene: Scene): Rivals {
  const features = extractFeatures(photograph(scene, size));
  const alignment = align(features, features);
  assert.ok(alignment);
  return rivalsOf(alignment, features, features);
}
