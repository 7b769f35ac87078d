import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { copyFile, mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { atEnd } from "./support/at-end.ts";
import { testDatabase } from "./support/database.ts";
import { newPerson, type Person } from "./support/person.ts";
import { drawing, jpegOf } from "./support/pictures.ts";
import { cleanEnvironment, dataFolder, sharedServer, startServer } from "./support/server.ts";

const shared = sharedServer();
const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));

interface Line {
  readonly file?: string;
  readonly status?: string;
  readonly id?: string;
  readonly problem?: { readonly code: string };
  readonly summary?: Readonly<Record<string, number>>;
}

interface Run {
  readonly process: ChildProcess;
  readonly lines: readonly Line[];
  /** Waits until so many files are done. */
  until(files: number): Promise<void>;
  /** Waits for its end. */
  end(): Promise<{ code: number | null; signal: string | null; stderr: string; summary: Line["summary"] }>;
}

/** Starts an import that prints JSON lines and is gone after the test; its journals are kept in a folder of the test's. */
function startImport(
  t: TestContext,
  what: { folder: string; url: string; token: string; state: string },
  ...args: string[]
): Run {
  const child = spawn(process.execPath, [program, "import", what.folder, "--json", ...args], {
    env: { ...cleanEnvironment(), UTSURU_SERVER: what.url, UTSURU_TOKEN: what.token, XDG_STATE_HOME: what.state },
    stdio: ["ignore", "pipe", "pipe"],
  });
  atEnd(t, () => child.kill("SIGKILL"));
  const lines: Line[] = [];
  const waiting: { files: number; resolve: () => void }[] = [];
  const closed = once(
    createInterface({ input: child.stdout }).on("line", (text) => {
      lines.push(JSON.parse(text));
      for (const { files, resolve } of waiting) if (lines.length >= files) resolve();
    }),
    "close",
  );
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const exited = once(child, "exit");
  return {
    process: child,
    lines,
    until: (files) => new Promise((resolve) => (lines.length >= files ? resolve() : waiting.push({ files, resolve }))),
    end: async () => {
      const [code, signal] = await exited;
      await closed;
      return { code, signal, stderr, summary: lines.findLast(({ summary }) => summary)?.summary };
    },
  };
}

async function setUp(t: TestContext): Promise<{ folder: string; state: string }> {
  return { folder: await dataFolder(t), state: await dataFolder(t) };
}

/** What a server has that is of a test's own, or comes again. */
async function setUpServer(t: TestContext): Promise<{ data: string; environment: Record<string, string> }> {
  return { data: await dataFolder(t), environment: { UTSURU_DATABASE_URL: (await testDatabase(t)).url } };
}

/** Small pictures, quick to draw and to decode, each another. */
async function fillFolder(folder: string, count: number): Promise<void> {
  await mkdir(join(folder, "deep"), { recursive: true });
  const picture = await drawing(7, { width: 64, height: 48 }).jpeg().toBuffer();
  // A comment segment (ITU-T T.81, B.2.4.5) after the start marker makes other bytes of the same picture.
  for (let at = 0; at < count; at++) {
    const comment = Buffer.from(`number ${at}`);
    const segment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, comment.length + 2]), comment]);
    const bytes = Buffer.concat([picture.subarray(0, 2), segment, picture.subarray(2)]);
    await writeFile(join(folder, at % 2 ? "deep" : ".", `${at}.jpg`), bytes);
  }
}

async function allImages(person: Person): Promise<{ id: string; file: string; sha256: string }[]> {
  const all = [];
  for (let next: string | null = ""; next !== null; ) {
    const { body } = await person.call("GET", `/api/images?limit=100${next && `&cursor=${next}`}`);
    all.push(...body.items);
    next = body.next;
  }
  return all;
}

