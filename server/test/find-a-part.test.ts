import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { openDatabase } from "../src/postgres/database.ts";
import { atEnd } from "./support/at-end.ts";
import { testDatabase } from "./support/database.ts";
import { newPerson, type Person, personWith } from "./support/person.ts";
import { drawing, jpegOf } from "./support/pictures.ts";
import { dataFolder, sharedServer, startServer } from "./support/server.ts";

const server = sharedServer();
const size = { width: 640, height: 480 };

/** Pictures of seeds that no other test uses, uploaded; gives the ids in the order of the seeds. */
async function keep(person: Person, seeds: readonly number[], fields = {}): Promise<string[]> {
  const files = await Promise.all(
    seeds.map(async (seed) => ({ name: `${seed}.jpg`, bytes: await jpegOf(seed, size) })),
  );
  const { status, body } = await person.upload(files, fields);
  assert.equal(status, 201);
  return body.results.map((result: { image: { id: string } }) => result.image.id);
}

/** The middle of a drawing: a quarter of its area. */
async function cropOf(seed: number): Promise<Buffer> {
  return sharp(await jpegOf(seed, size))
    .extract({ left: 160, top: 120, width: 320, height: 240 })
    .jpeg({ quality: 80 })
    .toBuffer();
}

async function searchWith(person: Person, bytes: Uint8Array, query = "") {
  const { status, body } = await person.search({ name: "query.jpg", bytes }, query);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

function idsOf({ matches }: { matches: { image: { id: string } }[] }): string[] {
  return matches.map(({ image }) => image.id);
}

/** The only match of a picture, which is the image's, in part. */
async function findPart(person: Person, bytes: Uint8Array, id: string) {
  const body = await searchWith(person, bytes);
  assert.deepEqual(idsOf(body), [id]);
  assert.equal(body.stages, "all");
  const [match] = body.matches;
  assert.equal(match.verdict, "partial");
  assert.ok(match.score >= 75 && match.score < 100);
  assert.ok(match.distance > 31);
  return match;
}

function isNear(actual: readonly number[], expected: readonly number[], within: number): void {
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs((actual[i] ?? Number.NaN) - value) <= within, `${actual} is not ${expected}`);
}

test("a crop finds its original, and says where it lies on it", async () => {
  const ada = await newPerson(await server());
  const [id = ""] = await keep(ada, [101, 102, 103]);
  const match = await findPart(ada, await cropOf(101), id);
  isNear(match.transform, [1, 0, 160, 0, 1, 120], 4);
  isNear([match.queryOverlapPercent, match.targetOverlapPercent], [100, 25], 1);
  assert.ok(match.inliers >= 8);
  assert.equal(match.orientation, "identity");
  assert.match(match.description, /^cropped to 2[456] %$/);
});

test("a mirrored, enlarged crop is found as such", async () => {
  const ada = await newPerson(await server());
  const [id = ""] = await keep(ada, [111, 112]);
  const mirrored = await sharp(await cropOf(111))
    .flop()
    .resize(800)
    .jpeg()
    .toBuffer();
  const match = await findPart(ada, mirrored, id);
  assert.equal(match.orientation, "flip-horizontal");
  isNear(match.transform, [-0.4, 0, 480, 0, 0.4, 120], 4);
  assert.match(match.description, /^mirrored, cropped to/);
});

test("a quarter turn of a negative crop is named", async () => {
  const ada = await newPerson(await server());
  const [id = ""] = await keep(ada, [113, 114]);
  const turned = await sharp(await cropOf(113))
    .rotate(90)
    .negate()
    .jpeg()
    .toBuffer();
  const match = await findPart(ada, turned, id);
  assert.deepEqual([match.orientation, match.inverted], ["rotate-90", true]);
});

