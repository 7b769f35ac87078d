import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { drawing, jpegOf } from "../../server/test/support/pictures.ts";
import { startServer } from "../../server/test/support/server.ts";
import { startBrowser } from "./support/browser.ts";
import { type GivenFile, type Visit, visit } from "./support/visit.ts";

test("copies among one's own pictures", { timeout: 600_000 }, async (t) => {
  const browser = await startBrowser(t);
  if (browser === undefined) return;
  const { url } = await startServer(t);
  const site = { browser, url };

  await t.test("stand in groups, the largest to stay; the others go one by one, or all after a question", async (t) => {
    const someone = await visit(t, site);
    const { page, complaints, shoot } = someone;
    await addCopies(someone);
    await page.getByRole("button", { name: "Find duplicates" }).click();
    await headline(page, "2 groups of copies among your pictures");
    const sea = groupOf(page, "sea.jpg");
    assert.deepEqual(await namesIn(sea), ["sea-large.jpg", "sea.jpg", "sea-mirrored.jpg", "sea-small.webp"]);
    assert.match(await tileOf(page, "sea-large.jpg").innerText(), /Best, stays/);
    assert.match(await tileOf(page, "sea-mirrored.jpg").innerText(), /mirrored/);
    assert.equal(await page.getByText("wood.jpg").count(), 0, "it has no copy");
    await page.locator(".member img").nth(4).waitFor();
    await shoot("duplicates");

    await page.getByRole("button", { name: "Delete sea-small.webp" }).click();
    assert.match(await page.getByRole("dialog").innerText(), /sea-large\.jpg\s+stays\./);
    await page.getByRole("button", { name: "Delete for good" }).click();
    await page.getByRole("status").getByText("sea-small.webp is deleted.").waitFor();
    assert.deepEqual(await namesIn(sea), ["sea-large.jpg", "sea.jpg", "sea-mirrored.jpg"]);

    await page.getByRole("button", { name: "Keep sea.jpg instead" }).click();
    assert.match(await tileOf(page, "sea-large.jpg").innerText(), /suggested to stay/);
    await page.getByRole("button", { name: /^Delete the other 2, .* keep sea\.jpg$/ }).click();
    const question = page.getByRole("dialog", { name: "Delete 2 pictures?" });
    assert.match(await question.innerText(), /sea-mirrored\.jpg\s+sea-large\.jpg\s+sea\.jpg\s+stays\./);
    await shoot("duplicates-question");
    await question.getByRole("button", { name: "Keep them" }).click();
    assert.equal((await namesIn(sea)).length, 3, "nothing went");
    await page.getByRole("button", { name: /keep sea\.jpg$/ }).click();
    await question.getByRole("button", { name: "Delete for good" }).click();
    await page.getByRole("status").getByText("2 pictures are deleted.").waitFor();
    await headline(page, "1 group of copies among your pictures");

    await page.getByRole("button", { name: "Your pictures" }).click();
    const left = await page.locator(".tile-name").allInnerTexts();
    assert.deepEqual(left.sort(), ["hill-copy.jpg", "hill.jpg", "sea.jpg", "wood.jpg"]);
    assert.deepEqual(complaints, []);
  });

  await t.test(
    "can be gone through by keyboard on a narrow, dark screen; what went is not offered again",
    async (t) => {
      const someone = await visit(t, site, { viewport: { width: 380, height: 800 }, colorScheme: "dark" });
      const { page, complaints, shoot } = someone;
      await addCopies(someone);
      await page.getByRole("button", { name: "Find duplicates" }).press("Enter");
      await headline(page, "2 groups of copies among your pictures");
      await page.waitForFunction(() => document.activeElement?.id === "duplicates-title");
      await page.locator(".member img").nth(1).waitFor();
      await shoot("duplicates-narrow");
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");

      const other = page.getByRole("button", { name: /^Delete the other one, .* keep hill\.jpg$/ });
      await other.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.locator("dialog").waitFor({ state: "detached" });
      assert.ok(await other.evaluate((button) => button === document.activeElement), "the focus comes back");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Delete for good" }).press("Enter");
      await headline(page, "1 group of copies among your pictures");
      await page.waitForFunction(() => document.activeElement?.id === "duplicates-title");
      await page.getByRole("button", { name: /^Keep sea-mirrored\.jpg instead/ }).press("Enter");
      await page.getByRole("status").getByText("sea-mirrored.jpg stays.").waitFor();
      assert.equal((await namesIn(groupOf(page, "sea.jpg")))[0], "sea-mirrored.jpg");

      await page.reload();
      await headline(page, "1 group of copies among your pictures");
      assert.deepEqual(complaints, []);
    },
  );

  await t.test("are compared by the server as long as it takes; what stands in the way is told", async (t) => {
    const { page, register, add, shoot } = await visit(t, site);
    await register();
    await add(await photo("one.jpg", 31), await photo("two.jpg", 32));
    const waiting = { items: [], next: "onward", pending: 40 };
    await page.route("**/api/duplicates?*", (route) => route.fulfill({ status: 503, json: {} }), { times: 1 });
    await page.getByRole("button", { name: "Find duplicates" }).click();
    await headline(page, "Your pictures could not be compared.");
    await shoot("duplicates-failed");
    let answered = 0;
    await page.route("**/api/duplicates?*", async (route) => {
      answered++;
      if (answered < 2) return route.fulfill({ json: waiting });
      await page.getByRole("heading", { name: /Comparing your pictures… 40 pictures/ }).waitFor();
      await shoot("duplicates-comparing");
      await route.continue();
    });
    await page.getByRole("button", { name: "Your pictures" }).click();
    await page.getByRole("button", { name: "Find duplicates" }).click();
    // The cursor of the made-up answer is none of the server's.
    await headline(page, "Your pictures could not be compared.");
    await page.unrouteAll();
    await page.getByRole("button", { name: "Your pictures" }).click();
    await page.getByRole("button", { name: "Find duplicates" }).click();
    await headline(page, "No copies among your pictures");
    await shoot("duplicates-none");
  });

  await t.test("come a page at a time; a page whose groups are done offers the next", async (t) => {
    const someone = await visit(t, site);
    const { page, complaints } = someone;
    await addCopies(someone);
    await page.route("**/api/duplicates?*", (route) => {
      const url = new URL(route.request().url());
      url.searchParams.set("limit", "1");
      return route.continue({ url: url.href });
    });
    await page.getByRole("button", { name: "Find duplicates" }).click();
    await headline(page, "1 group of copies among your pictures, and more");
    await page.getByRole("button", { name: /^Delete the other 3/ }).click();
    await page.getByRole("button", { name: "Delete for good" }).click();
    await headline(page, "These groups are done");
    await page.getByRole("button", { name: "Show more" }).click();
    await headline(page, "1 group of copies among your pictures");
    assert.deepEqual(await namesIn(groupOf(page, "hill.jpg")), ["hill.jpg", "hill-copy.jpg"]);
    assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
    assert.deepEqual(complaints, []);
  });
});

