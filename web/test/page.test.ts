import assert from "node:assert/strict";
import { test } from "node:test";
import { drawing, jpegOf } from "../../server/test/support/pictures.ts";
import { startServer } from "../../server/test/support/server.ts";
import { startBrowser } from "./support/browser.ts";
import { contrast } from "./support/contrast.ts";
import { type GivenFile, password, visit } from "./support/visit.ts";

test("the page", { timeout: 180_000 }, async (t) => {
  const browser = await startBrowser(t);
  if (browser === undefined) return;
  const { url } = await startServer(t);
  const site = { browser, url };

  await t.test("finds the original of a mirrored, recompressed copy first, until it is deleted", async (t) => {
    const { page, complaints, register, add, search, shoot } = await visit(t, site);
    await register();
    await add(await photo("sea.jpg", 1), await photo("hill.jpg", 2), await photo("wood.jpg", 3));
    assert.deepEqual(await page.locator(".uploads-head p").innerText(), "3 pictures added.");
    assert.equal(await page.locator(".tile").count(), 3);
    await shoot("gallery");

    const copy = jpeg("from-the-web.jpg", await drawing(2).flop().jpeg({ quality: 40 }).toBuffer());
    assert.match(await search(copy), /^1 copy found among [\d,]+ pictures\.$/);
    const first = page.locator(".match").first();
    assert.equal(await first.locator("h3").innerText(), "A copy, mirrored");
    assert.equal(await first.locator(".match-name").innerText(), "hill.jpg");
    assert.equal(await first.locator("figure img").count(), 2, "the two pictures stand side by side");
    await shoot("found");

    await page.getByRole("button", { name: "Your pictures" }).click();
    await page.getByRole("button", { name: "Delete hill.jpg" }).click();
    await page.getByRole("button", { name: "Delete for good" }).click();
    await page.getByRole("status").getByText("hill.jpg is deleted.").waitFor();
    assert.equal(await page.locator(".tile").count(), 2);
    assert.match(await search(copy), /^No copy found among [\d,]+ pictures\.$/);
    assert.deepEqual(complaints, []);
  });

  await t.test("tells of each file what became of it", async (t) => {
    const { page, complaints, register, add } = await visit(t, site);
    await register();
    await add(await photo("one.jpg", 11));
    const again = { ...(await photo("one.jpg", 11)), name: "again.jpg" };
    await add(again, { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") });
    assert.equal(await page.locator(".uploads-head p").innerText(), "1 already here, 1 refused.");
    const row = (name: string) => page.locator(".upload", { hasText: name });
    assert.equal(await row("again.jpg").getAttribute("data-state"), "duplicate");
    assert.match(await row("notes.txt").locator(".upload-state").innerText(), /JPEG/);
    assert.deepEqual(complaints, []);
  });

  await t.test("says why a form was refused, at the field that has to be mended", async (t) => {
    const { page, register, shoot } = await visit(t, site);
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByLabel("E-mail address").fill("ada@example.org");
    await page.getByLabel("Password").fill("short");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.locator("[name=password][aria-invalid=true]").waitFor();
    assert.match(await page.locator(".field-problem").innerText(), /at least 8 characters/);
    await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "password");
    await shoot("refused");

    await page.reload();
    const email = await register();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Log in" }).click();
    assert.match(await page.getByRole("alert").innerText(), /wrong/);
  });

  await t.test("can be used by keyboard alone", async (t) => {
    const { page, complaints } = await visit(t, site);
    const press = (...keys: readonly string[]) =>
      keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());
    const tabTo = async (name: RegExp): Promise<void> => {
      for (let steps = 0; steps < 40; steps++) {
        await press("Tab");
        if (name.test(await page.evaluate(focusedName))) return;
      }
      assert.fail(`Tab never came to ${name}`);
    };
    await tabTo(/^Create an account/);
    await press("Enter");
    await tabTo(/^E-mail address/);
    await page.keyboard.type("keys@example.org");
    await tabTo(/^Password/);
    await page.keyboard.type(password);
    await press("Enter");
    await page.getByRole("heading", { name: "Your pictures" }).waitFor();

    await page.evaluate(() => document.querySelector<HTMLElement>(":focus")?.blur());
    await tabTo(/^Skip to the content/);
    await press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "content");
    await tabTo(/^Choose pictures/);
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), press("Space")]);
    await chooser.setFiles(await photo("keys.jpg", 21));
    await page.getByRole("button", { name: "Delete keys.jpg" }).waitFor();

    await tabTo(/^Find copies of keys.jpg/);
    await press("Enter");
    await page.locator(".results[aria-busy=false]").waitFor();
    await page.waitForFunction(() => document.activeElement?.id === "results-title");
    await page.goBack();
    await tabTo(/^Delete keys.jpg/);
    await press("Enter");
    await page.getByRole("dialog").waitFor();
    await press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(focusedName), "Delete keys.jpg", "the focus comes back");
    await press("Enter");
    await tabTo(/^Delete for good/);
    await press("Enter");
    await page.getByText("You have no pictures here yet").waitFor();
    assert.deepEqual(complaints, []);
  });

  await t.test("shows hostile file names as the text they are", async (t) => {
    const { page, complaints, register, add, shoot } = await visit(t, site);
    await register();
    const names = [
      "<img src=x onerror=document.title='run'>.jpg",
      "<script>document.title='run'<script>.jpg",
      `${"long ".repeat(50)}.jpg`,
    ];
    await add(...(await Promise.all(names.map((name, i) => photo(name, 31 + i)))));
    assert.deepEqual((await page.locator(".tile-name").allInnerTexts()).sort(), names.toSorted());
    await page.locator(".tile-open").last().click();
    await page.getByRole("dialog").waitFor();
    await shoot("hostile");
    assert.equal(await page.title(), "Utsuru");
    assert.equal(await page.locator("script:not([src]), img:not([src^='blob:'])").count(), 0);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
    assert.deepEqual(complaints, []);
  });

  await t.test("says that a picture without detail is found by its bytes alone", async (t) => {
    const { page, register, add, search, shoot } = await visit(t, site);
    await register();
    const grey = {
      name: "grey.png",
      mimeType: "image/png",
      buffer: await drawing(1).modulate({ brightness: 0 }).png().toBuffer(),
    };
    assert.match(await search(grey), /^No identical file found among [\d,]+ pictures?\.$/);
    assert.match(await page.locator(".results .note").innerText(), /same byte for byte/);
    await shoot("exact-only");
    await page.getByRole("button", { name: "Your pictures" }).click();
    await add(grey);
    assert.match(await search(grey), /^1 identical file found among/);
    assert.equal(await page.locator(".match h3").innerText(), "The same file");
  });

  await t.test("asks for the password again when the login has ended, and goes on where it was", async (t) => {
    const { page, complaints, register, add, search } = await visit(t, site);
    await register();
    await add(await photo("kept.jpg", 41));
    await page.evaluate(() => {
      const headers = { Authorization: `Bearer ${sessionStorage.getItem("utsuru.token")}` };
      return fetch("/api/logout", { method: "POST", headers });
    });
    const found = search(await photo("query.jpg", 41));
    await page.getByRole("dialog", { name: "Log in again" }).waitFor();
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("dialog").getByRole("alert").waitFor();
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Go on" }).click();
    assert.match(await found, /^1 copy found/);
    await page.reload();
    await page.getByRole("button", { name: "Show kept.jpg" }).waitFor();
    assert.deepEqual(complaints, []);
  });

  await t.test("fits a phone, in the dark", async (t) => {
    const phone = {
      viewport: { width: 360, height: 740 },
      colorScheme: "dark",
      hasTouch: true,
      isMobile: true,
    } as const;
    const { page, complaints, register, add, search, shoot } = await visit(t, site, phone);
    await shoot("phone-login");
    await register();
    await add(await photo("a-file-name-that-is-far-too-long-for-the-screen-of-a-phone.jpg", 51));
    await shoot("phone-gallery");
    await search(jpeg("turned.jpg", await drawing(51).rotate(90).jpeg().toBuffer()));
    assert.equal(await page.locator(".match h3").innerText(), "A copy, turned a quarter clockwise");
    await shoot("phone-found");
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    assert.equal(
      await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor),
      "rgb(20, 24, 27)",
    );
    assert.deepEqual(complaints, []);
  });

  for (const colorScheme of ["light", "dark"] as const)
    await t.test(`can be read in ${colorScheme} colours`, async (t) => {
      const { page } = await visit(t, site, { colorScheme });
      const colour = (name: string) =>
        page.evaluate((property) => getComputedStyle(document.documentElement).getPropertyValue(property), `--${name}`);
      for (const [text, ground] of textOnGround) {
        const ratio = contrast(await colour(text), await colour(ground));
        assert.ok(ratio >= 4.5, `${text} on ${ground}: ${ratio.toFixed(2)}`);
      }
      assert.ok(contrast(await colour("edge"), await colour("surface")) >= 3, "edges of controls");
    });
});

const textOnGround = [
  ["ink", "paper"],
  ["ink", "surface"],
  ["ink", "sunken"],
  ["ink", "accent-soft"],
  ["muted", "paper"],
  ["muted", "surface"],
  ["muted", "sunken"],
  ["accent", "paper"],
  ["accent", "surface"],
  ["on-accent", "accent"],
  ["danger", "surface"],
  ["danger", "danger-soft"],
  ["surface", "danger"],
] as const;

function jpeg(name: string, buffer: Buffer): GivenFile {
  return { name, mimeType: "image/jpeg", buffer };
}

async function photo(name: string, seed: number): Promise<GivenFile> {
  return jpeg(name, await jpegOf(seed));
}

/** What a screen reader would call the element that has the focus. Runs in the page. */
function focusedName(): string {
  const element = document.activeElement;
  const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element?.textContent;
  return (element?.getAttribute("aria-label") ?? label ?? "").trim();
}
