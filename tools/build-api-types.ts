/**
 * Writes web/src/api/schema.ts, the types of the HTTP API, from the server's own description; `--check` only says whether it is fresh.
 */
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildServer } from "../server/src/http/server.ts";

const target = fileURLToPath(new URL("../web/src/api/schema.ts", import.meta.url));

/** What the server answers at GET /openapi.json. */
async function describe(): Promise<string> {
  // The description is made of schemas alone: no port is called for it.
  const ports = { catalog: {} } as Parameters<typeof buildServer>[0];
  const options = { uploadBytesMax: 0, credentialTriesPerMinute: 1, trustedProxies: [], logLevel: "silent" };
  const app = await buildServer(ports, { ...options, downloads: "server", pageFolder: undefined });
  await app.ready();
  const description = JSON.stringify(app.swagger());
  await app.close();
  return description;
}

/** openapi-typescript as a program: it is installed beside web, with the TypeScript 5 that it is written against. */
function generate(description: string): string {
  const resolve = createRequire(new URL("../web/package.json", import.meta.url)).resolve;
  const program = join(dirname(resolve("openapi-typescript/package.json")), "bin/cli.js");
  return execFileSync(process.execPath, [program], { input: description, encoding: "utf8" });
}

const fresh = generate(await describe());
if (!process.argv.includes("--check")) {
  await writeFile(target, fresh);
} else if ((await readFile(target, "utf8")) !== fresh) {
  console.error("web/src/api/schema.ts is not what the server describes: run node tools/build-api-types.ts");
  process.exitCode = 1;
}
