import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { newPerson, type Person } from "./support/person.ts";
import { drawing, jpegOf } from "./support/pictures.ts";
import { dataFolder, sharedServer, startServer } from "./support/server.ts";

const shared = sharedServer();

type View = { id: string; sha256: string; [key: string]: unknown };
type Result = { file: string; status: string; image: View; problem: { code: string; status: number } };

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function uploadOne(person: Person, seed: number, fields: Record<string, string> = {}): Promise<View> {
  const { status, body } = await person.upload([{ name: `${seed}.jpg`, bytes: await jpegOf(seed) }], fields);
  assert.equal(status, 201);
  return body.results[0].image;
}

test("an upload answers for each file in the order sent; the good ones are kept", async () => {
  const ada = await newPerson(await shared());
  const good = await jpegOf(1);
  const { status, body } = await ada.upload([
    { name: "good.jpg", bytes: good },
    { name: "text.jpg", bytes: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>") },
    { name: "good again.jpg", bytes: good },
    { name: "cut.jpg", bytes: good.subarray(0, good.length / 2) },
    { name: "empty.png", bytes: Buffer.alloc(0) },
  ]);
  assert.equal(status, 201);
  const results: Result[] = body.results;
  assert.deepEqual(
    results.map(({ file }) => file),
    ["good.jpg", "text.jpg", "good again.jpg", "cut.jpg", "empty.png"],
  );
  const statuses = results.map((result) => result.status);
  assert.deepEqual([...new Set([statuses[0], statuses[2]])].sort(), ["created", "duplicate"]);
  assert.equal(results[0]?.image.id, results[2]?.image.id);
  assert.deepEqual(
    [1, 3, 4].map((i) => [statuses[i], results[i]?.problem.status]),
    [
      ["rejected", 415],
      ["rejected", 422],
      ["rejected", 422],
    ],
  );
  const again = await ada.upload([{ name: "renamed.jpg", bytes: good }]);
  assert.equal(again.status, 200);
  assert.equal(again.body.results[0].status, "duplicate");
  const bad = await ada.upload([{ name: "x", bytes: Buffer.from("nothing") }]);
  assert.equal(bad.status, 422);
  assert.equal(bad.body.results[0].status, "rejected");
});

test("an image says what it is", async () => {
  const ada = await newPerson(await shared());
  const bytes = await drawing(3, { width: 300, height: 200 })
    .withExif({ IFD0: { Orientation: "6", Artist: "Ada" } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const { body } = await ada.upload([{ name: "写る.jpg", bytes }], { visibility: "private" });
  const { image } = body.results[0];
  const { id, createdAt, owner, fingerprint, ...rest } = image;
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000);
  assert.match(createdAt, /Z$/);
  assert.deepEqual(owner, { id: (await ada.call("GET", "/api/me")).body.user.id });
  assert.equal(fingerprint.algorithm, "pdq");
  assert.match(fingerprint.hex, /^[0-9a-f]{64}$/);
  assert.deepEqual(rest, {
    visibility: "private",
    file: "写る.jpg",
    format: "jpeg",
    width: 200,
    height: 300,
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    url: `/api/images/${id}/file`,
    thumbnailUrl: `/api/images/${id}/thumbnail`,
  });
  assert.deepEqual((await ada.call("GET", `/api/images/${id}`)).body, image);
});

test("the same file twice at once is one image", async () => {
  const ada = await newPerson(await shared());
  const file = { name: "a.jpg", bytes: await jpegOf(1) };
  const answers = await Promise.all(Array.from({ length: 6 }, () => ada.upload([file])));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 201]);
  assert.equal(new Set(answers.map(({ body }) => body.results[0].image.id)).size, 1);
  assert.equal((await ada.call("GET", "/api/images")).body.items.length, 1);
});

test("of files by checksum, one's own are told with their ids; others' are not", async () => {
  const server = await shared();
  const [ada, bob] = [await newPerson(server), await newPerson(server)];
  const [mine, theirs] = [await jpegOf(40), await jpegOf(41)];
  const uploaded = await ada.upload([{ name: "mine.jpg", bytes: mine }]);
  await bob.upload([{ name: "theirs.jpg", bytes: theirs }]);
  const known = digest(mine);
  const unknown = Array.from({ length: 998 }, (_, at) => digest(Buffer.from(`${at}`)));
  const { status, body } = await ada.call("POST", "/api/images/check", { sha256: [known, digest(theirs), ...unknown] });
  assert.deepEqual([status, body.present], [200, [{ sha256: known, id: uploaded.body.results[0].image.id }]]);
  assert.equal(body.fileBytesMax, 64 * 1024 * 1024);
  for (const wrong of [[], ["ab"], [known, ...unknown, ...unknown]]) {
    const refused = await ada.call("POST", "/api/images/check", { sha256: wrong });
    assert.ok([413, 422].includes(refused.status), `${refused.status}`);
  }
});

