import { codeBytes } from "@utsuru/core/fingerprint";

/** Bits of a band; 16 of them make a code. */
const bandBits = 16;

/**
 * The keys to look for in the index of `code_bands` (migration 0005): each band of the code as it is, and with each one bit changed.
 *
 * By the pigeonhole principle that misses nothing: of codes whose 16 bands all differ in two bits or more, 32 bits differ.
 */
export function keysToTry(code: Uint8Array): number[] {
  return Array.from({ length: codeBytes / 2 }, (_, band) => {
    const key = (band << bandBits) | ((code[2 * band] as number) << 8) | (code[2 * band + 1] as number);
    return [key, ...Array.from({ length: bandBits }, (_, bit) => key ^ (1 << bit))];
  }).flat();
}
