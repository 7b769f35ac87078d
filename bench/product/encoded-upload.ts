import { call, formOf, type Upload } from "../../server/test/support/person.ts";
import { idsOf, type Library } from "./library.ts";

/** A form of one file as it goes over the wire, so that what is timed is the server's work and not how a client builds forms. */
export interface EncodedUpload {
  readonly contentType: string;
  readonly body: Uint8Array;
}

export async function encodeUpload(file: Upload): Promise<EncodedUpload> {
  const encoded = new Response(formOf([file]));
  return { contentType: encoded.headers.get("content-type") ?? "", body: await encoded.bytes() };
}

/** Uploads it. Throws unless the file was new. */
export async function sendUpload(
  { server, owner }: Pick<Library, "server" | "owner">,
  { contentType, body }: EncodedUpload,
): Promise<void> {
  const headers = { authorization: `Bearer ${owner.token}`, "content-type": contentType };
  idsOf(await call(`${server.url}/api/upload`, { method: "POST", headers, body }), 1);
}
