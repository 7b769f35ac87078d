import assert from "node:assert/strict";
import { test } from "node:test";
import { hammingDistance } from "@utsuru/core/distance";
import { fromHex } from "@utsuru/core/fingerprint";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { drawing, jpegOf } from "../../server/test/support/pictures.ts";
import { startServer } from "../../server/test/support/server.ts";
import { startBrowser } from "./support/browser.ts";
import { contrast } from "./support/contrast.ts";
import { type GivenFile, password, visit } from "./support/visit.ts";

test("the page", { timeout: 600_000 }, async (t) => {
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

  await t.test("sends again what a busy server refused; says when none answers", async (t) => {
    const { page, register, add } = await visit(t, site);
    await register();
    const problem = {
      type: "/problems/overloaded",
      title: "Overloaded",
      status: 503,
      code: "overloaded",
      detail: "Busy.",
    };
    const busy = { status: 503, headers: { "retry-after": "1" }, json: problem } as const;
    const ofOne = { status: 422, json: { results: [{ file: "x", status: "rejected", problem }] } } as const;
    await page.route("**/api/upload", (route) => route.fulfill(ofOne), { times: 1 });
    await page.route("**/api/upload", (route) => route.fulfill(busy), { times: 1 });
    await add(await photo("patient.jpg", 15));
    assert.equal(await page.locator(".uploads-head p").innerText(), "1 picture added.");

    await page.route("**/api/**", (route) => route.abort());
    await add(await photo("lost.jpg", 16));
    assert.match(await page.locator(".upload-state").innerText(), /^The server did not answer/);
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
      buffer: await drawing(1).linear(0, 128).png().toBuffer(),
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

  await t.test("names all eight orientations, and shows both pictures the same way round", async (t) => {
    const { page, complaints, register, add, search } = await visit(t, site, { reducedMotion: "reduce" });
    await register();
    const original = await drawing(91).jpeg().toBuffer();
    await add(jpeg("original.jpg", original));
    for (const { words, turn } of orientations) {
      await search(jpeg(`${words}.jpg`, await turn(original)));
      assert.equal(await page.locator(".match h3").innerText(), `A copy, ${words}`);
      assert.ok((await unlikeness(await sides(page))) > 16, `${words}: they look alike before they are turned`);
      await page.getByRole("button", { name: "Show both the same way round" }).click();
      assert.ok((await unlikeness(await sides(page))) < 4, `${words}: they differ after they were turned`);
    }
    assert.deepEqual(complaints, []);
  });

  await t.test("takes a picture by drop and by paste", async (t) => {
    const { page, complaints, register } = await visit(t, site);
    await register();
    const file = (await jpegOf(71)).toString("base64");
    const give = (kind: "drop" | "paste", target: string) =>
      page.evaluate(
        ({ kind, target, file }) => {
          const transfer = new DataTransfer();
          const bytes = Uint8Array.from(atob(file), (digit) => digit.charCodeAt(0));
          transfer.items.add(new File([bytes], `${kind}.jpg`, { type: "image/jpeg" }));
          const event =
            kind === "drop"
              ? new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true })
              : new ClipboardEvent(kind, { clipboardData: transfer, bubbles: true, cancelable: true });
          document.querySelector(target)?.dispatchEvent(event);
        },
        { kind, target, file },
      );
    await give("drop", ".zone-add");
    await page.getByRole("button", { name: "Show drop.jpg" }).waitFor();
    await give("drop", ".zone-search");
    await page.getByRole("heading", { name: /^1 copy found/ }).waitFor();
    assert.equal(await page.locator(".match h3").innerText(), "The same file");
    await page.goBack();
    await give("paste", "body");
    await page.getByText("paste.jpg").waitFor();
    await page.getByRole("heading", { name: /^1 copy found/ }).waitFor();
    assert.deepEqual(complaints, []);
  });

  await t.test("finds copies of a kept picture, at an address of its own", async (t) => {
    const { page, complaints, register, add } = await visit(t, site);
    await register();
    await add(await photo("kept.jpg", 81), jpeg("flipped.jpg", await drawing(81).flip().jpeg().toBuffer()));
    await page.getByRole("button", { name: "Find copies of kept.jpg" }).click();
    const found = page.getByRole("heading", { name: "A copy, mirrored top to bottom" });
    await found.waitFor();
    await page.getByRole("button", { name: "Show both the same way round" }).click();
    assert.equal(await page.locator(".turn").getAttribute("data-turn"), "flip-vertical");
    await page.reload();
    await found.waitFor();
    await page.goto(`${url}/#/copies/019a0000-0000-7000-8000-000000000000`);
    await page.getByText("That picture is not here any more").waitFor();
    assert.deepEqual(complaints, []);
  });

  await t.test("shows a page of pictures at a time", async (t) => {
    const { page, complaints, register, add } = await visit(t, site);
    await register();
    const size = { width: 96, height: 72 };
    const small = async (seed: number) => jpeg(`${seed}.jpg`, await jpegOf(seed, size));
    await add(...(await Promise.all(Array.from({ length: 50 }, (_, i) => small(1000 + i)))));
    await page.reload();
    await page.getByRole("button", { name: "Show more" }).click();
    await page.locator(".tile").nth(49).waitFor();
    assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
    await page.locator(".tile img").first().waitFor();
    const images = await page.locator(".tile img").count();
    assert.ok(images > 0 && images < 50, "pictures far from the view are not fetched");
    assert.deepEqual(complaints, []);
  });

  await t.test("shows where a crop lies on its original, one laid on the other", async (t) => {
    const { page, complaints, register, add, search, shoot } = await visit(t, site);
    await register();
    await add(await photo("whole.jpg", 7777));
    const part = { left: 160, top: 96, width: 320, height: 240 };
    const crop = await sharp(await jpegOf(7777))
      .extract(part)
      .jpeg({ quality: 80 })
      .toBuffer();
    assert.match(await search(jpeg("crop.jpg", crop)), /^1 match found among [\d,]+ pictures\.$/);
    const match = page.locator(".match").first();
    assert.match(await match.locator("h3").innerText(), /^Shares a part, cropped to \d+ %/);
    const outline = await match.locator(".outline-line").last().getAttribute("points");
    const [left, top, right] = (outline ?? "").split(/[ ,]/).map(Number);
    for (const [found, drawn] of [
      [left, part.left],
      [top, part.top],
      [right, part.left + part.width],
    ])
      assert.ok(Math.abs(Number(found) - Number(drawn)) <= 3, `the outline ${outline} is not where the crop was`);
    await shoot("part");

    await page.getByRole("button", { name: "Compare closely with whole.jpg" }).click();
    const stage = page.locator(".aligned-stage");
    await stage.locator("img").nth(1).waitFor();
    await stage.evaluate(hasAppeared);
    await shoot("aligned");
    const shown: Buffer[] = [];
    for (const percent of ["0", "100"]) {
      await page.getByRole("slider").fill(percent);
      shown.push(await stage.screenshot());
    }
    assert.notDeepEqual(shown[0], shown[1]);
    assert.ok((await unlikeness(shown)) < 4, "the crop lies just where it was cut out");
    await page.getByRole("button", { name: "What differs" }).click();
    const difference = await sharp(await stage.screenshot())
      .resize(640, 480, { fit: "fill" })
      .toBuffer();
    assert.ok((await brightness(difference, part)) < 12, "black where both show the same");
    assert.ok(
      (await brightness(difference, { ...part, top: 0, height: 80 })) > 40,
      "not where only one shows anything",
    );
    await shoot("difference");
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    assert.deepEqual(complaints, []);
  });

  await t.test("searches without sending the picture, by the fingerprint that the server would compute", async (t) => {
    const { page, complaints, register, add, search, shoot } = await visit(t, site);
    await register();
    await add(await photo("kept.jpg", 61));
    const token = await page.evaluate(() => sessionStorage.getItem("utsuru.token"));
    await page.getByLabel("Search without sending the picture").check();
    const files: readonly { name: string; encoded: ReturnType<typeof drawing>; bitsMax: number }[] = [
      { name: "a.jpg", encoded: drawing(61).jpeg({ quality: 70 }), bitsMax: 4 },
      {
        name: "upright-by-exif.jpg",
        encoded: drawing(61).rotate(270).withMetadata({ orientation: 6 }).jpeg(),
        bitsMax: 4,
      },
      { name: "a.webp", encoded: drawing(61).webp({ quality: 80 }), bitsMax: 4 },
      { name: "a.avif", encoded: drawing(61).avif({ quality: 60, effort: 0 }), bitsMax: 4 },
      { name: "a.gif", encoded: drawing(61).gif(), bitsMax: 0 },
      { name: "a.png", encoded: drawing(61).png(), bitsMax: 0 },
      { name: "lossless.webp", encoded: drawing(61).webp({ lossless: true }), bitsMax: 0 },
      { name: "transparent.png", encoded: drawing(61).composite([hole]).png(), bitsMax: 4 },
      { name: "large.jpg", encoded: drawing(61, { width: 4000, height: 3000 }).jpeg(), bitsMax: 4 },
    ];
    for (const { name, encoded, bitsMax } of files) {
      const buffer = await encoded.toBuffer();
      const answered = page.waitForResponse((response) => response.url().includes("/api/search"));
      await search({ name, mimeType: "image/jpeg", buffer });
      const { query } = await (await answered).json();
      assert.equal(query.sha256, null, "the server was given no file");
      const bits = hammingDistance(codeOf(query.fingerprint.hex), codeOf(await hexByServer(buffer)));
      t.diagnostic(`${name}: ${bits} bits`);
      assert.ok(bits <= bitsMax, `${name}: ${bits} bits from the server's value`);
    }
    assert.match(await page.locator(".results-sent").innerText(), /was not sent/);
    await shoot("not-sent");
    const mirrored = jpeg("mirrored.jpg", await drawing(61).flop().jpeg().toBuffer());
    await search(mirrored);
    assert.equal(await page.locator(".match h3").innerText(), "A copy, mirrored");
    await search({ name: "no-picture.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") });
    assert.match(await page.getByRole("alert").innerText(), /cannot read that file/);
    assert.deepEqual(complaints, []);

    async function hexByServer(buffer: Buffer): Promise<string> {
      const body = new FormData();
      body.append("image", new Blob([new Uint8Array(buffer)]), "query");
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${url}/api/search`, { method: "POST", headers, body });
      return (await response.json()).query.fingerprint.hex;
    }
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

/** Ways to turn a picture, as the page names them; each step a picture of its own, since sharp has an order of its own for steps of one. */
const orientations: readonly { words: string; turn: (file: Buffer) => Promise<Buffer> }[] = [
  { words: "mirrored", turn: mirror },
  { words: "mirrored top to bottom", turn: async (file) => quarter(await quarter(await mirror(file), 1), 1) },
  { words: "turned a quarter clockwise", turn: (file) => quarter(file, 1) },
  { words: "turned upside down", turn: (file) => quarter(file, 2) },
  { words: "turned a quarter anticlockwise", turn: (file) => quarter(file, 3) },
  { words: "mirrored and turned a quarter clockwise", turn: async (file) => quarter(await mirror(file), 1) },
  { words: "mirrored and turned a quarter anticlockwise", turn: async (file) => quarter(await mirror(file), 3) },
];

function mirror(file: Buffer): Promise<Buffer> {
  return sharp(file).flop().jpeg().toBuffer();
}

function quarter(file: Buffer, turnsClockwise: 1 | 2 | 3): Promise<Buffer> {
  return sharp(file)
    .rotate(90 * turnsClockwise)
    .jpeg()
    .toBuffer();
}

/** The two pictures of the one match, as they are seen. */
function sides(page: Page): Promise<Buffer[]> {
  const [given, kept] = [page.locator(".pair .picture").first(), page.locator(".pair .picture").last()];
  return Promise.all([given, kept].map((side) => side.screenshot()));
}

/** Mean difference of two pictures' brightness, 0 to 255, seen from afar. */
async function unlikeness(pair: readonly Buffer[]): Promise<number> {
  const small = pair.map((file) => sharp(file).resize(24, 24, { fit: "fill" }).greyscale().raw().toBuffer());
  const [left = Buffer.alloc(0), right = left] = await Promise.all(small);
  return left.reduce((sum, value, i) => sum + Math.abs(value - (right[i] ?? 0)), 0) / left.length;
}

/** Resolves when every picture of an element is drawn and has faded in. Runs in the page. */
async function hasAppeared(element: Element): Promise<void> {
  await Promise.all([...element.querySelectorAll("img")].map((image) => image.decode()));
  await Promise.all(element.getAnimations({ subtree: true }).map(({ finished }) => finished));
}

/** Mean of a part of a picture, 0 to 255. */
async function brightness(
  file: Buffer,
  part: { left: number; top: number; width: number; height: number },
): Promise<number> {
  const { channels } = await sharp(await sharp(file).extract(part).greyscale().toBuffer()).stats();
  return channels[0]?.mean ?? Number.NaN;
}

/** Cuts a soft-edged hole through a picture. */
const hole = {
  input: Buffer.from('<svg width="640" height="480"><circle cx="200" cy="200" r="90" opacity="0.8"/></svg>'),
  blend: "dest-out",
} as const;

function codeOf(hex: string): Uint8Array {
  const code = fromHex(hex);
  assert.ok(code !== undefined, `expected 64 hexadecimal digits, got ${hex}`);
  return code;
}

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
