import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "../errors.ts";
import type { Decoder } from "../ports.ts";
import { ingestPatiently } from "./patient-ingest.ts";

type Ingested = Awaited<ReturnType<Decoder["ingest"]>>;

test("a decoder that has no process just now is asked again; what it says of a picture stands", async () => {
  const ingested = {} as Ingested;
  const { signal } = new AbortController();
  let refusals = 3;
  const busy: Pick<Decoder, "ingest"> = {
    ingest: async () => {
      if (refusals-- > 0) throw new Failure("overloaded", "Too many.", { retryAfterS: 0.001 });
      return ingested;
    },
  };
  assert.equal(await ingestPatiently(busy, "a", signal), ingested);
  let times = 0;
  const broken: Pick<Decoder, "ingest"> = {
    ingest: async () => {
      times++;
      throw new Failure("image-broken", "It ends too early.");
    },
  };
  await assert.rejects(ingestPatiently(broken, "a", signal), { code: "image-broken" });
  assert.equal(times, 1);
});