test("a freely turned copy is found, and by how much it is turned", async () => {
  const ada = await newPerson(await server());
  const [id = ""] = await keep(ada, [121, 122]);
  const turned = await sharp(await jpegOf(121, size))
    .rotate(8, { background: "#fff" })
    .jpeg()
    .toBuffer();
  const match = await findPart(ada, turned, id);
  assert.match(match.description, /turned [789]°/);
});

test("a picture in a screenshot, and two in a collage, are found", async () => {
  const ada = await newPerson(await server());
  const [first = "", second = ""] = await keep(ada, [131, 132, 133]);
  const page = drawing(999, { width: 900, height: 1200 }).blur(40).modulate({ brightness: 1.4, saturation: 0.2 });
  const inset = await drawing(131, size).resize(520).png().toBuffer();
  const screenshot = await page
    .composite([{ input: inset, left: 190, top: 400 }])
    .jpeg()
    .toBuffer();
  const match = await findPart(ada, screenshot, first);
  assert.match(match.description, /^set into a larger picture, filling 1\d % of it$/);
  isNear(match.transform, [640 / 520, 0, (-190 * 640) / 520, 0, 640 / 520, (-400 * 640) / 520], 10);

  const halves = await Promise.all([131, 132].map((seed) => drawing(seed, size).resize(320, 240).png().toBuffer()));
  const collage = await sharp({ create: { width: 640, height: 240, channels: 3, background: "#fff" } })
    .composite(halves.map((input, i) => ({ input, left: 320 * i, top: 0 })))
    .jpeg()
    .toBuffer();
  assert.deepEqual(idsOf(await searchWith(ada, collage)).sort(), [first, second].sort());
});

test("a whole copy that its parts confirm stays a copy, and says how it lies", async () => {
  const ada = await newPerson(await server());
  const [id = ""] = await keep(ada, [141, 142]);
  const copy = await drawing(141, size).resize(320).jpeg({ quality: 50 }).toBuffer();
  const { matches } = await searchWith(ada, copy);
  assert.deepEqual(idsOf({ matches }), [id]);
  assert.equal(matches[0].verdict, "copy");
  assert.ok(matches[0].score >= 100 * (1 - matches[0].distance / 128));
  isNear(matches[0].transform, [2, 0, 0, 0, 2, 0], 4);
  assert.equal(matches[0].description, "the same framing");
});

test("stages=global leaves parts out, and the answer says so", async () => {
  const ada = await newPerson(await server());
  const [id = ""] = await keep(ada, [151]);
  const global = await searchWith(ada, await cropOf(151), "?stages=global");
  assert.deepEqual([global.stages, global.matches], ["global", []]);
  assert.equal((await ada.search({ name: "q.jpg", bytes: await cropOf(151) }, "?stages=local")).status, 422);
  const similar = await ada.call("GET", `/api/images/${id}/similar?stages=global`);
  assert.equal(similar.body.stages, "global");
  const bare = await ada.call("POST", "/api/search", { fingerprint: global.query.fingerprint });
  assert.equal(bare.body.stages, "global");
});

test("minScore and limit hold for parts, and a stored image is not found itself", async () => {
  const ada = await newPerson(await server());
  const [id = ""] = await keep(ada, [161]);
  const uploaded = await ada.upload([{ name: "crop.jpg", bytes: await cropOf(161) }]);
  const crop = uploaded.body.results[0].image.id;
  const similar = await ada.call("GET", `/api/images/${crop}/similar`);
  assert.deepEqual(idsOf(similar.body), [id]);
  assert.equal(similar.body.matches[0].verdict, "partial");
  const back = await ada.call("POST", "/api/search", { imageId: id });
  assert.deepEqual(idsOf(back.body), [crop]);
  assert.match(back.body.matches[0].description, /^set into a larger picture, filling 2\d % of it$/);
  const { score } = similar.body.matches[0];
  const above = await ada.call("GET", `/api/images/${crop}/similar?minScore=${score + 0.01}`);
  assert.deepEqual(above.body.matches, []);
  const both = await searchWith(ada, await cropOf(161), "?limit=1");
  assert.deepEqual([both.matches.length, both.truncated], [1, true]);
});

