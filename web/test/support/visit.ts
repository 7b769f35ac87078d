import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** A file as it is handed to the page. */
export interface GivenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Somebody at the page; does what a person does and knows what the browser complained of. */
export interface Visit {
  readonly page: Page;
  /** Breaches of the Content-Security-Policy and uncaught errors. */
  readonly complaints: readonly string[];
  register(): Promise<string>;
  add(...files: readonly GivenFile[]): Promise<void>;
  /** Hands a picture to the search field and waits for what it found, in the page's words. */
  search(file: GivenFile): Promise<string>;
  /** Keeps a picture of the page in the folder that UTSURU_SCREENSHOTS names, if it names one. */
  shoot(name: string): Promise<void>;
}

export const password = "correct horse battery";
let people = 0;

/** Opens the page as somebody new. */
export async function visit(
  t: TestContext,
  site: { readonly browser: Browser; readonly url: string },
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await site.browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  const complaints = await overhear(page);
  await page.goto(site.url);
  return {
    page,
    complaints,
    register: () => register(page),
    add: (...files) => add(page, files),
    search: (file) => search(page, file),
    shoot: (name) => shoot(page, name),
  };
}

/** What the browser says is wrong. That an answer was a 4xx is no complaint: the page expects those. */
async function overhear(page: Page): Promise<readonly string[]> {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const expected = message.text().startsWith("Failed to load resource: the server responded with a status of 4");
    if (message.type() === "error" && !expected) complaints.push(message.text());
  });
  await page.exposeFunction("tellBreach", (breach: string) => complaints.push(breach));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      Reflect.get(window, "tellBreach")(`${violatedDirective} ${blockedURI}`);
    });
  });
  return complaints;
}

async function register(page: Page): Promise<string> {
  const email = `person${people++}-${process.pid}@example.org`;
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Your pictures" }).waitFor();
  return email;
}

async function add(page: Page, files: readonly GivenFile[]): Promise<void> {
  await page.getByLabel("Choose pictures").setInputFiles([...files]);
  await page.getByRole("button", { name: "Hide" }).waitFor();
}

async function search(page: Page, file: GivenFile): Promise<string> {
  await page.getByLabel("Choose a picture").setInputFiles(file);
  const heading = page.locator(".results[aria-busy=false] h2");
  await heading.waitFor();
  return await heading.innerText();
}

async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.UTSURU_SCREENSHOTS;
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
