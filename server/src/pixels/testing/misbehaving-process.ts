/** A decoding process that does what the path of its job says: tests of the pool need one that dies or hangs when told to. */
import type { Answer, Job, Message } from "../messages.ts";

function say(message: Message): void {
  process.send?.(message);
}

function answerWith(text: string): void {
  const answer: Answer = { kind: "done", job: "derive", picture: Buffer.from(text) };
  say({ kind: "answer", answer, rssBytes: 0 });
}

process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("message", ({ path }: Job) => {
  switch (path) {
    case "crash":
      return process.abort();
    case "leave":
      return process.exit(0);
    case "hang":
      for (;;);
    case "wait":
      return setTimeout(() => answerWith(String(process.pid)), 300);
    default:
      return answerWith(String(process.pid));
  }
});
say({ kind: "ready" });
