import { Failure } from "../errors.ts";

/** bcrypt reads 72 bytes and ignores the rest without a word (Provos and Mazières, USENIX 1999): a longer password is refused instead. */
export const passwordBytesMax = 72;

/** Shortest password that is taken (NIST SP 800-63B, 5.1.1.2). */
export const passwordLengthMin = 8;

/** Refuses what bcrypt would cut or stop at. Throws `password-too-long` or `invalid-request`. */
export function checkNewPassword(password: string): void {
  if (Buffer.byteLength(password) > passwordBytesMax)
    throw new Failure(
      "password-too-long",
      `The password has ${Buffer.byteLength(password)} bytes; at most ${passwordBytesMax} are possible (letters beyond ASCII count for more than one).`,
    );
  if (password.includes("\0")) throw invalid("must not contain the NUL character");
  if ([...password].length < passwordLengthMin) throw invalid(`must have at least ${passwordLengthMin} characters`);
}

/** Whether a password could be anybody's: when not, it need not be compared as it is. */
export function isPossiblePassword(password: string): boolean {
  return Buffer.byteLength(password) <= passwordBytesMax && !password.includes("\0");
}

function invalid(detail: string): Failure {
  return new Failure("invalid-request", `The password ${detail}.`, { errors: [{ pointer: "/password", detail }] });
}
