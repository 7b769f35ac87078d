import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { Failure, type FieldError } from "../errors.ts";
import { internalProblem, type Problem, problemOf } from "./problems.ts";

const fieldErrorsMax = 20;

/** Answers every error of a request as a problem; an unexpected one is logged and says nothing of its inside. */
export function answerError(
  error: FastifyError | Failure | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const failure = failureOf(error);
  if (!failure) {
    request.log.error({ err: error }, "unexpected error");
    return sendProblem(reply, internalProblem);
  }
  if (failure.cause !== undefined) request.log.warn({ err: failure }, failure.code);
  return sendFailure(reply, failure);
}

/** Answers a failure as the problem it is, with the headers that belong to it. */
export function sendFailure(reply: FastifyReply, failure: Failure): FastifyReply {
  if (failure.retryAfterS !== undefined) reply.header("retry-after", String(failure.retryAfterS));
  if (failure.code === "unauthenticated") reply.header("www-authenticate", 'Bearer realm="utsuru"');
  return sendProblem(reply, problemOf(failure));
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  // Fastify would close on a body that is too large; lingering-close.ts reads on a little, so that the client sees why.
  return reply
    .removeHeader("connection")
    .code(problem.status)
    .type("application/problem+json; charset=utf-8")
    .serializer(JSON.stringify)
    .send(problem);
}

function failureOf(error: FastifyError | Failure | Error): Failure | undefined {
  if (error instanceof Failure) return error;
  if ("validation" in error && error.validation) return invalidRequest(error);
  return "statusCode" in error ? frameworkFailure(error) : undefined;
}

/** Fastify's own refusals of a request, by their stable codes. */
function frameworkFailure(error: FastifyError): Failure | undefined {
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new Failure("payload-too-large", "The body is larger than this call takes.");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_INVALID_CONTENT_TYPE":
      return new Failure("unsupported-media-type", "The Content-Type is not one that this call takes.");
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
    case "FST_ERR_CTP_INVALID_JSON_BODY":
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new Failure("malformed-request", "The body is not well-formed JSON.");
    case "FST_ERR_BAD_URL":
      return new Failure("malformed-request", "The address cannot be read.");
    default:
      return failureOfStatus(error.statusCode ?? 500);
  }
}

/** What Fastify and its plugins refuse without a code of its own: paths out of a folder of assets, ranges beyond a file. */
function failureOfStatus(status: number): Failure | undefined {
  if (status < 400 || status >= 500) return undefined;
  if (status === 403 || status === 404) return new Failure("not-found", "There is no such file.");
  if (status === 416) return new Failure("range-not-satisfiable", "The file has no such bytes.");
  return new Failure("malformed-request", "The request cannot be read, or asks for what does not hold.");
}

function invalidRequest(error: FastifyError): Failure {
  const errors: FieldError[] = (error.validation ?? []).slice(0, fieldErrorsMax).map((issue) => {
    const extra = issue.params.additionalProperty ?? issue.params.missingProperty;
    const pointer = typeof extra === "string" ? `${issue.instancePath}/${escapePointer(extra)}` : issue.instancePath;
    return { pointer, detail: sentenceOf(issue.keyword, issue.message) };
  });
  const first = errors[0];
  const detail = first
    ? `${first.pointer.slice(1) || `The ${error.validationContext ?? "request"}`} ${first.detail}.`
    : "The request is not valid.";
  return new Failure("invalid-request", detail, { errors });
}

function sentenceOf(keyword: string, message = "is not valid"): string {
  if (keyword === "additionalProperties") return "is not a known field";
  if (keyword === "required") return "is missing";
  return message;
}

/** RFC 6901, 3. A name that a client made up is cut: it is echoed. */
function escapePointer(name: string): string {
  return name.slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1");
}
