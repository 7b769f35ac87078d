// Where everything lies in the memory of one index.
//
// A query costs what it touches of memory, so a code shares one 64-byte line with the links of its 12 chains: whoever comes
// along a chain has the next link and enough of the code to refuse it. Links of 24 bits leave room for 28 of the code's 32
// bytes; the rest lies aside with what only a match is asked for: its audience, and whether it is still held.

/** 12 bands of up to 21 bits, or 16 of up to 16: a band never straddles 64-bit words. */
export let bands: u32 = 12;
export let bandBitsMax: u32 = 21;
export const bandsMax: u32 = 16;
/** Of any layout. */
export const maskBits: u32 = 21;
export const bandBitsMin: u32 = 8;
export const bandRadiusMax: u32 = 4;
export const resultsMax: u32 = 16384;
export const slotsPerBlock: u32 = 512;
const blockShift: u32 = 9;
const inBlock: u32 = slotsPerBlock - 1;

/** 64 nibbles × 16 values × 32 bytes: what each nibble of a code contributes to the reordered code. */
export const orderTables: usize = 0x10000;
/** Every 21-bit mask of at most 4 set bits, by count of bits, then ascending: those of the lowest b bits come first. */
export const masks: usize = 0x18000;
export const queries: usize = 0x20000;
export const bandValues: usize = 0x20400;
export const group: usize = 0x20c00;
export const reordered: usize = 0x20d00;
export const distanceCounts: usize = 0x21000;
/** By query and band: who walks for it, for how many more it walks, how far, what going one bit farther would cost, and the codes in the first rings. */
export const leaders: usize = 0x21800;
export const followers: usize = 0x21a00;
export const radii: usize = 0x22000;
export const stepCosts: usize = 0x22800;
export const ringCrowds: usize = 0x23000;
/** The walks that go in step: four words each. */
export const walks: usize = 0x24800;
export const results: usize = 0x25000;
/** The next link of every chain that is being walked. */
export const frontier: usize = 0x45000;
export const frontierLinks: u32 = 0x10000;
/** Codes on their way in, or blocks on their way to and from a snapshot: never while chains are walked. */
export const staging: usize = frontier;
export const stagedAudiences: usize = staging + 0x20000;
/** How many codes have each value in the lowest bits of a band. */
export const crowdBits: u32 = 13;
const crowdShift: u32 = crowdBits + 2;
const crowds: usize = frontier + ((<usize>frontierLinks) << 2);
/** One directory a band: the first link of each chain. Pages never touched cost no memory. */
const directories: usize = crowds + ((<usize>bandsMax) << crowdShift);
let directoryShift: u32 = 0;
/** Behind 12 directories of 21 bits: 16 of 16 bits take less. */
const blocks: usize = directories + ((<usize>12) << (maskBits + 2));

const lineShift: u32 = 6;
const audiencesOffset: usize = (<usize>slotsPerBlock) << lineShift;
const heldOffset: usize = audiencesOffset + <usize>slotsPerBlock * 4;
const heldBytes: usize = <usize>slotsPerBlock / 8;
const tailsOffset: usize = heldOffset + heldBytes;
/** A block in a snapshot: 512 codes, their audiences, and which of them are held. */
export const packedBlock: usize = <usize>slotsPerBlock * 36 + heldBytes;
const pageBytes: u64 = 65536;
const pagesMax: i64 = 65536;
const pagesPerGrowth: i64 = 256;

/** 32-bit parts of a code that lie in its line; the others lie in the block's tails. */
let partsInLine: u32 = 0;
let tailParts: u32 = 0;
let blockBytes: usize = 0;
let headBytes: usize = 0;
let linkMask: u64 = 0;
let headMask: u32 = 0;
export let slotsMax: u32 = 0;
const linkPlaces = new StaticArray<u32>(<i32>bandsMax);
const linkShifts = new StaticArray<u32>(<i32>bandsMax);
/** Which 64-bit word of a code has a band, and from which bit on. */
const bandWords = new StaticArray<u32>(<i32>bandsMax);
const bandShifts = new StaticArray<u32>(<i32>bandsMax);
let bandMask: u32 = 0;

