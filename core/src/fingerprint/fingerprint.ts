/** Version of everything that decides a stored fingerprint's bits or its quality, decoding included: raised with every change of these. */
export const fingerprintsVersion = 1;

/** Fingerprints of 256 bits that the library computes. */
export const algorithms = ["pdq", "dct256", "dct256-trimmed"] as const;

/** One of {@link algorithms}. */
export type Algorithm = (typeof algorithms)[number];

/**
 * What one algorithm says of one picture.
 *
 * `code`: 32 bytes, in the order of the algorithm's hexadecimal text (64 digits). `quality`: 0–100, how much detail the code rests on.
 */
export interface Fingerprint {
  readonly algorithm: Algorithm;
  readonly code: Uint8Array;
  readonly quality: number;
}

/** Bytes of a code. */
export const codeBytes = 32;

/** Writes a code as hexadecimal text, lower case, two digits a byte. */
export function toHex(code: Uint8Array): string {
  let text = "";
  for (const byte of code) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Reads 64 hexadecimal digits as a code of 32 bytes; `undefined` when the text is anything else. */
export function fromHex(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{64}$/i.test(text)) return undefined;
  const code = new Uint8Array(codeBytes);
  for (let i = 0; i < codeBytes; i++) code[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return code;
}
