import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeGolden, drawGolden, drawnValues, type GoldenPicture, goldenAbsent, readGolden } from "./golden.ts";
import { goldenPictures } from "./golden-pictures.ts";

test("the drawn pictures are those that golden's values are of", () => {
  assert.deepEqual(drawnValues.map(({ name }) => name).sort(), [...goldenPictures.keys()].sort());
  for (const golden of drawnValues) drawGolden(golden);
});

test("the drawn pictures have the pixels of golden's files", { skip: goldenAbsent }, async () => {
  const pictures = await readGolden<GoldenPicture>("pdq.json");
  for (const golden of drawnValues) {
    const picture = pictures.find(({ file }) => file === `synthetic/${golden.name}`);
    assert.ok(picture, golden.name);
    const { data, ...shape } = await decodeGolden(picture);
    const drawn = drawGolden(golden);
    assert.deepEqual({ ...drawn, data: Buffer.from(drawn.data) }, { data: Buffer.from(data), ...shape }, golden.name);
  }
});
