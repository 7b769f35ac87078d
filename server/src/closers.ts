/** What was opened, to be closed in the reverse order, each once; one that fails does not keep the others open. */
export function closers(): { add(close: () => Promise<void> | void): void; close(): Promise<void> } {
  const open: (() => Promise<void> | void)[] = [];
  return {
    add: (close) => {
      open.push(close);
    },
    close: async () => {
      const failures: unknown[] = [];
      for (let close = open.pop(); close; close = open.pop()) {
        try {
          await close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, "not everything could be closed");
    },
  };
}
