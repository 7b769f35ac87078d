import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Resident megabytes of a running product. Pages that processes share are divided among them where the kernel tells (PSS). */
export interface Memory {
  readonly server: number;
  readonly decoders: number;
  readonly postgres: number;
  /** Launchers and whatever else is below the server. */
  readonly other: number;
}

/** Whether this machine tells the memory of processes. */
export const tellsMemory: boolean = existsSync("/proc/self/status");

/** The memory of a server and of everything that it started. */
export function memoryOf(pid: number): Memory {
  const memory = { server: residentMegabytes(pid), decoders: 0, postgres: 0, other: 0 };
  for (const child of descendantsOf(pid)) memory[kindOf(child)] += sharedMegabytes(child);
  return memory;
}

/** What a process below a server is. */
export function kindOf(pid: number): "decoders" | "postgres" | "other" {
  const command = readProcess(pid, "cmdline") ?? "";
  if (command.includes("decoder-process")) return "decoders";
  return /(^|\/)postgres/.test(command) ? "postgres" : "other";
}

/** Every process below one. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    // The name of the program stands in brackets and may hold anything; the parent is the second word after it.
    const parent = Number(readProcess(Number(name), "stat")?.split(") ").at(-1)?.split(" ")[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (parent: number): number[] => (children.get(parent) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

function sharedMegabytes(pid: number): number {
  const proportional = /^Pss:\s+(\d+) kB/m.exec(readProcess(pid, "smaps_rollup") ?? "")?.[1];
  return proportional === undefined ? residentMegabytes(pid) : toMegabytes(proportional);
}

function residentMegabytes(pid: number): number {
  return toMegabytes(/^VmRSS:\s+(\d+) kB/m.exec(readProcess(pid, "status") ?? "")?.[1] ?? "0");
}

function toMegabytes(kibibytes: string): number {
  return (Number(kibibytes) * 1024) / 1e6;
}

/** `undefined` when the process is gone or another user's. */
export function readProcess(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
