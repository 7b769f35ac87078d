import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { cleanEnvironment } from "./server.ts";

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** How a command ended; `code` is null when a signal ended it. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface RunningCommand {
  readonly process: ChildProcess;
  end(): Promise<Outcome>;
}

/** Starts the program as people run it, with these settings and none of whoever runs the tests. */
export function startCommand(args: readonly string[], settings: Readonly<Record<string, string>> = {}): RunningCommand {
  const { AWS_ACCESS_KEY_ID: id = "", AWS_SECRET_ACCESS_KEY: secret = "" } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    env: {
      ...cleanEnvironment(),
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: secret,
      // Each takes half a second to start.
      UTSURU_DECODERS: "1",
      ...settings,
    },
  });
  const [out, err] = [child.stdout.toArray(), child.stderr.toArray()];
  const exited = once(child, "exit");
  return {
    process: child,
    end: async () => {
      const [code] = await exited;
      return { code, stdout: (await out).join(""), stderr: (await err).join("") };
    },
  };
}

/** Runs the program to its end. */
export function runCommand(args: readonly string[], settings?: Readonly<Record<string, string>>): Promise<Outcome> {
  return startCommand(args, settings).end();
}
