import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Failure } from "../errors.ts";
import type { Bucket } from "../ports.ts";
import { openBucket } from "./open-bucket.ts";
import type { RetryTerms } from "./retries.ts";
import { collect, listKeys, sha256 } from "./testing/bucket-contract.ts";
import { bucketName, type CloudServer, cloudServers, settingsOf } from "./testing/cloud-servers.ts";
import { type FaultyProxy, startFaultyProxy } from "./testing/faulty-proxy.ts";

const terms: RetryTerms = { tries: 6, waitMsMin: 5, waitMsMax: 50, tryMsMax: 2000, callMsMax: 20_000 };
const jpeg = { contentType: "image/jpeg" } as const;

/** What became of a put, for whoever must know whether it counts. */
async function isAcknowledged(put: Promise<unknown>): Promise<boolean> {
  try {
    await put;
    return true;
  } catch (error) {
    assert.ok(error instanceof Failure, `expected a failure, got ${error}`);
    assert.equal(error.code, "bucket-unavailable");
    return false;
  }
}

for (const { name, scheme, missing, start } of cloudServers) {
  describe(`${name} behind a network that fails`, { skip: missing ?? false }, () => {
    let server: CloudServer;
    let proxy: FaultyProxy;
    let folder: string;
    let spoiled: Bucket;
    let direct: Bucket;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "utsuru-faulty-"));
      server = await start();
      proxy = await startFaultyProxy(server.endpoint, 20_261_124);
      const open = (endpoint: string) =>
        openBucket(`${scheme}://${bucketName}/faulty`, { environment: settingsOf(scheme, endpoint), terms });
      spoiled = await open(proxy.endpoint);
      direct = await open(server.endpoint);
    });
    after(async () => {
      await proxy?.stop();
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    test("half of the connections spoiled: what was acknowledged is there, byte for byte, and nothing is there by half", async () => {
      proxy.spoil(0.5);
      const contents = Array.from({ length: 40 }, (_, n) => randomBytes(n % 4 === 0 ? 300_000 : 20_000));
      const acknowledged = await Promise.all(
        contents.map(async (content, n) => {
          const path = join(folder, `${n}`);
          await writeFile(path, content);
          const file = { path, bytes: content.length, sha256: sha256(content) };
          return isAcknowledged(spoiled.put(`put/${n}`, n % 2 === 0 ? { file } : { content }, jpeg));
        }),
      );
      proxy.spoil(0);
      assert.ok(acknowledged.filter(Boolean).length >= 30, "retries carry most puts through");
      for (const [n, content] of contents.entries()) {
        const found = await direct.get(`put/${n}`);
        if (found === undefined) assert.equal(acknowledged[n], false, `put/${n} was acknowledged`);
        else assert.deepEqual(await collect(found.stream), content, `put/${n} is whole`);
      }
      const spoiledCount = Object.entries(proxy.counts).filter(([fault, count]) => fault !== "none" && count > 0);
      assert.equal(spoiledCount.length, 5, `every fault befell someone: ${JSON.stringify(proxy.counts)}`);
    });

    test("half of the connections spoiled: a read yields the right bytes or fails, and most go through", async () => {
      proxy.spoil(0);
      const content = randomBytes(400_000);
      await direct.put("read/a", { content }, jpeg);
      proxy.spoil(0.5);
      let whole = 0;
      for (let round = 0; round < 20; round += 1) {
        const range = round % 2 === 0 ? undefined : { from: round * 1000, to: 390_000 };
        const found = await spoiled
          .get("read/a", range ? { range } : {})
          .then((object) => collect(object?.stream ?? assert.fail("called absent")))
          .catch((error: unknown) => assert.ok(error instanceof Failure, `${error}`));
        if (found === undefined) continue;
        assert.deepEqual(found, range ? content.subarray(range.from, range.to + 1) : content);
        whole += 1;
      }
      assert.ok(whole >= 15, `${whole} of 20 reads went through`);
    });

    test("half of the connections spoiled: what was said to be deleted is gone, and lists are whole or fail", async () => {
      proxy.spoil(0);
      const keys = Array.from({ length: 20 }, (_, n) => `delete/${n}`);
      await Promise.all(keys.map((key) => direct.put(key, { content: Buffer.from(key) }, jpeg)));
      proxy.spoil(0.5);
      const listed = await listKeys(spoiled, "delete/").catch((error: unknown) => assert.ok(error instanceof Failure));
      if (listed !== undefined) assert.deepEqual(listed, [...keys].sort());
      const gone = await Promise.all(keys.map((key) => isAcknowledged(spoiled.delete(key))));
      proxy.spoil(0);
      const left = await listKeys(direct, "delete/");
      for (const [n, key] of keys.entries()) if (gone[n]) assert.ok(!left.includes(key), `${key} was said to be gone`);
    });

    test("a network that is wholly down is bucket-unavailable with a time to come back, and heals by itself", async () => {
      proxy.spoil(0);
      const content = randomBytes(1000);
      await spoiled.put("down/a", { content }, jpeg);
      proxy.cut(true);
      const unavailable = { name: "Failure", code: "bucket-unavailable", retryAfterS: 10 };
      await assert.rejects(spoiled.put("down/b", { content }, jpeg), unavailable);
      const begin = performance.now();
      await assert.rejects(spoiled.get("down/a"), unavailable);
      await assert.rejects(spoiled.size("down/a"), unavailable);
      await assert.rejects(spoiled.delete("down/a"), unavailable);
      await assert.rejects(listKeys(spoiled, ""), unavailable);
      await assert.rejects(spoiled.check(AbortSignal.timeout(10_000)), unavailable);
      assert.ok(performance.now() - begin < 1500, "once it is known to be down, nobody waits for retries");
      proxy.cut(false);
      await spoiled.put("down/b", { content }, jpeg);
      assert.deepEqual(await listKeys(spoiled, "down/"), ["down/a", "down/b"]);
    });
  });
}

test("a server that never answers is given up when the signal says so, connections and all", async (t) => {
  const open = new Set<Socket>();
  const silent = createServer((socket) => {
    open.add(socket);
    socket.resume().on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
  });
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  t.after(() => silent.close());
  const address = silent.address();
  const endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : assert.fail()}`;
  for (const scheme of ["gs", "s3"] as const) {
    const bucket = await openBucket(`${scheme}://${bucketName}`, { environment: settingsOf(scheme, endpoint), terms });
    const begin = performance.now();
    await assert.rejects(bucket.check(AbortSignal.timeout(200)), { name: "TimeoutError" });
    await assert.rejects(bucket.get("a", { signal: AbortSignal.timeout(200) }), { name: "TimeoutError" });
    assert.ok(performance.now() - begin < 3000);
  }
  for (let tries = 0; open.size > 0 && tries < 500; tries += 1) await wait(20);
  assert.equal(open.size, 0, "no connection is left waiting");
});
