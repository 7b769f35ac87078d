import assert from "node:assert/strict";
import { test } from "node:test";
import { extractFeatures } from "../features/extract-features.ts";
import { drawScene, photograph, type Scene } from "../features/testing/scenes.ts";
import { align } from "./align.ts";
import { isAmbiguous, repetitionOf } from "./repetition.ts";

const size = { width: 512, height: 384 };

test("it is not known where stripes lie on themselves", () => {
  const stripes =
    (step: number, turn: number): Scene =>
    (x, y) =>
      Math.sin((x * Math.cos(turn) + y * Math.sin(turn)) / step) > 0 ? 1 : 0;
  const [one, other] = [stripes(4, 0.3), stripes(5.2, 1.2)];
  assert.ok(isAmbiguousWithItself((x, y) => 255 - 120 * one(x, y) - 60 * other(x, y)));
});

test("it is known of a picture that shows many things, and of a motif that repeats among them", () => {
  const [things, motif] = [drawScene(5), drawScene(6)];
  const windows: Scene = (x, y) => (y > 150 && y < 250 ? motif(100 + (x % 64), y) : things(x, y));
  for (const scene of [things, windows]) assert.ok(!isAmbiguousWithItself(scene));
});

function isAmbiguousWithItself(scene: Scene): boolean {
  const features = extractFeatures(photograph(scene, size));
  const alignment = align(features, features);
  assert.ok(alignment);
  return isAmbiguous(repetitionOf(alignment, features, features));
}
