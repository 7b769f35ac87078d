import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Answer, Peer } from "./peer.ts";

const kinds = { flat: "IndexBinaryFlat", multihash: "IndexBinaryMultiHash 16×16, 1 flip" } as const;

/** Pythons to try: those of UTSURU_BENCH_PYTHON, separated by colons, else the system's; only those that have faiss count. */
function pythons(): string[] {
  const named = process.env.UTSURU_BENCH_PYTHON?.split(":") ?? ["/usr/bin/python3", "python3"];
  return named.filter((python) => spawnSync(python, ["-c", "import faiss"]).status === 0);
}

/** faiss's exact indexes, of each Python that has it, in one thread. */
export async function faissPeers(codes: Uint8Array): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const python of pythons()) {
    const session = new Session(python);
    const { version } = await session.ask({ do: "version" });
    const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-"));
    const file = join(folder, "codes");
    await writeFile(file, codes);
    for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
      await session.ask({ do: "build", kind, file });
      peers.push({
        name: `faiss ${version} (${python.startsWith("/usr/bin") ? "system" : "PyPI"}), ${kinds[kind]}`,
        answer: async (query) => (await session.ask({ do: "query", kind, hex: hexOf(query) })) as unknown as Answer,
        close: async () => session.end(),
      });
    }
    await rm(folder, { recursive: true });
  }
  return peers;
}

function hexOf(code: Uint8Array): string {
  return Buffer.from(code).toString("hex");
}

class Session {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string) {
    const script = join(import.meta.dirname, "faiss-session.py");
    const child = spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"] });
    this.#process = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async ask(question: Record<string, string>): Promise<Record<string, unknown>> {
    this.#process.stdin?.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`faiss ended instead of answering ${question.do}`);
    return JSON.parse(value);
  }

  end(): void {
    this.#process.stdin?.end();
  }
}
