import { Failure, StartError } from "../errors.ts";
import { waitForInterrupts } from "./interrupts.ts";
import { ProgressLine } from "./progress-line.ts";
import { type Progress, ProgressText } from "./progress-text.ts";

/** Work that takes long and can be interrupted. */
interface LongRun<Done, Outcome> {
  readonly work: (options: {
    readonly signal: AbortSignal;
    readonly onProgress: (done: Done) => void;
  }) => Promise<Outcome>;
  readonly progressOf: (done: Done) => Progress;
  /** What to say after an interruption. */
  readonly goOn: string;
}

/** Does the work, with its progress in a line on standard error. Throws `StartError` when it is interrupted or cannot go on. */
export async function runLong<Done, Outcome>({
  work,
  progressOf,
  goOn,
}: LongRun<Done, Outcome>): Promise<{ readonly outcome: Outcome; readonly seconds: number }> {
  const line = new ProgressLine();
  const text = new ProgressText("images");
  const interrupts = waitForInterrupts(() => {});
  const start = performance.now();
  const onProgress = (done: Done): void => line.show(() => text.at(progressOf(done), performance.now()));
  try {
    const outcome = await work({ signal: interrupts.stopping, onProgress });
    return { outcome, seconds: Number(((performance.now() - start) / 1000).toFixed(1)) };
  } catch (error) {
    if (interrupts.stopping.aborted) throw new StartError(`Interrupted. ${goOn}`, { cause: error });
    if (error instanceof Failure) throw new StartError(`${error.message} ${goOn}`, { cause: error });
    throw error;
  } finally {
    interrupts.forget();
    line.clear();
  }
}
