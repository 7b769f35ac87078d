import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { openBucket, parseBucketUrl } from "./open-bucket.ts";
import { bucketName, cloudServers, settingsOf } from "./testing/cloud-servers.ts";

test("each kind of URL names its place; a prefix ends in one slash", () => {
  assert.deepEqual(parseBucketUrl("file:///var/lib/utsuru/a%20b"), { kind: "folder", root: "/var/lib/utsuru/a b" });
  assert.deepEqual(parseBucketUrl("gs://pictures"), { kind: "gcs", bucket: "pictures", prefix: "" });
  assert.deepEqual(parseBucketUrl("s3://my.pictures/a/b"), { kind: "s3", bucket: "my.pictures", prefix: "a/b/" });
  assert.deepEqual(parseBucketUrl("s3://pictures/a/"), { kind: "s3", bucket: "pictures", prefix: "a/" });
});

test("a URL that cannot be meant is refused in one sentence", () => {
  for (const url of [
    "",
    "pictures",
    "/var/lib",
    "http://pictures",
    "file://host/path",
    "file:///",
    "gs://",
    "gs:///x",
    "s3://a",
    "s3://UPPER_/x",
    "s3://pictures/a//b",
    "s3://pictures/a b",
    "s3://pictures/ü",
    "s3://pictures?x=1",
    "s3://key:secret@pictures/x",
    "s3://pictures:9000/x",
  ]) {
    assert.throws(
      () => parseBucketUrl(url),
      (error: Error) => {
        assert.equal(error.name, "StartError", url);
        assert.match(error.message, /^[^\n]+[^.]\.$/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  }
});

test("a setting that cannot be meant is refused by name", async () => {
  const open = (environment: Record<string, string>) => openBucket("s3://pictures", { environment });
  await assert.rejects(
    open({ UTSURU_S3_ENDPOINT: "localhost:9000" }),
    /^StartError: UTSURU_S3_ENDPOINT must look like/,
  );
  await assert.rejects(open({ UTSURU_S3_FORCE_PATH_STYLE: "yes" }), /UTSURU_S3_FORCE_PATH_STYLE must be true or false/);
});

test("a folder that cannot be made stops the start with its name", async (t) => {
  const root = await mkdtemp(join(tmpdir(), "utsuru-open-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  await writeFile(join(root, "file"), "");
  await assert.rejects(
    openBucket(pathToFileURL(join(root, "file/below")).href, { environment: {} }),
    /^StartError: The folder for pictures, .*file\/below, cannot be used/,
  );
});

test("a key file that is none is refused by its setting's name", async () => {
  for (const file of ["/nowhere/key.json", new URL("../../package.json", import.meta.url).pathname]) {
    await assert.rejects(
      openBucket("gs://pictures", { environment: { UTSURU_GCS_KEY_FILE: file } }),
      /^StartError: UTSURU_GCS_KEY_FILE must name the JSON key file/,
    );
  }
});

test("the clouds' clients are loaded only for their own URLs", async (t) => {
  const root = await mkdtemp(join(tmpdir(), "utsuru-open-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const loadedBy = (url: string) => {
    const script = `
      import { registerHooks } from "node:module";
      const seen = new Set();
      registerHooks({ resolve(name, context, next) {
        for (const part of ["@google-cloud/storage", "@aws-sdk/client-s3", "p-retry"]) if (name === part) seen.add(part);
        return next(name, context);
      } });
      const { openBucket } = await import(${JSON.stringify(new URL("open-bucket.ts", import.meta.url).href)});
      await openBucket(process.argv[1], { environment: { UTSURU_S3_REGION: "auto" } });
      console.log([...seen].sort().join(" "));
    `;
    return execFileSync(process.execPath, ["--input-type=module", "--eval", script, url], { encoding: "utf8" }).trim();
  };
  assert.equal(loadedBy(pathToFileURL(root).href), "");
  assert.equal(loadedBy("gs://pictures"), "@google-cloud/storage p-retry");
  assert.equal(loadedBy("s3://pictures"), "@aws-sdk/client-s3 p-retry");
});

const terms = { expiresS: 60, fileName: '夏 "1".jpg', contentType: "image/jpeg" } as const;

for (const { name, scheme, missing, linkGap, start } of cloudServers.filter(({ scheme }) => scheme === "s3")) {
  test(`a signed link of ${name} shows the object, its range and its name to whoever has nothing else`, {
    skip: missing ?? false,
  }, async (t) => {
    const server = await start();
    t.after(() => server.stop());
    const bucket = await openBucket(`${scheme}://${bucketName}/p`, {
      environment: settingsOf(scheme, server.endpoint),
    });
    const content = randomBytes(5000);
    const stored = await bucket.put("a/b", { content }, { contentType: "application/octet-stream" });
    assert.equal(stored.link, `s3://${bucketName}/p/a/b`);
    assert.ok(stored.generation);
    const url = (await bucket.signedUrl?.("a/b", terms)) ?? assert.fail("no link");
    const answer = await fetch(url);
    assert.equal(answer.status, 200);
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), content);
    const part = await fetch(url, { headers: { range: "bytes=10-19" } });
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), content.subarray(10, 20));
    if (linkGap !== undefined) {
      t.diagnostic(`the link's type and name were not tried: ${linkGap}`);
      return;
    }
    assert.equal(answer.headers.get("content-type"), "image/jpeg");
    assert.match(answer.headers.get("content-disposition") ?? "", /^inline; .*filename\*=UTF-8''%E5%A4%8F/);
  });
}

test("a link of Cloud Storage is signed with the key file's key, for its time, type and name", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-open-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keyFile = join(folder, "key.json");
  const key = {
    type: "service_account",
    client_email: "utsuru@example.iam.gserviceaccount.com",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
  };
  await writeFile(keyFile, JSON.stringify(key));
  const bucket = await openBucket("gs://pictures/p", { environment: { UTSURU_GCS_KEY_FILE: keyFile } });
  const url = new URL((await bucket.signedUrl?.("a/b", terms)) ?? assert.fail("no link"));
  assert.equal(url.origin + url.pathname, "https://storage.googleapis.com/pictures/p/a/b");
  assert.ok(Math.abs(Number(url.searchParams.get("X-Goog-Expires")) - 60) <= 1);
  assert.equal(url.searchParams.get("response-content-type"), "image/jpeg");
  assert.match(url.searchParams.get("response-content-disposition") ?? "", /^inline; /);
  assert.match(url.searchParams.get("X-Goog-Credential") ?? "", /^utsuru@example/);
});
