import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { Failure } from "../errors.ts";
import { problemOf } from "./problems.ts";

/** Node's codes for requests that it refuses before there is a request, where they mean more than that it cannot be read. */
const failures: Readonly<Record<string, Failure>> = {
  HPE_HEADER_OVERFLOW: new Failure("headers-too-large", "The headers of the request have more than 16 KiB."),
  ERR_HTTP_REQUEST_TIMEOUT: new Failure("request-timeout", "The request came too slowly."),
};
const unreadable = new Failure("malformed-request", "This is not an HTTP request that can be read.");

/** Answers what Node cannot parse as a problem, and ends the connection: where its next request would begin is not known. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const problem = problemOf(failures[error.code ?? ""] ?? unreadable);
  const body = JSON.stringify(problem);
  if (socket.writable) {
    const head = [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      "Content-Type: application/problem+json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "Connection: close",
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  }
  socket.destroySoon();
}
