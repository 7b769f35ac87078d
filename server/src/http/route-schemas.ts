import Type, { type TSchema } from "typebox";
import { Problem } from "./schemas.ts";

/** What the description says of calls that need a token. */
export const secured = [{ bearer: [] }];

/** An answer without a body. */
export const noContent = Type.Null({ description: "Done." });

/** The answers of a call: its own, and a problem for each of these statuses and any other failure; either where a status is in both. */
export function answers<T extends Record<number, TSchema>>(own: T, problems: readonly number[]): T {
  const problem = { description: "A problem (RFC 9457)", content: { "application/problem+json": { schema: Problem } } };
  const all: Record<string, unknown> = { ...own };
  for (const status of problems) all[status] = own[status] ? orProblem(own[status], problem) : problem;
  all.default = problem;
  return all as T;
}

function orProblem(schema: TSchema, problem: { readonly content: object }): object {
  return {
    description: "The answer, or a problem (RFC 9457)",
    content: { "application/json": { schema }, ...problem.content },
  };
}

/** A JSON body, a form, or either, as a request's body schema. */
export function bodies<J extends TSchema>(types: { readonly json?: J; readonly form?: TSchema }): J {
  const content: Record<string, { schema: TSchema }> = {};
  if (types.form) content["multipart/form-data"] = { schema: types.form };
  if (types.json) content["application/json"] = { schema: types.json };
  return { content } as unknown as J;
}