test("a private picture is found in part by its owner alone, and a deleted one by nobody", async () => {
  const [ada, bob] = [await newPerson(await server()), await newPerson(await server())];
  const [id = ""] = await keep(ada, [171], { visibility: "private" });
  const crop = await cropOf(171);
  assert.deepEqual(idsOf(await searchWith(ada, crop)), [id]);
  assert.deepEqual(idsOf(await searchWith(bob, crop)), []);
  assert.equal((await ada.call("DELETE", `/api/images/${id}`)).status, 204);
  assert.deepEqual(idsOf(await searchWith(ada, crop)), []);
});

test("two pictures that share a part compare as such", async () => {
  const ada = await newPerson(await server());
  const [id = "", other = ""] = await keep(ada, [181, 182]);
  const crop = { name: "crop.jpg", bytes: await cropOf(181) };
  const whole = { name: "whole.jpg", bytes: await jpegOf(181, size) };
  const files = await ada.send("/api/compare", [crop, whole]);
  assert.equal(files.body.match.verdict, "partial");
  isNear(files.body.match.transform, [1, 0, 160, 0, 1, 120], 4);
  const uploaded = await ada.upload([crop]);
  const a = uploaded.body.results[0].image.id;
  const ids = await ada.call("POST", "/api/compare", { a, b: id });
  assert.deepEqual(ids.body.match.transform, files.body.match.transform);
  assert.equal((await ada.call("POST", "/api/compare", { a, b: other })).body.match, null);
});

test("a picture that is one texture slows no other search, and finds nothing else", async () => {
  const ada = await newPerson(await server());
  const [id = ""] = await keep(ada, [191]);
  const tile = `<circle cx="8" cy="8" r="5" fill="#235"/><rect x="10" y="2" width="4" height="4" fill="#b42"/>`;
  const texture = (fill: string) =>
    sharp(
      Buffer.from(
        `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="900"><defs><pattern id="p" width="16" height="16" patternUnits="userSpaceOnUse"><rect width="16" height="16" fill="${fill}"/>${tile}</pattern></defs><rect width="100%" height="100%" fill="url(#p)"/></svg>`,
      ),
    )
      .jpeg()
      .toBuffer();
  const fills = ["#eee", "#ddd", "#ccc", "#eef", "#fee", "#efe"];
  const textures = await Promise.all(fills.map(async (fill) => ({ name: "t.jpg", bytes: await texture(fill) })));
  assert.equal((await ada.upload(textures)).status, 201);
  const busy = textures.map(({ bytes }) => searchWith(ada, bytes));
  const begun = Date.now();
  assert.deepEqual(idsOf(await searchWith(ada, await cropOf(191))), [id]);
  assert.ok(Date.now() - begun < 10_000);
  for (const body of await Promise.all(busy)) assert.ok(!idsOf(body).includes(id));
});

test("what a server was sent is found in part on another, and after it was killed", async (t) => {
  const { url } = await testDatabase(t);
  const environment = {
    UTSURU_DATABASE_URL: url,
    UTSURU_BUCKET: pathToFileURL(await dataFolder(t)).href,
    UTSURU_SECRET: randomBytes(32).toString("hex"),
  };
  const start = async (data: string) => startServer(t, { data, environment, embedded: true });
  const data = await dataFolder(t);
  const [here, there] = [await start(data), await start(await dataFolder(t))];
  const ada = await newPerson(here);
  const [first = "", second = ""] = await keep(ada, [201, 202]);
  const onThere = personWith(there.url, ada);
  const end = Date.now() + 20_000;
  while (!idsOf(await searchWith(onThere, await cropOf(202))).includes(second)) {
    assert.ok(Date.now() < end, "the other server did not follow within 20 s");
    await delay(20);
  }
  await here.stop("SIGKILL");
  assert.equal((await onThere.call("DELETE", `/api/images/${second}`)).status, 204);
  const onAgain = personWith((await start(data)).url, ada);
  assert.deepEqual(idsOf(await searchWith(onAgain, await cropOf(201))), [first]);
  assert.deepEqual(idsOf(await searchWith(onAgain, await cropOf(202))), []);
  assert.deepEqual(idsOf(await searchWith(onThere, await cropOf(202))), []);
});

