/** How questions are put together. */
export interface BatchingOptions {
  /** Most questions of one batch. */
  readonly sizeMax: number;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/** Two, so that a statement that hangs does not hold up all others. */
const batchesAtOnce = 2;

/**
 * Returns a function that answers one question, which may be asked many times at once: what is asked in one turn of the event loop, as by
 * requests that came at once, goes out together at its end when there is room, and with all that wait otherwise. Nothing is
 * remembered: its answer is of a batch that began after it was asked.
 *
 * `answerAll` gives the answers in the order of the questions; when it fails, all of them have failed.
 */
export function inBatches<Question, Answer>(
  answerAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  { sizeMax }: BatchingOptions,
): (question: Question) => Promise<Answer> {
  const waiting: Waiting<Question, Answer>[] = [];
  let running = 0;
  let isDue = false;

  const run = async (): Promise<void> => {
    running++;
    for (let batch = waiting.splice(0, sizeMax); batch.length > 0; batch = waiting.splice(0, sizeMax)) {
      await settle(batch, answerAll);
    }
    running--;
  };

  const begin = (): void => {
    isDue = false;
    while (waiting.length > 0 && running < batchesAtOnce) void run();
  };

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      if (isDue || running === batchesAtOnce) return;
      isDue = true;
      setImmediate(begin);
    });
}

async function settle<Question, Answer>(
  batch: readonly Waiting<Question, Answer>[],
  answerAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
): Promise<void> {
  try {
    const answers = await answerAll(batch.map(({ question }) => question));
    batch.forEach(({ resolve }, i) => {
      resolve(answers[i] as Answer);
    });
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}