/**
 * Links of 24 bits reach 16.7 million codes of 72 bytes, 84 with 16 bands; links of 27 bits, for 12 bands alone, as many as 4 GiB hold,
 * 52 million of 80.
 */
export function layOut(bandCount: u32, linkBits: u32): bool {
  bands = bandCount;
  const perWord = bands / 4;
  bandBitsMax = 64 / perWord;
  bandMask = ((<u32>1) << bandBitsMax) - 1;
  directoryShift = bandBitsMax + 2;
  partsInLine = (512 - bands * linkBits) / 32;
  tailParts = 8 - partsInLine;
  blockBytes = tailsOffset + <usize>(slotsPerBlock * tailParts * 4);
  headBytes = linkBits == 24 ? 3 : 4;
  linkMask = ((<u64>1) << (<u64>linkBits)) - 1;
  headMask = <u32>linkMask;
  for (let band: u32 = 0; band < bands; band++) {
    // Eight bytes around the link, none of them behind the line.
    const bit = partsInLine * 32 + band * linkBits;
    const place = min<u32>(bit >> 3, 56);
    unchecked((linkPlaces[band] = place));
    unchecked((linkShifts[band] = bit - place * 8));
    unchecked((bandWords[band] = band / perWord));
    unchecked((bandShifts[band] = (band % perWord) * bandBitsMax));
  }
  const room = <u32>(((<u64>pagesMax - 1) * pageBytes - <u64>blocks) / <u64>blockBytes) * slotsPerBlock;
  slotsMax = min(room, headMask - 1);
  return reserve(0);
}

/** Makes room for so many slots; `false` when the memory cannot grow. New memory is zero. */
export function reserve(slots: u32): bool {
  const end = <u64>blocks + <u64>((slots + inBlock) >> blockShift) * <u64>blockBytes;
  const missing = <i64>((end + pageBytes - 1) / pageBytes) - <i64>memory.size();
  if (missing <= 0) return true;
  const room = pagesMax - <i64>memory.size();
  if (missing > room) return false;
  return memory.grow(<i32>min<i64>(max<i64>(missing, pagesPerGrowth), room)) >= 0;
}

/** Bytes that so many slots take, apart from the directories. */
export function bytesOf(slots: u32): f64 {
  const fixed = crowds + ((<usize>bands) << crowdShift);
  return <f64>fixed + <f64>((slots + inBlock) >> blockShift) * <f64>blockBytes;
}

export function directoryBytes(bits: u32): u64 {
  return (<u64>headBytes) << (<u64>bits);
}

function blockOf(slot: u32): usize {
  return blocks + <usize>(slot >> blockShift) * blockBytes;
}

/** The line of a slot: the first 16 bytes of the code at least, then its links. */
export function lineOf(slot: u32): usize {
  return blockOf(slot) + ((<usize>(slot & inBlock)) << lineShift);
}

export function audienceOf(slot: u32): usize {
  return blockOf(slot) + audiencesOffset + ((<usize>(slot & inBlock)) << 2);
}

function heldWordOf(slot: u32): usize {
  return blockOf(slot) + heldOffset + ((<usize>((slot & inBlock) >> 6)) << 3);
}

/** Which of the 64 slots around this one are held. */
export function heldAround(slot: u32): u64 {
  return load<u64>(heldWordOf(slot));
}

export function isHeld(slot: u32): bool {
  return ((heldAround(slot) >> <u64>(slot & 63)) & 1) != 0;
}

export function setHeld(slot: u32, held: bool): void {
  const at = heldWordOf(slot);
  const bit = (<u64>1) << (<u64>(slot & 63));
  store<u64>(at, held ? load<u64>(at) | bit : load<u64>(at) & ~bit);
}

function partAt(slot: u32, part: u32): usize {
  if (part < partsInLine) return lineOf(slot) + ((<usize>part) << 2);
  const tail = (slot & inBlock) * tailParts + part - partsInLine;
  return blockOf(slot) + tailsOffset + ((<usize>tail) << 2);
}