test("the list pages newest first, to the end, each image once", async () => {
  const server = await shared();
  const [ada, bob] = [await newPerson(server), await newPerson(server)];
  const ids: string[] = [];
  for (let seed = 0; seed < 5; seed++) ids.unshift((await uploadOne(ada, seed)).id);
  const seen: string[] = [];
  let path: string | undefined = "/api/images?limit=2";
  while (path) {
    const { body }: { body: { items: View[]; next: string | null } } = await ada.call("GET", path);
    seen.push(...body.items.map(({ id }) => id));
    path = body.next === null ? undefined : `/api/images?limit=2&cursor=${encodeURIComponent(body.next)}`;
  }
  assert.deepEqual(seen, ids);
  assert.equal((await ada.call("GET", "/api/images?cursor=nonsense")).status, 422);
  assert.equal((await ada.call("GET", "/api/images?limit=101")).status, 422);
  assert.deepEqual((await bob.call("GET", "/api/images")).body, { items: [], next: null });
});

test("the original comes back to its owner byte for byte, in whole, in part or not again", async () => {
  const ada = await newPerson(await shared());
  const bytes = await jpegOf(1);
  const { body } = await ada.upload([{ name: 'a"b\r\n../日本.jpg', bytes }]);
  const path = body.results[0].image.url;
  const whole = await ada.download(path);
  assert.equal(whole.status, 200);
  assert.deepEqual(whole.bytes, bytes);
  assert.equal(whole.headers.get("content-type"), "image/jpeg");
  assert.equal(whole.headers.get("x-content-type-options"), "nosniff");
  assert.match(whole.headers.get("content-security-policy") ?? "", /sandbox/);
  assert.match(whole.headers.get("content-disposition") ?? "", /^inline; filename=".*"; filename\*=UTF-8''[\w%.-]+$/);
  const etag = whole.headers.get("etag") ?? "";
  const again = await ada.download(path, { "if-none-match": etag });
  assert.deepEqual([again.status, again.bytes.length], [304, 0]);
  const cases: readonly [string, number, Buffer][] = [
    ["bytes=0-9", 206, bytes.subarray(0, 10)],
    ["bytes=10-", 206, bytes.subarray(10)],
    ["bytes=-7", 206, bytes.subarray(-7)],
    [`bytes=5-${bytes.length + 100}`, 206, bytes.subarray(5)],
    ["bytes=9-5", 200, bytes],
    ["lines=1-2", 200, bytes],
  ];
  for (const [range, status, expected] of cases) {
    const part = await ada.download(path, { range });
    assert.equal(part.status, status, range);
    assert.deepEqual(part.bytes, expected, range);
  }
  const beyond = await ada.download(path, { range: `bytes=${bytes.length}-` });
  assert.equal(beyond.status, 416);
  assert.equal(beyond.headers.get("content-range"), `bytes */${bytes.length}`);
  assert.equal((await ada.download(path, { range: "bytes=0-9", "if-range": '"other"' })).status, 200);
});

test("others get the picture without its metadata, and thumbnails are small and clean", async () => {
  const server = await shared();
  const [ada, bob] = [await newPerson(server), await newPerson(server)];
  const bytes = await drawing(1)
    .withMetadata({ orientation: 6 })
    .withExif({ IFD0: { Artist: "SECRET-ARTIST" }, IFD3: { GPSLatitudeRef: "N", GPSLatitude: "51/1 30/1 0/1" } })
    .jpeg()
    .toBuffer();
  assert.ok(bytes.includes("SECRET-ARTIST"));
  const { body } = await ada.upload([{ name: "a.jpg", bytes }]);
  const { url, thumbnailUrl } = body.results[0].image;
  assert.deepEqual((await ada.download(url)).bytes, bytes);
  for (let i = 0; i < 2; i++) {
    const got = await bob.download(url);
    assert.equal(got.status, 200);
    const metadata = await sharp(got.bytes).metadata();
    assert.equal(metadata.exif, undefined);
    assert.ok(!got.bytes.includes("SECRET-ARTIST"));
    assert.notEqual(got.headers.get("etag"), (await ada.download(url)).headers.get("etag"));
  }
  const thumbnail = await bob.download(thumbnailUrl);
  const { format, width, height, exif } = await sharp(thumbnail.bytes).metadata();
  assert.deepEqual(
    { format, longest: Math.max(width, height), exif },
    { format: "webp", longest: 320, exif: undefined },
  );
});

