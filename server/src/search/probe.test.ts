import assert from "node:assert/strict";
import { test } from "node:test";
import { dct256 } from "@utsuru/core/dct256";
import { pdq } from "@utsuru/core/pdq";
import { type Probe, tellingProbes, wantedCodes } from "./probe.ts";

test("PDQ of fine stripes, which tells nothing, is not searched with; that of a picture with detail is", () => {
  const stripes = probesOf((x, y) => (Math.sin((x + y / 3) / 3) > 0 ? 220 : 40));
  assert.ok((stripes[0]?.fingerprint.quality ?? 0) >= 50, "PDQ itself takes them for detail");
  assert.deepEqual(wantedCodes(stripes), []);

  const scene = probesOf((x, y) => (Math.floor(x / 40) ** 3 * 7 + Math.floor(y / 30) ** 3 * 31) % 251);
  assert.deepEqual(tellingProbes(scene), scene);
});

test("PDQ that comes alone is searched with as it says", () => {
  const [alone] = probesOf((x) => (Math.sin(x / 5) > 0 ? 220 : 40));
  assert.ok(alone);
  assert.equal(wantedCodes([alone]).length, 1);
});

/** PDQ, then dct256, of a grey picture of 320 × 240. */
function probesOf(greyAt: (x: number, y: number) => number): Probe[] {
  const [width, height] = [320, 240];
  const data = Uint8Array.from({ length: width * height }, (_, i) => greyAt(i % width, Math.floor(i / width)));
  const pixels = { data, width, height, channels: 1 } as const;
  return [pdq(pixels), dct256(pixels).whole].map(({ fingerprint, codes }) => ({ fingerprint, codes }));
}