test("a folder is imported with the folders in it; what is no picture is told, and a second run sends nothing", async (t) => {
  const { folder, state } = await setUp(t);
  const server = await shared();
  const ada = await newPerson(server);
  await mkdir(join(folder, "a", "b"), { recursive: true });
  await writeFile(join(folder, "one.jpg"), await jpegOf(1));
  await writeFile(join(folder, "a", "b", "zwei ü.png"), await drawing(2).png().toBuffer());
  await copyFile(join(folder, "one.jpg"), join(folder, "a", "same.jpg"));
  await writeFile(join(folder, "a", "notes.txt"), "no picture");
  await writeFile(join(folder, "a", "broken.jpg"), (await jpegOf(3)).subarray(0, 5000));
  await writeFile(join(folder, "empty.jpg"), "");
  const what = { folder, state, url: server.url, token: ada.token };
  const first = startImport(t, what, "--visibility", "private", "--parts", "now");
  const { code, summary } = await first.end();
  assert.equal(code, 1);
  assert.deepEqual(
    { ...summary, bytes: 0, seconds: 0 },
    { created: 2, duplicate: 1, present: 0, rejected: 3, bytes: 0, seconds: 0 },
  );
  const problems = first.lines.filter(({ status }) => status === "rejected");
  assert.deepEqual(problems.map(({ file, problem }) => `${file} ${problem?.code}`).sort(), [
    "a/broken.jpg image-broken",
    "a/notes.txt unsupported-format",
    "empty.jpg unsupported-format",
  ]);
  const { body } = await ada.call("GET", "/api/images");
  assert.deepEqual(
    body.items.map(({ visibility }: { visibility: string }) => visibility),
    ["private", "private"],
  );
  assert.ok(body.items.some(({ file }: { file: string }) => file === "zwei ü.png"));
  const second = startImport(t, what);
  const again = await second.end();
  assert.deepEqual([again.summary?.created, again.summary?.duplicate, again.summary?.present], [0, 0, 3]);
  const idOf = (run: Run, name: string) => run.lines.find(({ file }) => file === name)?.id;
  assert.equal(idOf(second, "one.jpg"), idOf(first, "one.jpg"));
});

test("in words: what was done on standard output, each problem on standard error, and the folder stays as it was", async (t) => {
  const { folder, state } = await setUp(t);
  const server = await shared();
  const { token } = await newPerson(server);
  await writeFile(join(folder, "one.jpg"), await jpegOf(1));
  const environment = { ...cleanEnvironment(), UTSURU_TOKEN: token, XDG_STATE_HOME: state };
  const run = async (...args: string[]) => {
    const child = spawn(process.execPath, [program, "import", ...args], { env: environment });
    const [out, err] = [child.stdout.toArray(), child.stderr.toArray()];
    const [code] = await once(child, "exit");
    return { code, stdout: (await out).join(""), stderr: (await err).join("") };
  };
  const good = await run(folder, "--server", `${server.url}/`);
  assert.deepEqual([good.code, good.stderr], [0, ""]);
  assert.match(
    good.stdout,
    /^1 imported, 0 were there already, 0 could not be imported; .*\nA search finds whole copies of them from now on/,
  );
  assert.deepEqual(await readdir(folder), ["one.jpg"]);
  assert.equal((await readdir(join(state, "utsuru", "imports"))).length, 1);
  await writeFile(join(folder, "notes.txt"), "no picture");
  const bad = await run(folder, "--server", server.url);
  assert.equal(bad.code, 1);
  assert.equal(bad.stderr, "notes.txt: The file is not a JPEG, PNG, GIF, WebP or AVIF picture.\n");
  assert.match(bad.stdout, /^0 imported, 1 were there already, 1 could not be imported; .*\n$/);
  const stranger = await run(folder, "--server", server.url, "--token", "no token");
  assert.equal(stranger.code, 1);
  assert.match(stranger.stderr, /does not accept the token/);
  const nobody = await run(folder, "--server", "http://127.0.0.1:1", "--patience", "0");
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /No answer from http:\/\/127\.0\.0\.1:1: /);
  assert.equal((await run(join(folder, "missing"), "--server", server.url)).code, 1);
  for (const args of [
    [],
    [folder, "--server", "ftp://x"],
    [folder, "--visibility", "all"],
    [folder, "--patience", "x"],
  ])
    assert.equal((await run(...args)).code, 2);
});

