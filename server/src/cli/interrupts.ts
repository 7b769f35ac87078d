/** What Ctrl-C asks for: first to begin nothing new, then to cut off what is under way. */
export interface Interrupts {
  readonly stopping: AbortSignal;
  readonly cutting: AbortSignal;
  /** Gives Ctrl-C its usual meaning back. */
  forget(): void;
}

/** Why something ended that nobody did wrong. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Catches SIGINT and SIGTERM until it is told to forget them: the first stops, the second cuts, a third ends the process. */
export function waitForInterrupts(onFirst: () => void): Interrupts {
  const stopping = new AbortController();
  const cutting = new AbortController();
  const names = ["SIGINT", "SIGTERM"] as const;
  const onSignal = (): void => {
    if (!stopping.signal.aborted) {
      stopping.abort(new Interrupted("Interrupted."));
      onFirst();
      return;
    }
    cutting.abort(new Interrupted("Interrupted twice."));
    forget();
  };
  const forget = (): void => {
    for (const name of names) process.off(name, onSignal);
  };
  for (const name of names) process.on(name, onSignal);
  return { stopping: stopping.signal, cutting: cutting.signal, forget };
}
