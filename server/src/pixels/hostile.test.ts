import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { sharedFolder } from "../../../tools/shared-folder.ts";
import type { Failure } from "../errors.ts";
import { decoderPool } from "./decoder-pool.ts";

/** One record of the manifest: what sharp alone made of the file. */
interface Expected {
  readonly file: string;
  readonly magic: string;
  readonly allowed_format: boolean;
  readonly expected: { readonly decodes: boolean; readonly w: number | null; readonly h: number | null };
}

const { path: folder, absent } = sharedFolder("hostile");

test("every hostile picture is read or refused as expected, and the processes go on", {
  skip: absent,
  timeout: 180_000,
}, async () => {
  const pool = decoderPool({ processes: 2, queueMax: 10_000 });
  after(() => pool.close());
  const manifest: readonly Expected[] = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
  const signal = AbortSignal.timeout(170_000);
  const surprises = await Promise.all(
    manifest.map(async ({ file, allowed_format, expected }) => {
      const got = await pool.ingest(join(folder, file), { signal }).then(
        ({ width, height }) => ({ code: "read", sides: [width, height] }),
        (error: Failure) => ({ code: error.code, sides: [] }),
      );
      const isExpected = expectedCodes(allowed_format, expected.decodes).includes(got.code);
      // The manifest counts sides as stored, the decoder as seen.
      const isSameSize = got.code !== "read" || String(got.sides.sort()) === String([expected.w, expected.h].sort());
      return isExpected && isSameSize ? [] : [`${file}: ${got.code} ${got.sides.join(" × ")}`];
    }),
  );
  assert.ok(manifest.length > 1000);
  assert.deepEqual(surprises.flat(), []);
});

function expectedCodes(isAllowed: boolean, decodes: boolean): readonly string[] {
  if (!isAllowed) return ["unsupported-format"];
  return decodes ? ["read"] : ["image-broken", "image-too-large", "image-too-complex"];
}
