import { randomUUID } from "node:crypto";

/** A picture to send. */
export interface Upload {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** An HTTP answer, read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

/** Someone who uses the API; knows a token once logged in. */
export interface Person {
  readonly email: string;
  readonly password: string;
  readonly token: string;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  upload(files: readonly Upload[], fields?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Uploads without waiting for the pictures to be taken in. */
  uploadLater(files: readonly Upload[], fields?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Sends a form of parts named `image`. */
  send(path: string, files: readonly Upload[]): Promise<Answer>;
  search(file: Upload, query?: string): Promise<Answer>;
  download(
    path: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; headers: Headers; bytes: Buffer }>;
}

/** Calls the API as nobody. */
export async function call(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Sends JSON as nobody. */
export function post(url: string, body: unknown): Promise<Answer> {
  return call(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

/** Registers someone new and logs them in. */
export async function newPerson(
  server: { readonly url: string },
  email: string = `${randomUUID()}@example.org`,
): Promise<Person> {
  const password = "correct horse battery";
  const registered = await post(`${server.url}/api/register`, { email, password });
  if (registered.status !== 201) throw new Error(`register: ${registered.status} ${JSON.stringify(registered.body)}`);
  const { body } = await post(`${server.url}/api/login`, { email, password });
  return personWith(server.url, { email, password, token: body.token });
}

/** Someone with a token, good or not. */
export function personWith(url: string, who: { email: string; password: string; token: string }): Person {
  const authorization = `Bearer ${who.token}`;
  const post = (path: string, body: FormData, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    call(`${url}${path}`, { method: "POST", headers: { authorization, ...headers }, body });
  const send: Person["send"] = (path, files) => post(path, formOf(files));
  return {
    ...who,
    call: (method, path, body) => {
      const headers: Record<string, string> = { authorization };
      if (body === undefined) return call(`${url}${path}`, { method, headers });
      headers["content-type"] = "application/json";
      return call(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
    },
    upload: (files, fields = {}) => post("/api/upload", formOf(files, fields)),
    uploadLater: (files, fields = {}) => post("/api/upload", formOf(files, fields), { prefer: "respond-async" }),
    send,
    search: (file, query = "") => send(`/api/search${query}`, [file]),
    download: async (path, headers = {}) => {
      const response = await fetch(`${url}${path}`, { headers: { authorization, ...headers } });
      return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
    },
  };
}

/** A form of parts named `image`, behind its fields. */
export function formOf(files: readonly Upload[], fields: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const { name, bytes } of files) form.append("image", new Blob([new Uint8Array(bytes)]), name);
  return form;
}