test("someone else's private image is as if it did not exist", async (t) => {
  const server = await startServer(t);
  const [ada, bob] = [await newPerson(server), await newPerson(server)];
  const hidden = await uploadOne(ada, 1, { visibility: "private" });
  const copy = { name: "copy.jpg", bytes: await drawing(1).jpeg({ quality: 40 }).toBuffer() };
  const nothing = randomUUID();
  for (const suffix of ["", "/file", "/thumbnail", "/similar"]) {
    const theirs = await bob.call("GET", `/api/images/${hidden.id}${suffix}`);
    const none = await bob.call("GET", `/api/images/${nothing}${suffix}`);
    assert.equal(theirs.status, 404);
    assert.deepEqual(theirs.body, none.body);
    const strip = (headers: Headers) => [...headers].filter(([name]) => name !== "date");
    assert.deepEqual(strip(theirs.headers), strip(none.headers));
  }
  assert.equal((await bob.call("DELETE", `/api/images/${hidden.id}`)).status, 404);
  assert.equal((await bob.call("POST", "/api/search", { imageId: hidden.id })).status, 404);
  assert.equal((await bob.call("POST", "/api/compare", { a: hidden.id, b: hidden.id })).status, 404);
  const found = await bob.search(copy);
  assert.deepEqual([found.body.matches, found.body.index.images], [[], 0]);
  assert.deepEqual((await bob.search({ name: "same.jpg", bytes: await jpegOf(1) })).body.matches, []);
  // The same bytes are an image of their own for another owner: no sign of the hidden one.
  const own = await bob.upload([{ name: "mine.jpg", bytes: await jpegOf(1) }]);
  assert.equal(own.status, 201);
  assert.notEqual(own.body.results[0].image.id, hidden.id);
  const owner = await ada.search(copy);
  assert.deepEqual(
    owner.body.matches.map((m: { image: View }) => m.image.id).sort(),
    [hidden.id, own.body.results[0].image.id].sort(),
  );
});

test("public images are found and seen by everyone with an account, deleted only by their owner", async (t) => {
  const server = await startServer(t);
  const [ada, bob] = [await newPerson(server), await newPerson(server)];
  const image = await uploadOne(ada, 1);
  const copy = { name: "copy.jpg", bytes: await drawing(1).jpeg({ quality: 40 }).toBuffer() };
  assert.equal((await bob.search(copy)).body.matches[0].image.id, image.id);
  assert.equal((await bob.call("DELETE", `/api/images/${image.id}`)).status, 404);
  assert.equal((await ada.call("DELETE", `/api/images/${image.id}`)).status, 204);
  for (const person of [ada, bob]) {
    assert.equal((await person.call("GET", `/api/images/${image.id}`)).status, 404);
    assert.equal((await person.call("GET", `/api/images/${image.id}/file`)).status, 404);
    assert.deepEqual((await person.search(copy)).body.matches, []);
    assert.equal((await person.search(copy)).body.index.images, 0);
  }
  assert.equal((await ada.call("DELETE", `/api/images/${image.id}`)).status, 404);
  assert.equal((await uploadOne(ada, 1)).sha256, image.sha256);
});

test("forms that are not right are refused with a reason, and nothing stays behind", async (t) => {
  const server = await startServer(t, { environment: { UTSURU_UPLOAD_MIB_MAX: "1" } });
  const ada = await newPerson(server);
  const file = { name: "a.jpg", bytes: await jpegOf(1) };
  const many = await ada.upload(Array.from({ length: 33 }, () => file));
  assert.deepEqual([many.status, many.body.code], [422, "too-many-files"]);
  assert.deepEqual((await ada.upload([])).status, 422);
  assert.equal((await ada.upload([file], { visibility: "secret" })).status, 422);
  assert.equal((await ada.upload([file], { colour: "red" })).status, 422);
  const large = await ada.upload([{ name: "large.jpg", bytes: Buffer.alloc(1024 * 1024 + 1) }]);
  assert.deepEqual([large.status, large.body.code], [413, "payload-too-large"]);
  const raw = (type: string, body: string) =>
    fetch(`${server.url}/api/upload`, {
      method: "POST",
      headers: { authorization: `Bearer ${ada.token}`, "content-type": type },
      body,
    });
  assert.equal((await raw("multipart/form-data", "x")).status, 400);
  assert.equal(
    (
      await raw(
        "multipart/form-data; boundary=b",
        '--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nno end',
      )
    ).status,
    400,
  );
  assert.equal((await raw("application/json", "{}")).status, 415);
  assert.deepEqual((await ada.call("GET", "/api/images")).body.items, []);
});

test("a deletion leaves nothing of the image in the bucket, the copy for others included", async (t) => {
  const data = await dataFolder(t);
  const server = await startServer(t, { data });
  const [ada, bob] = [await newPerson(server), await newPerson(server)];
  const { id } = await uploadOne(ada, 71);
  assert.equal((await bob.download(`/api/images/${id}/file`)).status, 200);
  const kept = async (): Promise<string[]> => {
    const entries = await readdir(join(data, "images"), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  };
  assert.equal((await kept()).length, 3);
  assert.equal((await ada.call("DELETE", `/api/images/${id}`)).status, 204);
  assert.deepEqual(await kept(), []);
});
