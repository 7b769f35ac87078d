import assert from "node:assert/strict";
import { test } from "node:test";
import { cornerFillOf } from "./corner-fill.ts";

const side = 192;

test("knows the corners that were filled when a picture was turned, and none of what it shows", () => {
  for (const degrees of [-20, -7, 7, 30]) {
    const { picture, isShown } = turned(degrees);
    const isFill = cornerFillOf(picture);
    assert.ok(isFill, `${degrees} degrees`);
    for (let y = 0; y < side; y += 3)
      for (let x = 0; x < side; x += 3)
        if (distanceFromEdge(isShown, x, y) > 6) assert.equal(isFill(x + 0.5, y + 0.5), !isShown(x, y), `${x} ${y}`);
  }
});

test("takes pictures that were not turned for what they are", () => {
  const page = greys((x, y) => (x > 20 && x < 170 && y > 20 && y < 170 && y % 8 < 4 ? 0 : 255));
  const round = greys((x, y) => (Math.hypot(x - 96, y - 96) < 90 ? 80 + (x % 50) : 255));
  const flat = greys(() => 255);
  const noise = greys((x, y) => Math.imul(x * 193 + y, 0x9e3779b1) >>> 24);
  for (const picture of [page, round, flat, noise]) assert.equal(cornerFillOf(picture), undefined);
});

function greys(greyAt: (x: number, y: number) => number) {
  return { side, data: Uint8Array.from({ length: side * side }, (_, i) => greyAt(i % side, Math.floor(i / side))) };
}

/** A square that fills its frame once it is turned. */
function turned(degrees: number) {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const half = side / 2 / (Math.abs(cos) + Math.abs(sin));
  const isShown = (x: number, y: number): boolean => {
    const [dx, dy] = [x + 0.5 - side / 2, y + 0.5 - side / 2];
    return Math.max(Math.abs(dx * cos + dy * sin), Math.abs(dy * cos - dx * sin)) <= half;
  };
  return { picture: greys((x, y) => (isShown(x, y) ? 60 + ((x * 7 + y * 3) % 120) : 250)), isShown };
}

/** Cells to the nearest one that is shown where this one is not, or the other way round; 7 for farther. */
function distanceFromEdge(isShown: (x: number, y: number) => boolean, x: number, y: number): number {
  for (let r = 1; r <= 6; r++)
    for (const [dx, dy] of [
      [r, 0],
      [-r, 0],
      [0, r],
      [0, -r],
    ] as const)
      if (isShown(x + dx, y + dy) !== isShown(x, y)) return r;
  return 7;
}
