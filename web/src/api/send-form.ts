/** How a form is sent: with whose token, told to whom, until when. */
export interface SendFormOptions {
  readonly token: string;
  readonly signal: AbortSignal;
  /** Called with the share of the bytes that left, 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/**
 * Posts a form and tells how far it got; rejects with `TypeError` when no answer came, as `fetch` does.
 * XMLHttpRequest, since `fetch` says nothing of an upload until it is over.
 */
export function sendForm(url: string, form: FormData, options: SendFormOptions): Promise<Response> {
  const { token, signal, onProgress } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const abort = (): void => request.abort();
    signal.addEventListener("abort", abort, { once: true });
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0));
    request.upload.addEventListener("load", () => onProgress(1));
    request.addEventListener("load", () => resolve(responseOf(request)));
    request.addEventListener("error", () => reject(new TypeError("no answer")));
    request.addEventListener("abort", () => reject(signal.reason));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    request.open("POST", url);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.send(form);
  });
}

function responseOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const name of ["content-type", "retry-after"]) {
    const value = request.getResponseHeader(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(request.responseText, { status: request.status, headers });
}
