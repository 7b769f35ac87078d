/** Bytes of one code. */
export const codeBytes = 32;

/** Bits of one code, and so the largest distance there is. */
export const codeBits = 256;

const wordsPerCode = 8;

/**
 * A code as eight 32-bit words, little-endian.
 *
 * @throws RangeError when the code is not 32 bytes long: it would shift every code behind it.
 */
export function codeWords(code: Uint8Array): Uint32Array {
  if (code.length !== codeBytes) throw new RangeError(`expected a code of ${codeBytes} bytes, got ${code.length}`);
  const words = new Uint32Array(wordsPerCode);
  const view = new DataView(code.buffer, code.byteOffset, codeBytes);
  for (let i = 0; i < wordsPerCode; i++) words[i] = view.getUint32(i * 4, true);
  return words;
}
