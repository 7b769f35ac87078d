import assert from "node:assert/strict";
import { test } from "node:test";
import { openBucket } from "./open-bucket.ts";
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
