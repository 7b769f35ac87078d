import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { bucketName, type CloudServerKind, cloudServers, settingsOf } from "../src/buckets/testing/cloud-servers.ts";
import { atEnd } from "./support/at-end.ts";
import { newPerson, type Person } from "./support/person.ts";
import { drawing } from "./support/pictures.ts";
import { startServer, type TestServer } from "./support/server.ts";

const settings = { UTSURU_DOWNLOADS: "redirect" };

/** A server whose pictures are in a cloud, and which sends people on to it. */
async function startOver(t: TestContext, { scheme, start }: CloudServerKind): Promise<TestServer> {
  const store = await start();
  atEnd(t, () => store.stop());
  const { AWS_ACCESS_KEY_ID: id = "", AWS_SECRET_ACCESS_KEY: secret = "" } = process.env;
  const credentials = { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret };
  const bucket = { ...settingsOf(scheme, store.endpoint), UTSURU_BUCKET: `${scheme}://${bucketName}/lib` };
  return startServer(t, { environment: { ...settings, ...credentials, ...bucket } });
}

/** Asks for a file without being sent on. */
function ask(person: Person, url: string, headers: Readonly<Record<string, string>> = {}) {
  const all = { authorization: `Bearer ${person.token}`, ...headers };
  return fetch(url, { headers: all, redirect: "manual" });
}

// An emulator of Cloud Storage gives no credentials that could sign.
for (const kind of cloudServers.filter(({ scheme }) => scheme === "s3")) {
  test(`files come by links of ${kind.name} to those who may see them`, { skip: kind.missing ?? false }, async (t) => {
    const server = await startOver(t, kind);
    const [ada, bob] = [await newPerson(server), await newPerson(server)];
    const original = await drawing(1)
      .jpeg()
      .withExif({ IFD0: { Artist: "Ada" } })
      .toBuffer();
    const [own, hidden] = await Promise.all([
      ada.upload([{ name: '写真 "1".jpg', bytes: original }]),
      ada.upload([{ name: "hidden.jpg", bytes: await drawing(2).jpeg().toBuffer() }], { visibility: "private" }),
    ]);
    const { url, thumbnailUrl } = own.body.results[0].image;

    const sent = await ask(ada, `${server.url}${url}`);
    const link = new URL(sent.headers.get("location") ?? assert.fail(`no link, but ${sent.status}`));
    assert.deepEqual([sent.status, sent.headers.get("cache-control"), await sent.text()], [307, "no-store", ""]);
    assert.equal(link.searchParams.get("X-Amz-Expires"), "60");
    assert.equal(link.searchParams.get("response-content-type"), "image/jpeg");
    assert.match(
      link.searchParams.get("response-content-disposition") ?? "",
      /^inline; filename=.*filename\*=UTF-8''%E5%86%99/,
    );
    const got = await fetch(link);
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), original);
    if (!kind.linkGap) assert.equal(got.headers.get("content-type"), "image/jpeg");
    const part = await fetch(link, { headers: { range: "bytes=2-5" } });
    assert.deepEqual([part.status, Buffer.from(await part.arrayBuffer())], [206, original.subarray(2, 6)]);

    const clean = await bob.download(url);
    assert.equal(clean.status, 200);
    assert.ok(!clean.bytes.includes("Ada") && original.includes("Ada"), "others get no metadata, by a link too");
    const thumbnail = await ask(bob, `${server.url}${thumbnailUrl}`);
    assert.match(thumbnail.headers.get("location") ?? "", /response-content-type=image%2Fwebp/);

    for (const path of [hidden.body.results[0].image.url, hidden.body.results[0].image.thumbnailUrl]) {
      assert.equal((await ask(bob, `${server.url}${path}`)).status, 404);
      assert.equal((await ask(ada, `${server.url}${path}`)).status, 307);
    }
    assert.equal((await fetch(`${server.url}${url}`, { redirect: "manual" })).status, 401);
  });

  test(`the page gets its files through the server, and what one has is not sent again: ${kind.name}`, {
    skip: kind.missing ?? false,
  }, async (t) => {
    const server = await startOver(t, kind);
    const ada = await newPerson(server);
    const { body } = await ada.upload([{ name: "a.jpg", bytes: await drawing(1).jpeg().toBuffer() }]);
    const { url } = body.results[0].image;
    const page = await ask(ada, `${server.url}${url}`, { "sec-fetch-site": "same-origin" });
    assert.equal(page.status, 200);
    const etag = page.headers.get("etag") ?? "";
    assert.equal((await ask(ada, `${server.url}${url}`, { "if-none-match": etag })).status, 304);
  });
}

test("a folder makes no links: its files come through the server, whatever is set", async (t) => {
  const server = await startServer(t, { environment: settings });
  const ada = await newPerson(server);
  const bytes = await drawing(1).jpeg().toBuffer();
  const { body } = await ada.upload([{ name: "a.jpg", bytes }]);
  const answer = await ask(ada, `${server.url}${body.results[0].image.url}`);
  assert.equal(answer.status, 200);
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytes);
});
