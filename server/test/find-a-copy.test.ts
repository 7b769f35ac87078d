import assert from "node:assert/strict";
import { test } from "node:test";
import sharp, { type Sharp } from "sharp";
import { newPerson, type Person } from "./support/person.ts";
import { drawing, jpegOf } from "./support/pictures.ts";
import { sharedServer } from "./support/server.ts";

const server = sharedServer();

/** Someone of whose pictures the others see nothing. */
async function someone(): Promise<Person> {
  const person = await newPerson(await server());
  return { ...person, upload: (files) => person.upload(files, { visibility: "private" }) };
}

test("a mirrored and recompressed copy finds its original first", async () => {
  const ada = await someone();
  const files = await Promise.all(
    [1, 2, 3, 4].map(async (seed) => ({ name: `${seed}.jpg`, bytes: await jpegOf(seed) })),
  );
  const uploaded = await ada.upload(files);
  assert.equal(uploaded.status, 201);
  const copy = await drawing(3).flop().jpeg({ quality: 30 }).toBuffer();

  const found = await ada.search({ name: "copy.jpg", bytes: copy });

  assert.equal(found.status, 200);
  assert.equal(found.body.matches.length, 1);
  const [match] = found.body.matches;
  assert.deepEqual(match.image, uploaded.body.results[2].image);
  assert.equal(match.verdict, "copy");
  assert.equal(match.orientation, "flip-horizontal");
  assert.equal(match.score, 100 * (1 - match.distance / 128));
  assert.equal(found.body.index.images, 4);
  assert.equal(found.body.query.searchable, "yes");
});

const turns: Readonly<Record<string, readonly ((picture: Sharp) => Sharp)[]>> = {
  identity: [],
  "rotate-90": [(picture) => picture.rotate(90)],
  "rotate-180": [(picture) => picture.rotate(180)],
  "rotate-270": [(picture) => picture.rotate(270)],
  "flip-horizontal": [(picture) => picture.flop()],
  "flip-vertical": [(picture) => picture.flip()],
  transpose: [(picture) => picture.rotate(90), (picture) => picture.flop()],
  transverse: [(picture) => picture.rotate(90), (picture) => picture.flip()],
};

test("each of the eight orientations is found and named", async () => {
  const ada = await someone();
  await ada.upload([{ name: "original.jpg", bytes: await jpegOf(7) }]);
  for (const [orientation, steps] of Object.entries(turns)) {
    // sharp has an order of its own for what is asked in one go: each step is a picture of its own.
    let turned = await drawing(7).png().toBuffer();
    for (const step of steps) turned = await step(sharp(turned)).png().toBuffer();
    const { body } = await ada.search({ name: "turned.jpg", bytes: turned });
    assert.equal(body.matches[0]?.orientation, orientation);
  }
});

test("the same bytes are exact, a stored image finds its copies but not itself", async () => {
  const ada = await someone();
  const original = { name: "a.jpg", bytes: await jpegOf(1) };
  const copy = { name: "b.webp", bytes: await drawing(1).resize(320).webp({ quality: 60 }).toBuffer() };
  const { body } = await ada.upload([original]);
  const a = body.results[0].image.id;
  // After it, not with it: the copy's score is 100 too, and equal scores come in the order of the ids.
  const b = (await ada.upload([copy])).body.results[0].image.id;

  const found = await ada.search(original);
  assert.deepEqual(
    found.body.matches.map((m: { verdict: string }) => m.verdict),
    ["exact", "copy"],
  );
  assert.deepEqual(
    found.body.matches.map((m: { image: { id: string } }) => m.image.id),
    [a, b],
  );

  const similar = await ada.call("GET", `/api/images/${a}/similar`);
  assert.deepEqual(
    similar.body.matches.map((m: { image: { id: string } }) => m.image.id),
    [b],
  );
  const byId = await ada.call("POST", "/api/search", { imageId: a });
  assert.deepEqual(byId.body.matches, similar.body.matches);
  const byFingerprint = await ada.call("POST", "/api/search", { fingerprint: body.results[0].image.fingerprint });
  assert.deepEqual(
    byFingerprint.body.matches.map((m: { image: { id: string } }) => m.image.id),
    [a, b],
  );
  assert.equal(byFingerprint.body.query.sha256, null);
});

