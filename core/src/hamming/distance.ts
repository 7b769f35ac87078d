/** Differing bits between two codes of equal length in bytes (Hamming distance). */
export function hammingDistance(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let i = 0; i < a.length; i++) bits += popcount8[(a[i] as number) ^ (b[i] as number)] as number;
  return bits;
}

const popcount8 = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1;
  return bits;
});
