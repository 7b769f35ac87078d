import { Failure } from "../errors.ts";
import type { App } from "./app.ts";
import { sendFailure } from "./error-handler.ts";

/** Answers requests that no call is made for: 405 with `Allow` where other methods are taken (RFC 9110, 15.5.6), 404 elsewhere. Registered before the calls. */
export function unknownAddresses(app: App): void {
  const methodsOf = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const methods = methodsOf.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    methodsOf.set(url, methods);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.replace(/[?#].*$/s, "");
    const shown = `${request.method} ${request.url.slice(0, 200)}`;
    for (const [pattern, methods] of methodsOf) {
      if (!fits(path, pattern)) continue;
      reply.header("allow", [...methods].join(", "));
      return sendFailure(reply, new Failure("method-not-allowed", `${shown} is not a call; see Allow.`));
    }
    return sendFailure(reply, new Failure("not-found", `There is nothing at ${shown}.`));
  });
}

/** Whether a path is one of a route's pattern, whose segments may be parameters; patterns with a rest (`*`) fit nothing. */
function fits(path: string, pattern: string): boolean {
  const [given, wanted] = [path.split("/"), pattern.split("/")];
  return (
    given.length === wanted.length &&
    wanted.every((segment, i) => (segment.startsWith(":") ? given[i] !== "" : segment === given[i]))
  );
}