test("limit and minScore bound the answer, and the answer says so", async () => {
  const ada = await someone();
  const qualities = [90, 70, 50, 30, 20];
  const files = await Promise.all(
    qualities.map(async (quality) => ({
      name: `${quality}.jpg`,
      bytes: await drawing(5).jpeg({ quality }).toBuffer(),
    })),
  );
  await ada.upload(files);
  const query = { name: "q.png", bytes: await drawing(5).png().toBuffer() };
  const two = await ada.search(query, "?limit=2");
  assert.equal(two.body.matches.length, 2);
  assert.equal(two.body.truncated, true);
  const all = await ada.search(query);
  assert.equal(all.body.matches.length, 5);
  assert.equal(all.body.truncated, false);
  const scores = all.body.matches.map((m: { score: number }) => m.score);
  assert.deepEqual(
    scores,
    [...scores].sort((x, y) => y - x),
  );
  const least = await ada.search(query, `?minScore=${scores[4] + 0.001}`);
  assert.deepEqual(
    least.body.matches.map((m: { score: number }) => m.score),
    scores.filter((score: number) => score > scores[4]),
  );
  for (const bad of [
    "limit=0",
    "limit=1000000",
    "limit=-1",
    "limit=NaN",
    "limit=1.5",
    "minScore=101",
    "minScore=x",
    "other=1",
  ])
    assert.equal((await ada.search(query, `?${bad}`)).status, 422, bad);
});

test("a flat picture is found by its exact bytes only, and the answer says why", async () => {
  const ada = await someone();
  const flat = (color: string, quality: number) =>
    sharp({ create: { width: 300, height: 200, channels: 3, background: color } })
      .jpeg({ quality })
      .toBuffer();
  const grey = { name: "grey.jpg", bytes: await flat("#808080", 90) };
  await ada.upload([grey, { name: "blue.jpg", bytes: await flat("#2030c0", 90) }]);
  const same = await ada.search(grey);
  assert.equal(same.body.query.searchable, "exact-only");
  assert.match(same.body.query.reason, /detail/);
  assert.deepEqual(
    same.body.matches.map((m: { verdict: string }) => m.verdict),
    ["exact"],
  );
  const other = await ada.search({ name: "grey2.jpg", bytes: await flat("#808080", 50) });
  assert.equal(other.body.query.searchable, "exact-only");
  assert.deepEqual(other.body.matches, []);
});

test("two files, two ids and two fingerprints are compared", async () => {
  const ada = await someone();
  const a = { name: "a.jpg", bytes: await jpegOf(1) };
  const b = { name: "b.png", bytes: await drawing(1).rotate(90).png().toBuffer() };
  const c = { name: "c.jpg", bytes: await jpegOf(2) };
  const { body } = await ada.upload([a, b, c]);
  const [idA, idB, idC] = body.results.map((result: { image: { id: string } }) => result.image.id);

  const files = await ada.send("/api/compare", [b, a]);
  assert.equal(files.body.match.verdict, "copy");
  assert.equal(files.body.match.orientation, "rotate-90");
  assert.equal(files.body.match.image, null);
  const ids = await ada.call("POST", "/api/compare", { a: idB, b: idA });
  assert.equal(ids.body.match.orientation, "rotate-90");
  assert.equal(ids.body.match.image.id, idA);
  const different = await ada.call("POST", "/api/compare", { a: idA, b: idC });
  assert.equal(different.body.match, null);
  assert.ok(different.body.distance > 60);
  const hexes = body.results.map((result: { image: { fingerprint: { hex: string } } }) => result.image.fingerprint.hex);
  const prints = await ada.call("POST", "/api/compare", { a: hexes[0], b: hexes[0] });
  assert.equal(prints.body.distance, 0);
  assert.equal((await ada.send("/api/compare", [a])).status, 422);
});

test("a framed copy, a negative, and a mirrored negative in a frame are found", async () => {
  const ada = await someone();
  await ada.upload([{ name: "a.jpg", bytes: await jpegOf(1) }]);
  const frame = { top: 40, bottom: 40, left: 60, right: 60, background: "#000" };
  const upright = await drawing(1).png().toBuffer();
  const framed = await sharp(upright).extend(frame).jpeg().toBuffer();
  const negative = await sharp(upright).negate().jpeg().toBuffer();
  const both = await sharp(await sharp(negative).flop().png().toBuffer())
    .extend(frame)
    .jpeg()
    .toBuffer();
  const change = async (bytes: Buffer) => {
    const [match] = (await ada.search({ name: "q.jpg", bytes })).body.matches;
    return [match?.orientation, match?.inverted];
  };
  assert.deepEqual(await change(framed), ["identity", false]);
  assert.deepEqual(await change(negative), ["identity", true]);
  assert.deepEqual(await change(both), ["flip-horizontal", true]);
});