/** Writes a code of 32 bytes, in the order of the bands, to its slot. */
export function setCode(slot: u32, code: usize): void {
  for (let part: u32 = 0; part < 8; part++) store<u32>(partAt(slot, part), load<u32>(code + ((<usize>part) << 2)));
}

export function bandValue(slot: u32, band: u32): u32 {
  const part = wordOf(band) << 1;
  if (part < 4) return bandIn(load<u64>(lineOf(slot) + ((<usize>part) << 2)), band);
  return bandIn(<u64>load<u32>(partAt(slot, part)) | ((<u64>load<u32>(partAt(slot, part + 1))) << 32), band);
}

export function wordOf(band: u32): u32 {
  return unchecked(bandWords[band]);
}

export function bandIn(word: u64, band: u32): u32 {
  return <u32>(word >> <u64>unchecked(bandShifts[band])) & bandMask;
}

/** Differing bits between a slot's code and 32 bytes. */
export function distance(slot: u32, code: usize): i32 {
  let bits: i32 = 0;
  for (let part: u32 = 0; part < 8; part++) {
    bits += <i32>popcnt(load<u32>(partAt(slot, part)) ^ load<u32>(code + ((<usize>part) << 2)));
  }
  return bits;
}

// A link is the next slot of a chain plus one, 0 at the chain's end.

export function linkPlace(band: u32): usize {
  return <usize>unchecked(linkPlaces[band]);
}

export function linkShift(band: u32): u64 {
  return <u64>unchecked(linkShifts[band]);
}

export function linkBitsMask(): u64 {
  return linkMask;
}

export function linkOf(slot: u32, band: u32): u32 {
  return <u32>((load<u64>(lineOf(slot) + linkPlace(band)) >> linkShift(band)) & linkMask);
}

export function setLink(slot: u32, band: u32, link: u32): void {
  const at = lineOf(slot) + linkPlace(band);
  const shift = linkShift(band);
  store<u64>(at, (load<u64>(at) & ~(linkMask << shift)) | ((<u64>link) << shift));
}

export function crowdAt(band: u32, value: u32): usize {
  const low = value & (((<u32>1) << crowdBits) - 1);
  return crowds + ((<usize>((band << crowdBits) | low)) << 2);
}

function headAt(band: u32, bucket: u32): usize {
  return directories + ((<usize>band) << directoryShift) + <usize>bucket * headBytes;
}

export function headOf(band: u32, bucket: u32): u32 {
  return load<u32>(headAt(band, bucket)) & headMask;
}

/** Sets the head of a chain and returns what it was. */
export function swapHead(band: u32, bucket: u32, link: u32): u32 {
  const at = headAt(band, bucket);
  const old = load<u32>(at);
  store<u32>(at, (old & ~headMask) | link);
  return old & headMask;
}

export function setHead(band: u32, bucket: u32, link: u32): void {
  const at = headAt(band, bucket);
  store<u32>(at, (load<u32>(at) & ~headMask) | link);
}

/** Copies a block's codes, audiences and held bits to `to`. */
export function packBlock(block: u32, to: usize): void {
  const first = block << blockShift;
  for (let slot = first; slot < first + slotsPerBlock; slot++) {
    const at = to + ((<usize>(slot & inBlock)) << 5);
    for (let part: u32 = 0; part < 8; part++) store<u32>(at + ((<usize>part) << 2), load<u32>(partAt(slot, part)));
  }
  memory.copy(
    to + <usize>slotsPerBlock * 32,
    blockOf(first) + audiencesOffset,
    packedBlock - <usize>slotsPerBlock * 32,
  );
}

/** The inverse of `packBlock`. */
export function unpackBlock(block: u32, from: usize): void {
  const first = block << blockShift;
  for (let slot = first; slot < first + slotsPerBlock; slot++) setCode(slot, from + ((<usize>(slot & inBlock)) << 5));
  memory.copy(
    blockOf(first) + audiencesOffset,
    from + <usize>slotsPerBlock * 32,
    packedBlock - <usize>slotsPerBlock * 32,
  );
}
