import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "../../server/test/support/server.ts";
import { startBrowser } from "./support/browser.ts";

test("the documentation page shows every call under a policy that lets nothing in from elsewhere", async (t) => {
  const browser = await startBrowser(t);
  if (browser === undefined) return;
  const { url } = await startServer(t);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  const answer = await page.goto(`${url}/docs`);
  await page.locator(".opblock").nth(14).waitFor();
  assert.deepEqual(complaints, []);
  const policy = answer?.headers()["content-security-policy"] ?? "";
  // Over plain HTTP in a home network there is no HTTPS to upgrade to: the page would stay blank.
  assert.doesNotMatch(policy, /https:|upgrade-insecure-requests|swagger\.io/);
});
