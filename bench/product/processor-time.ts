import { execFileSync } from "node:child_process";
import { descendantsOf, kindOf, readProcess } from "./memory.ts";

/** Milliseconds of processor time since their start. */
export interface ProcessorTime {
  readonly server: number;
  /** Those that live, and those that have ended: a server's only children that end are decoders. */
  readonly decoders: number;
  readonly postgres: number;
}

const ticksPerSecond = (): number => Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** The processor time of a server and of everything that it started. */
export function processorTimeOf(pid: number): ProcessorTime {
  const msPerTick = 1000 / ticksPerSecond();
  const [own, ended] = ticksOf(pid);
  const time = { server: own, decoders: ended, postgres: 0, other: 0 };
  for (const child of descendantsOf(pid)) time[kindOf(child)] += ticksOf(child).reduce((sum, ticks) => sum + ticks, 0);
  return {
    server: time.server * msPerTick,
    decoders: time.decoders * msPerTick,
    postgres: time.postgres * msPerTick,
  };
}

/** A process's own ticks and those of its children that have ended (proc(5), stat: utime, stime, cutime, cstime). */
function ticksOf(pid: number): [own: number, ended: number] {
  const words = readProcess(pid, "stat")?.split(") ").at(-1)?.split(" ") ?? [];
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = words.slice(11, 15).map(Number);
  return [user + system, endedUser + endedSystem];
}
