import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEmail } from "./email.ts";

test("a domain in its letters and in its ASCII form is one mailbox", () => {
  const { key } = parseEmail("用户@例子.广告");
  assert.equal(parseEmail(" 用户@XN--FSQU00A.xn--4rr70v ").key, key);
  assert.notEqual(parseEmail("用户@例子.公司").key, key);
});

test("what follows a domain is not dropped in silence: it is no address", () => {
  const bad = ["/path", "/\0", "?q", "#f", "\\x", ":25", "\t.net", "\n.net", "%2e", "\ud800"];
  for (const rest of bad)
    assert.throws(() => parseEmail(`ada@example.org${rest}x`), { code: "invalid-request" }, JSON.stringify(rest));
});
