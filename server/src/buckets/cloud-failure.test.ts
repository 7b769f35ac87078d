import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure, type FailureCode } from "../errors.ts";
import { judgeStoreError } from "./cloud-failure.ts";

function judged(error: { status?: number; code?: string; name?: string }): [string, FailureCode | undefined] {
  const { kind, failure } = judgeStoreError({ status: undefined, code: "", name: "Error", error, ...error });
  return [kind, failure instanceof Failure ? failure.code : undefined];
}

test("what may pass by itself is tried again", () => {
  for (const status of [408, 409, 429, 500, 502, 503, 504]) {
    assert.deepEqual(judged({ status }), ["retry", "bucket-unavailable"], `${status}`);
  }
  for (const code of ["ECONNRESET", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "EPIPE"]) {
    assert.deepEqual(judged({ code }), ["retry", "bucket-unavailable"], code);
  }
  assert.deepEqual(judged({ name: "TimeoutError" }), ["retry", "bucket-unavailable"]);
  assert.deepEqual(judged({ status: 400, name: "RequestTimeout" }), ["retry", "bucket-unavailable"]);
});

test("what stays wrong is not tried again", () => {
  for (const status of [301, 400, 401, 403, 404, 405, 411, 501]) {
    assert.deepEqual(judged({ status }), ["final", "bucket-unavailable"], `${status}`);
  }
  assert.deepEqual(judged({ name: "CredentialsProviderError" }), ["final", "bucket-unavailable"]);
  assert.deepEqual(judged({ name: "SyntaxError" }), ["final", "bucket-unavailable"]);
});

test("a store without room is storage-full, and an own failure stays what it is", () => {
  assert.deepEqual(judged({ status: 507 }), ["final", "storage-full"]);
  const own = new Failure("overloaded", "Too much at once.");
  assert.deepEqual(judgeStoreError({ status: undefined, code: "", name: "Failure", error: own }), {
    kind: "final",
    failure: own,
  });
});
