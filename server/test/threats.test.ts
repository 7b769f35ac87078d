import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { deflateSync } from "node:zlib";
import pg from "pg";
import { pngChunk, pngWith } from "../src/pixels/testing/pictures.ts";
import { testDatabase } from "./support/database.ts";
import { newPerson, type Upload } from "./support/person.ts";
import { drawing, jpegOf } from "./support/pictures.ts";
import { sharedServer, startServer } from "./support/server.ts";

const server = sharedServer();
const size = { width: 160, height: 120 };
const mebibyte = 2 ** 20;

/** The most memory that each process started by another has ever had, in bytes; only Linux tells. */
async function peaksOfChildren(pid: number): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const texts = await Promise.all(pids.map((id) => readFile(`/proc/${id}/status`, "utf8").catch(() => "")));
  return texts
    .filter((text) => new RegExp(`^PPid:\\s+${pid}$`, "m").test(text))
    .map((text) => 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0));
}

test("chunks that swell or come by the ten thousand cost a picture's worth of memory, and no other request", async () => {
  const { url, process: program } = await server();
  const ada = await newPerson({ url });
  const png = await drawing(95_001, size).png().toBuffer();
  const swelling = deflateSync(Buffer.alloc(256 * mebibyte));
  const named = (name: string): Buffer => Buffer.concat([Buffer.from(`${name}\0\0`), swelling]);
  const texts = Array.from({ length: 50_000 }, (_, i) => pngChunk("tEXt", Buffer.from(`k${i}\0v`)));
  const bombs: readonly Upload[] = [
    { name: "ztxt.png", bytes: pngWith(png, pngChunk("zTXt", named("Comment"))) },
    {
      name: "itxt.png",
      bytes: pngWith(png, pngChunk("iTXt", Buffer.concat([Buffer.from("k\0\x01\0\0\0"), swelling]))),
    },
    { name: "iccp.png", bytes: pngWith(png, pngChunk("iCCP", named("icc"))) },
    { name: "many.png", bytes: pngWith(png, ...texts) },
    { name: "frames.png", bytes: pngWith(png, pngChunk("acTL", Buffer.from([0, 0, 0x4e, 0x20, 0, 0, 0, 0]))) },
  ];
  const { status, body } = await ada.upload(bombs);
  assert.equal(status, 201, JSON.stringify(body));
  for (const { file, status: outcome, problem } of body.results)
    assert.ok(outcome === "created" || problem.status === 422, `${file}: ${JSON.stringify(problem)}`);
  const peaks = process.platform === "linux" ? await peaksOfChildren(program.pid ?? 0) : [0];
  assert.ok(peaks.length > 0);
  for (const peak of peaks) assert.ok(peak < 600 * mebibyte, `${peak / mebibyte} MiB`);
  assert.equal((await ada.upload([{ name: "fine.jpg", bytes: await jpegOf(95_002, size) }])).status, 201);
});

test("a picture that is a page or a program as well is shown as a picture alone, and others get nothing but its pixels", async () => {
  const [ada, bob] = [await newPerson(await server()), await newPerson(await server())];
  const script = Buffer.from("<script>alert(document.cookie)</script><?php system($_GET[0]); ?>");
  const jpeg = await jpegOf(95_003, size);
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, script.length + 2]), script]);
  const png = await drawing(95_004, size).png().toBuffer();
  const gif = await drawing(95_005, size).gif().toBuffer();
  const polyglots: readonly Upload[] = [
    { name: "page.html", bytes: Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]) },
    { name: "page.php", bytes: pngWith(png, pngChunk("tEXt", Buffer.concat([Buffer.from("Comment\0"), script]))) },
    { name: "after.svg", bytes: Buffer.concat([gif, script]) },
    { name: "archive.zip", bytes: Buffer.concat([png, Buffer.from("PK\x03\x04"), script]) },
  ];
  const { status, body } = await ada.upload(polyglots);
  assert.equal(status, 201, JSON.stringify(body));
  for (const [i, { file, status: outcome, image }] of body.results.entries()) {
    assert.equal(outcome, "created", file);
    const [own, others] = [await ada.download(image.url), await bob.download(image.url)];
    assert.ok(own.bytes.equals(Buffer.from(polyglots[i]?.bytes ?? [])));
    assert.ok(!others.bytes.includes("script") && !others.bytes.includes("<?php"), file);
    for (const { headers } of [own, others]) {
      assert.match(headers.get("content-type") ?? "", /^image\/(jpeg|png|gif)$/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("content-security-policy"), "default-src 'none'; sandbox");
    }
  }
});

/** Images of one owner with everything that one image has but for their ids and bytes. */
const multiply = `
  with made as (select gen_random_uuid() as id from generate_series(1, 3000)),
  added as (
    insert into images (id, owner_id, visibility, file, sha256, created_at)
    select made.id, owner_id, visibility, file, sha256(made.id::text::bytea), now() from made, images where images.id = $1),
  described as (
    insert into image_data (image_id, format, width, height, bytes, original_key, thumbnail_key, thumbnail_bytes, thumbnail_sha256, derived_version)
    select made.id, format, width, height, bytes, 'originals/' || made.id, 'thumbnails/' || made.id, thumbnail_bytes, thumbnail_sha256, derived_version
    from made, image_data where image_id = $1),
  featured as (
    insert into local_features select made.id, version, packed from made, local_features where image_id = $1)
  insert into fingerprints select made.id, algorithm, code, quality, mirrored from made, fingerprints where image_id = $1`;

test("thousands of images with one fingerprint: a search for it is answered and says that there are more; others are found as before", {
  timeout: 120_000,
}, async (t) => {
  const { url } = await testDatabase(t);
  const crowded = await startServer(t, { embedded: true, environment: { UTSURU_DATABASE_URL: url } });
  const ada = await newPerson(crowded);
  const [template, other] = [await jpegOf(95_006, size), await jpegOf(95_007, size)];
  const { body } = await ada.upload([template, other].map((bytes, i) => ({ name: `${i}.jpg`, bytes })));
  const [first, second] = body.results.map(({ image }: { image: { id: string } }) => image.id);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(multiply, [first]);
  await client.end();
  for (;;) {
    const { status, body: found } = await ada.search({ name: "q.jpg", bytes: template }, "?limit=100");
    assert.equal(status, 200, JSON.stringify(found));
    assert.ok(found.matches.length <= 100);
    if (found.index.images === 3_002 && found.matches.length === 100 && found.truncated) break;
    await delay(200);
  }
  const copy = await drawing(95_007, size).flop().jpeg().toBuffer();
  const { body: found } = await ada.search({ name: "copy.jpg", bytes: copy });
  assert.deepEqual(
    found.matches.map(({ image }: { image: { id: string } }) => image.id),
    [second],
  );
});
