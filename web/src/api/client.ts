import createClient, { type Client } from "openapi-fetch";
import { type Outcome, readProblem, unreachable } from "./problem.ts";
import type { paths } from "./schema.ts";

/** The server's calls, typed from its own description. */
export type Api = Client<paths>;

/** Sends a request and brings its response. */
export type Send = (request: Request) => Promise<Response>;

/** The API, spoken through `send`. */
export function createApi(send: Send): Api {
  return createClient<paths>({ baseUrl: location.origin, fetch: send });
}

/** Waits for a call and sorts its answer; never rejects, as a request without an answer is an outcome too. */
export async function outcomeOf<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<Outcome<T>> {
  try {
    const { data, error, response } = await call;
    if (!response.ok) return { kind: "problem", problem: readProblem(response, error) };
    // A 204 has no value: its T is `undefined`.
    return { kind: "ok", value: data as T };
  } catch {
    return { kind: "problem", problem: unreachable() };
  }
}
