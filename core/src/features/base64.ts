/** Bytes of a base64 text; core has neither atob nor Buffer. */
export function bytesOfBase64(text: string): Uint8Array {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const bytes = new Uint8Array(Math.floor((text.replace(/=+$/, "").length * 3) / 4));
  let pending = 0;
  let bits = 0;
  let at = 0;
  for (const digit of text) {
    const value = digits.indexOf(digit);
    if (value < 0) break;
    pending = (pending << 6) | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (pending >> bits) & 255;
    pending &= (1 << bits) - 1;
  }
  return bytes;
}