/** A picture alone, one with a copy, and one with three. */
async function addCopies({ register, add }: Visit): Promise<void> {
  await register();
  const large = sharp(await jpegOf(41)).resize(1280);
  await add(await photo("sea.jpg", 41));
  await add(given("sea-mirrored.jpg", await drawing(41).flop().jpeg({ quality: 60 }).toBuffer()));
  await add(given("sea-small.webp", await drawing(41).resize(200).webp({ quality: 70 }).toBuffer()));
  await add(given("sea-large.jpg", await large.jpeg().toBuffer()));
  await add(await photo("wood.jpg", 42), await photo("hill.jpg", 43));
  await add(given("hill-copy.jpg", await drawing(43).jpeg({ quality: 30 }).toBuffer()));
}

async function photo(name: string, seed: number): Promise<GivenFile> {
  return given(name, await jpegOf(seed));
}

function given(name: string, buffer: Buffer): GivenFile {
  return { name, mimeType: name.endsWith(".webp") ? "image/webp" : "image/jpeg", buffer };
}

async function headline(page: Page, text: string): Promise<void> {
  await page.getByRole("heading", { name: text, exact: true }).waitFor();
}

const groupOf = (page: Page, head: string) => page.locator(".group", { has: page.getByText(`pictures like ${head}`) });
const tileOf = (page: Page, file: string) => page.locator(".member", { has: page.getByText(file, { exact: true }) });
const namesIn = (group: ReturnType<typeof groupOf>) => group.locator(".member-name").allInnerTexts();
