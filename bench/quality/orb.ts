import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A query and the pictures it is compared with, as files. */
export interface OrbTask {
  readonly query: string;
  readonly candidates: readonly string[];
}

/** Inliers with each candidate, and the CPU that they took. */
export interface OrbAnswer {
  readonly inliers: readonly number[];
  readonly ms: number;
}

/** Inliers from which the trial called two pictures copies. */
export const orbInliersMin = 8;

/** The Python of UTSURU_BENCH_PYTHON (the first that has it of several, separated by colons) with OpenCV, and its version; or why there is none. */
export function findOrb(): { readonly python: string; readonly version: string } | { readonly missing: string } {
  const named = process.env.UTSURU_BENCH_PYTHON?.split(":") ?? ["python3", "/usr/bin/python3"];
  for (const python of named) {
    const { status, stdout } = spawnSync(python, ["-c", "import cv2; print(cv2.__version__)"], { encoding: "utf8" });
    if (status === 0) return { python, version: stdout.trim() };
  }
  return { missing: `OpenCV's ORB was skipped: none of ${named.join(", ")} has cv2 (UTSURU_BENCH_PYTHON)` };
}

/** Compares pair by pair in one Python; stops after `secondsMax` and leaves the rest of the tasks unanswered. */
export async function compareByOrb(
  python: string,
  tasks: readonly OrbTask[],
  { secondsMax }: { secondsMax: number },
): Promise<OrbAnswer[]> {
  const child = spawn(python, [join(import.meta.dirname, "orb-pairs.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  // one that is stopped reads no further
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(tasks));
  const answers: OrbAnswer[] = [];
  const stop = setTimeout(() => child.kill(), 1000 * secondsMax);
  for await (const line of createInterface({ input: child.stdout })) answers.push(JSON.parse(line));
  clearTimeout(stop);
  const [code, signal] = await ended;
  if (code !== 0 && signal !== "SIGTERM") throw new Error(`ORB ended with ${code ?? signal}`);
  return answers;
}
