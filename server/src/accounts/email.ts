import { domainToASCII } from "node:url";
import { Failure } from "../errors.ts";

/** An address as it was written, and folded to the form in which two spellings of one mailbox are equal. */
export interface Email {
  readonly text: string;
  readonly key: string;
}

/** Octets of the longest address that mail can carry (RFC 5321, 4.5.3.1.3, less the angle brackets). */
const bytesMax = 254;

/** Reads an address: outer spaces dropped, Unicode in NFKC, case folded, the domain in its ASCII form. Throws `invalid-request`. */
export function parseEmail(written: string): Email {
  const text = written.trim().normalize("NFKC");
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at).toLowerCase();
  const domain = isHostAlone(text.slice(at + 1)) ? domainToASCII(text.slice(at + 1)) : "";
  const key = `${local}@${domain}`;
  if (
    at < 1 ||
    !/^[^\s@"(),:;<>[\\\]\p{C}]{1,64}$/u.test(local) ||
    !isMailDomain(domain) ||
    Buffer.byteLength(key) > bytesMax
  )
    throw new Failure("invalid-request", "This is not an e-mail address.", {
      errors: [{ pointer: "/email", detail: "must be an e-mail address, such as name@example.org" }],
    });
  return { text, key };
}

/** `domainToASCII` reads as a URL does: it would drop what follows a slash, and tabs and line ends inside. */
function isHostAlone(written: string): boolean {
  return !/[\s\p{Cc}\p{Cs}/\\?#%@:[\]]/u.test(written);
}

function isMailDomain(domain: string): boolean {
  return /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/.test(domain);
}
