import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** When, on what and at which commit something is about to be measured, and how busy the machine is with other work, in one sentence. */
export function describeCircumstances(): string {
  const cores = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  const machine = `${cores[0]?.model.trim() ?? "unknown processor"}, ${cores.length} cores, ${gibibytes} GiB, Node ${process.versions.node}`;
  const date = new Date().toISOString().slice(0, 16).replace("T", " ");
  return `Measured ${date} UTC at commit ${commit()} on ${machine}; load average ${loadNow().toFixed(1)}.`;
}

/** Processes that wanted to run in the last minute, on average. */
function loadNow(): number {
  return loadavg()[0] ?? Number.NaN;
}

function commit(): string {
  try {
    const git = (...args: string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
    const changed = git("status", "--porcelain", "--", "core", "server", "bench/**/*.ts") === "" ? "" : " with changes";
    return `${git("rev-parse", "--short=12", "HEAD")}${changed}`;
  } catch {
    // A copy of the sources without their history still runs the bench.
    return "unknown";
  }
}
