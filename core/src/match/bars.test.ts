import assert from "node:assert/strict";
import { test } from "node:test";
import { frameOf } from "./bars.ts";

const side = 192;
type Scene = (x: number, y: number) => number;

/** Another grey in each cell. */
const picture: Scene = (x, y) => (37 * x + 101 * y) % 256;
const page: Scene = (x, y) => (y % 14 < 6 && x > 4 ? picture(x, y) : 255);
const whole = { left: 0, top: 0, right: side, bottom: side };

test("sees the bars around a picture, with the text in them", () => {
  const shown = { left: 30, top: 40, right: 170, bottom: 130 };
  const framed: Scene = (x, y) =>
    x >= shown.left && x < shown.right && y >= shown.top && y < shown.bottom ? picture(x, y) : 255;
  assert.deepEqual(frameOf(miniatureOf(framed)), shown);
  const captioned: Scene = (x, y) => (y > 140 && y < 152 && x > 20 && x < 120 ? picture(x, y) : framed(x, y));
  assert.deepEqual(frameOf(miniatureOf(captioned)), shown);
});

test("sees none in a picture without, between lines of text, and in stripes", () => {
  const stripes: Scene = (_, y) => (y % 20 < 10 ? 40 : 200);
  for (const scene of [picture, stripes]) assert.deepEqual(frameOf(miniatureOf(scene)), whole);
  assert.deepEqual(frameOf(miniatureOf(page)), { ...whole, left: 5 });
});

function miniatureOf(scene: Scene): { side: number; data: Uint8Array } {
  return { side, data: Uint8Array.from({ length: side * side }, (_, i) => scene(i % side, Math.floor(i / side))) };
}
