import assert from "node:assert/strict";
import { test } from "node:test";
import { appearances, detailOf } from "./appearance.ts";
import { toneCurve } from "./tone-curve.ts";
import { windowCorrelations } from "./window-correlations.ts";

const side = 64;

test("expects of a brightened and clipped copy what it shows", () => {
  const target = squareOf((x, y) => 4 * ((x * 7 + y * 13) % 64));
  const seen = Float32Array.from(target, (grey) => Math.min(255, 1.5 * grey + 20));
  toneCurve(Uint8Array.from(target), seen).forEach((grey, i) => {
    assert.ok(Math.abs(grey - (seen[i] as number)) < 14, `${grey} for ${seen[i]}`);
  });
});

test("expects nothing where the query does not reach", () => {
  const seen = squareOf((x) => (x < 32 ? Number.NaN : 100));
  assert.ok(toneCurve(new Uint8Array(side * side), seen).every((grey, i) => Number.isNaN(grey) === i % side < 32));
});

test("sees what only one of two pictures shows, and no more than that", () => {
  const frame = (x: number, y: number): number => (x > 5 && x < 58 && y > 5 && y < 58 ? 255 : 40);
  const bare = detailOf(squareOf(frame), side);
  const marked = detailOf(
    squareOf((x, y) => (x > 28 && x < 34 && y > 20 && y < 40 ? 0 : frame(x, y))),
    side,
  );
  assert.deepEqual(appearances(bare, bare), { share: 0, largest: 0 });
  assert.deepEqual(appearances(bare, marked), { share: 0, largest: 0 });
  const { share, largest } = appearances(marked, bare);
  assert.ok(share > 0.1 && share < 0.5, `${share}`);
  assert.ok(largest > 1000, `${largest}`);
});

test("adds up only what hangs together", () => {
  const bare = detailOf(
    squareOf(() => 255),
    side,
  );
  const spots = (...centres: number[]): Float32Array =>
    detailOf(
      squareOf((x, y) => (centres.some((at) => Math.abs(x - at) < 3 && Math.abs(y - at) < 3) ? 0 : 255)),
      side,
    );
  const one = appearances(spots(15), bare).largest;
  assert.ok(one > 0);
  assert.equal(appearances(spots(15, 45), bare).largest, one);
});

test("sees a hand that was moved on a dial, which a curve of greys alone would explain away", () => {
  const dial =
    (hand: number) =>
    (x: number, y: number): number =>
      Math.abs(Math.hypot(x - 32, y - 32) - 27) < 2 ? 0 : Math.abs(hand - x) < 1 && y > 12 && y < 40 ? 90 : 255;
  const [target, seen] = [squareOf(dial(24)), squareOf(dial(40))];
  const explained = toneCurve(Uint8Array.from(target), seen);
  assert.equal(appearances(detailOf(explained, side), detailOf(seen, side)).share, 0);
  const returned = toneCurve(seen, target);
  assert.ok(appearances(detailOf(target, side), detailOf(returned, side)).largest > 1000);
});

test("windows of a picture that was moved by a cell still correlate, those of another do not", () => {
  const texture = (x: number, y: number): number => 128 + 100 * Math.sin(x * 0.9 + 2 * Math.sin(y * 0.7));
  const moved = windowCorrelations(
    squareOf(texture),
    squareOf((x, y) => texture(x + 1, y) / 2),
  );
  // those at one edge have no cell beside them to move to
  const same = moved.correlations.filter((correlation) => correlation > 0.999).length;
  assert.ok(same >= 59 * 60, `${same} of ${moved.correlations.length}`);
  const other = windowCorrelations(
    squareOf(texture),
    squareOf((x, y) => texture(y + 20, 3 * x)),
  );
  const alike = other.correlations.filter((correlation) => correlation > 0.9).length;
  assert.ok(alike < other.correlations.length / 10, `${alike} of ${other.correlations.length}`);
});

function squareOf(grey: (x: number, y: number) => number): Float32Array {
  return Float32Array.from({ length: side * side }, (_, i) => grey(i % side, Math.floor(i / side)));
}