test("a file that changed is read anew, one that did not is not, and one that was deleted there is sent again", async (t) => {
  const { folder, state } = await setUp(t);
  const server = await shared();
  const ada = await newPerson(server);
  const [one, two] = [join(folder, "one.jpg"), join(folder, "two.jpg")];
  await writeFile(one, await jpegOf(1));
  await writeFile(two, await jpegOf(2));
  const what = { folder, state, url: server.url, token: ada.token };
  const first = startImport(t, what);
  await first.end();
  await writeFile(one, await jpegOf(3));
  await utimes(one, 1, 1);
  await ada.call("DELETE", `/api/images/${first.lines.find(({ file }) => file === "two.jpg")?.id}`);
  const { code, summary } = await startImport(t, what).end();
  assert.deepEqual([code, summary?.created, summary?.present], [0, 2, 0]);
});

test("an import that is killed goes on where it was, and nothing is there twice", async (t) => {
  const { folder, state } = await setUp(t);
  const { data, environment } = await setUpServer(t);
  const server = await startServer(t, { data, environment, embedded: true });
  const ada = await newPerson(server);
  await fillFolder(folder, 300);
  const what = { folder, state, url: server.url, token: ada.token };
  const first = startImport(t, what);
  await first.until(60);
  first.process.kill("SIGKILL");
  await first.end();
  const { code, summary } = await startImport(t, what).end();
  assert.equal(code, 0);
  assert.ok((summary?.present ?? 0) >= 60, `${summary?.present} were there`);
  const images = await allImages(ada);
  assert.equal(images.length, 300);
  assert.equal(new Set(images.map(({ sha256 }) => sha256)).size, 300);
});

test("a server that is killed and started again in the middle is waited for, and every file is there", async (t) => {
  const { folder, state } = await setUp(t);
  const { data, environment } = await setUpServer(t);
  const secret = "s".repeat(32);
  const port = await freePort();
  const options = {
    data,
    embedded: true,
    environment: { ...environment, UTSURU_PORT: `${port}`, UTSURU_SECRET: secret },
  };
  const first = await startServer(t, options);
  const ada = await newPerson(first);
  await fillFolder(folder, 300);
  const run = startImport(t, { folder, state, url: first.url, token: ada.token });
  await run.until(50);
  await first.stop("SIGKILL");
  await startServer(t, options);
  await run.until(150);
  const { code, summary, stderr } = await run.end();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /No answer from .* Trying again\./);
  assert.equal((summary?.created ?? 0) + (summary?.duplicate ?? 0), 300);
  assert.equal((await allImages(ada)).length, 300);
});

test("interrupted, it lets what is under way end and says how to go on", async (t) => {
  const { folder, state } = await setUp(t);
  const server = await shared();
  const ada = await newPerson(server);
  await fillFolder(folder, 400);
  const what = { folder, state, url: server.url, token: ada.token };
  const run = startImport(t, what);
  await run.until(40);
  run.process.kill("SIGINT");
  const { code, signal, stderr, summary } = await run.end();
  assert.deepEqual([code, signal], [1, null]);
  assert.match(stderr, /The same command goes on where this one ended/);
  assert.equal((await allImages(ada)).length, summary?.created);
  assert.ok((summary?.created ?? 0) < 400);
  const { summary: rest } = await startImport(t, what).end();
  assert.equal((rest?.created ?? 0) + (rest?.present ?? 0), 400);
  assert.equal(rest?.present, summary?.created);
});

