import assert from "node:assert/strict";
import { test } from "node:test";
import { cloudBucket } from "./cloud-bucket.ts";
import { gcsStore } from "./gcs-store.ts";
import { bodyOfContent } from "./object-body.ts";
import { openBucket } from "./open-bucket.ts";
import { s3Store } from "./s3-store.ts";
import { bucketContract, listKeys } from "./testing/bucket-contract.ts";
import { bucketName, cloudServers, settingsOf } from "./testing/cloud-servers.ts";

for (const { name, scheme, missing, createOnlyGap, start } of cloudServers) {
  for (const prefix of ["", "/some/prefix"]) {
    bucketContract(`${name} at ${scheme}://${bucketName}${prefix}`, {
      skip: missing,
      createOnlyGap,
      open: async () => {
        const server = await start();
        const environment = settingsOf(scheme, server.endpoint);
        return { bucket: await openBucket(`${scheme}://${bucketName}${prefix}`, { environment }), close: server.stop };
      },
    });
  }
}

for (const { name, scheme, missing, start } of cloudServers) {
  test(`what a killed process left of its trying ${name} goes with the first put when it is old`, {
    skip: missing ?? false,
  }, async (t) => {
    const server = await start();
    t.after(() => server.stop());
    const { endpoint } = server;
    const store =
      scheme === "gs"
        ? gcsStore({ bucket: bucketName, endpoint, keyText: undefined })
        : s3Store({ bucket: bucketName, endpoint, region: "us-east-1", forcePathStyle: true });
    const signal = AbortSignal.timeout(60_000);
    const left = "a/~probe/left";
    await store.create(left, bodyOfContent(Buffer.from("left")), { contentType: "text/plain", signal });
    const put = (key: string, options: { probeMsMax?: number }) =>
      cloudBucket({ store, prefix: "a/", ...options }).put(
        key,
        { content: Buffer.from(key) },
        { contentType: "image/jpeg" },
      );
    await put("young", {});
    assert.ok(await store.describe(left, signal));
    await put("old", { probeMsMax: 0 });
    assert.equal(await store.describe(left, signal), undefined);
    assert.deepEqual(await listKeys(cloudBucket({ store, prefix: "a/" }), ""), ["old", "young"]);
  });

  test(`a bucket that is not there is bucket-unavailable on ${name}, and nothing is called absent`, {
    skip: missing ?? false,
  }, async (t) => {
    const server = await start();
    t.after(() => server.stop());
    const bucket = await openBucket(`${scheme}://no-such-bucket/a`, {
      environment: settingsOf(scheme, server.endpoint),
    });
    const unavailable = { name: "Failure", code: "bucket-unavailable" };
    await assert.rejects(bucket.put("a", { content: Buffer.from("a") }, { contentType: "image/jpeg" }), unavailable);
    await assert.rejects(bucket.get("a"), unavailable);
    await assert.rejects(bucket.size("a"), unavailable);
    await assert.rejects(listKeys(bucket, ""), unavailable);
    await assert.rejects(bucket.check(AbortSignal.timeout(10_000)), unavailable);
  });
}