test("images that came before features were kept get theirs, and are found by fingerprints meanwhile", async (t) => {
  const { url } = await testDatabase(t);
  const data = await dataFolder(t);
  const start = (workers: string) =>
    startServer(t, { data, environment: { UTSURU_DATABASE_URL: url, UTSURU_WORKERS: workers }, embedded: true });
  const first = await start("0");
  const ada = await newPerson(first);
  const [id = "", other = ""] = await keep(ada, [211, 212]);
  await first.stop();
  const database = openDatabase({ url });
  atEnd(t, () => database.close());
  await database.query("delete from local_features", []);
  await database.query("update image_data set derived_version = 0", []);
  const second = await start("0");
  const onSecond = personWith(second.url, ada);
  assert.deepEqual(idsOf(await searchWith(onSecond, await cropOf(211))), []);
  assert.deepEqual(idsOf(await searchWith(onSecond, await jpegOf(211, size))), [id]);
  await second.stop();
  const third = await start("1");
  const onThird = personWith(third.url, ada);
  for (const [seed, found] of [
    [211, id],
    [212, other],
  ] as const) {
    const end = Date.now() + 20_000;
    while (!idsOf(await searchWith(onThird, await cropOf(seed))).includes(found)) {
      assert.ok(Date.now() < end, "the features did not come within 20 s");
      await delay(50);
    }
  }
  assert.equal(third.log(), "");
});

test("an overlay shows two pictures on each other, to those who may see both", async () => {
  const [ada, bob] = [await newPerson(await server()), await newPerson(await server())];
  const [id = "", other = ""] = await keep(ada, [221, 222]);
  const uploaded = await ada.upload([{ name: "crop.jpg", bytes: await cropOf(221) }], { visibility: "private" });
  const crop = uploaded.body.results[0].image.id;
  const path = `/api/images/${id}/overlay?with=${crop}`;
  const blend = await ada.download(path);
  assert.deepEqual([blend.status, blend.headers.get("content-type")], [200, "image/webp"]);
  const { data, info } = await sharp(blend.bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [640, 480]);
  const original = await sharp(await jpegOf(221, size))
    .raw()
    .toBuffer();
  const difference = await ada.download(`${path}&mode=difference`);
  const differing = await sharp(difference.bytes).removeAlpha().raw().toBuffer();
  const at = (x: number, y: number) => 3 * (640 * y + x);
  const means = { inside: 0, outside: 0, differing: 0 };
  for (let y = 130; y < 350; y++)
    for (let x = 170; x < 470; x++)
      for (let c = 0; c < 3; c++) {
        means.inside += Math.abs((data[at(x, y) + c] ?? 0) - (original[at(x, y) + c] ?? 0)) / (220 * 300 * 3);
        means.differing += (differing[at(x, y) + c] ?? 0) / (220 * 300 * 3);
      }
  for (let x = 0; x < 640; x++)
    means.outside += Math.abs((data[at(x, 20)] ?? 0) - (original[at(x, 20)] ?? 0) / 3) / 640;
  assert.ok(means.inside < 12 && means.outside < 12 && means.differing < 20, JSON.stringify(means));
  assert.equal((await bob.download(path)).status, 404);
  assert.equal((await ada.download(`/api/images/${other}/overlay?with=${crop}`)).status, 422);
  assert.equal((await ada.download(`/api/images/${id}/overlay`)).status, 422);
});