test("a server that asks to wait is given the time it asks for, and a proxy that breaks down is waited for", async (t) => {
  const { folder, state } = await setUp(t);
  const server = await shared();
  const ada = await newPerson(server);
  await writeFile(join(folder, "one.jpg"), await jpegOf(1));
  const answers = [
    { status: 429, headers: { "retry-after": "1" } },
    { status: 502, headers: {} },
    { status: 503, headers: { "retry-after": "0" } },
  ];
  const uploadsAt: number[] = [];
  const proxy = createServer(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray());
    const refusal = incoming.url === "/api/upload" ? answers[uploadsAt.length] : undefined;
    if (incoming.url === "/api/upload") uploadsAt.push(performance.now());
    if (refusal) return void outgoing.writeHead(refusal.status, refusal.headers).end("<html>");
    const headers = { authorization: `Bearer ${ada.token}`, "content-type": incoming.headers["content-type"] ?? "" };
    const init = { method: incoming.method ?? "GET", headers, ...(body.length > 0 ? { body } : {}) };
    const answer = await fetch(`${server.url}${incoming.url}`, init);
    outgoing.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  }).listen(0, "127.0.0.1");
  atEnd(t, () => proxy.close());
  await once(proxy, "listening");
  const address = proxy.address();
  assert.ok(address && typeof address === "object");
  const { code, summary } = await startImport(t, {
    folder,
    state,
    url: `http://127.0.0.1:${address.port}`,
    token: ada.token,
  }).end();
  assert.deepEqual([code, summary?.created, uploadsAt.length], [0, 1, 4]);
  assert.ok((uploadsAt[1] ?? 0) - (uploadsAt[0] ?? 0) >= 1000);
});

test("a file that is too large is told without being sent, and two imports of one folder are not run at once", async (t) => {
  const { folder, state } = await setUp(t);
  const { data, environment } = await setUpServer(t);
  const server = await startServer(t, {
    data,
    embedded: true,
    environment: { ...environment, UTSURU_UPLOAD_MIB_MAX: "1" },
  });
  const ada = await newPerson(server);
  await fillFolder(folder, 200);
  const large = Buffer.concat([await jpegOf(1), Buffer.alloc(2 * 1024 * 1024)]);
  await writeFile(join(folder, "large.jpg"), large);
  const what = { folder, state, url: server.url, token: ada.token };
  const one = startImport(t, what);
  await one.until(10);
  const other = await startImport(t, what).end();
  assert.equal(other.code, 1);
  assert.match(other.stderr, /Another import of this folder is running/);
  const { code, summary } = await one.end();
  assert.deepEqual([code, summary?.created, summary?.rejected], [1, 200, 1]);
  assert.equal(one.lines.find(({ file }) => file === "large.jpg")?.problem?.code, "payload-too-large");
});

test("memory does not grow with the number of files", {
  skip: process.platform !== "linux" && "read from /proc",
}, async (t) => {
  const { folder, state } = await setUp(t);
  const server = await shared();
  const ada = await newPerson(server);
  await fillFolder(folder, 400);
  // Files that are no pictures cost the server nothing: with them the folder has 25,000.
  await mkdir(join(folder, "text"));
  for (let at = 0; at < 24_600; at++) await writeFile(join(folder, "text", `${at}.txt`), `${at}`);
  const run = startImport(t, { folder, state, url: server.url, token: ada.token });
  const residentMegabytes = () =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${run.process.pid}/status`, "utf8"))?.[1]) / 1024;
  await run.until(500);
  const early = residentMegabytes();
  await run.until(24_900);
  const late = residentMegabytes();
  const { summary } = await run.end();
  assert.deepEqual([summary?.created, summary?.rejected], [400, 24_600]);
  assert.ok(late < early + 60, `${early} MB early, ${late} MB late`);
  await rm(folder, { recursive: true });
  await mkdir(folder);
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  if (!address || typeof address !== "object") throw new Error("a listening server has a port");
  return address.port;
}
