import assert from "node:assert/strict";
import { randomInt, randomUUID } from "node:crypto";
import { test } from "node:test";
import { ImageIds } from "./image-ids.ts";

test("ids keep their places while others come and go, as in a map", () => {
  const [ids, expected] = [new ImageIds(), new Map<string, number>()];
  const ever: string[] = [];
  for (let i = 0; i < 20_000; i++) {
    const known = [...ever.slice(-50)][randomInt(50)];
    const place = known === undefined ? undefined : expected.get(known);
    if (known !== undefined && place !== undefined && randomInt(3) === 0) {
      ids.delete(place);
      expected.delete(known);
    } else {
      const id = randomUUID();
      ever.push(id);
      expected.set(id, ids.add(id));
    }
  }
  assert.equal(ids.size, expected.size);
  assert.equal(new Set(expected.values()).size, expected.size);
  for (const id of ever) assert.equal(ids.placeOf(id), expected.get(id));
  for (const [id, place] of expected) assert.equal(ids.at(place), id);
  assert.ok([...expected.values()].every((place) => place < ids.end));
  const held = Array.from({ length: ids.end }, (_, place) => ids.at(place)).filter((id) => id !== undefined);
  assert.deepEqual(held.sort(), [...expected.keys()].sort());
});

test("ids that share a bucket are told apart, in whatever order they go", () => {
  const ids = new ImageIds();
  const all = Array.from(
    { length: 3_000 },
    (_, i) => `01900000-0000-7000-8000-${(i * 2 ** 20).toString(16).padStart(12, "0")}`,
  );
  const places = all.map((id) => ids.add(id));
  for (let i = 0; i < all.length; i += 2) ids.delete(places[i] as number);
  all.forEach((id, i) => {
    assert.equal(ids.placeOf(id), i % 2 === 0 ? undefined : places[i]);
  });
  assert.equal(ids.end, all.length);
  const [again] = all;
  assert.ok(ids.add(again ?? "") < all.length, "a free place is given out again");
});

test("an id is one in capital letters too; what is no UUID is refused", () => {
  const ids = new ImageIds();
  const id = randomUUID();
  const place = ids.add(id.toUpperCase());
  assert.equal(ids.placeOf(id), place);
  assert.equal(ids.at(place), id);
  for (const odd of ["", "1", `${id}0`, id.replace(/.$/, "x")]) assert.throws(() => ids.placeOf(odd), RangeError);
});
