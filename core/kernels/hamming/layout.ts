// Where everything lies in the memory of one index.
//
// A query costs what it touches of memory, and most of all how many pages of it: so a code's posting tells enough of the code
// to refuse most of those that share a bucket, the postings of a bucket lie side by side, and only what is left is looked up
// among the codes. Codes lie in blocks of 512, given out as they are needed between the buckets.

import { openArena, room, take } from "./arena";

/** 11 bands of 23 bits, or 16 of 16. */
export let bands: u32 = 11;
export let bandBits: u32 = 23;
export const bandsMax: u32 = 16;
/** Bits of a band that may choose its bucket; those above are told by the posting. */
export const bucketBitsMin: u32 = 8;
export const bucketBitsMax: u32 = 20;
export const bandRadiusMax: u32 = 4;
export const resultsMax: u32 = 16384;
export const slotsPerBlock: u32 = 512;
const blockShift: u32 = 9;
const inBlock: u32 = slotsPerBlock - 1;

/** 64 nibbles × 16 values × 32 bytes: what each nibble of a code contributes to the reordered code. */
export const orderTables: usize = 0x10000;
/** Every 20-bit mask of at most 4 set bits, times the 8 bytes of a bucket's word, by count of bits, then ascending: those of the lowest b bits come first. */
export const masks: usize = 0x18000;
/** The walks of a query: for each whom it is for, a bit for each query, then its leader and its band. */
export const walks: usize = 0x1e800;
/** By query and band: how many rings of words were gathered. */
export const ringsGathered: usize = 0x1f800;
export const queries: usize = 0x20000;
export const bandValues: usize = 0x20400;
export const reordered: usize = 0x20d00;
/** Up to 64 postings that are being sorted, and where each goes. */
export const sorting: usize = 0x20e00;
export const distanceCounts: usize = 0x21000;
/** By query and band: who walks for it, for how many more it walks, how far, what going one bit farther would cost, and the codes in the first rings. */
export const leaders: usize = 0x21800;
export const followers: usize = 0x21a00;
export const radii: usize = 0x22000;
export const stepCosts: usize = 0x22800;
export const ringCrowds: usize = 0x23000;
// 0x24800: the arena's lists.
export const results: usize = 0x25000;
/** The buckets of a ring that hold anything near. */
export const hits: usize = 0x45000;
/** Looks into buckets that are due: in such as are in order, for postings of one tag; then in whole ones. */
export const exactLooks: usize = hits + 0x14000;
export const exactMax: u32 = 0x400;
export const wholeLooks: usize = exactLooks + ((<usize>exactMax) << 4);
export const wholeMax: u32 = 0x200;
/** Lines of postings beside those that were looked into first. */
export const spilled: usize = wholeLooks + ((<usize>wholeMax) << 5);
const spilledMax: u32 = exactMax * 2;
/** The slots whose postings were near, each with its walk. */
export const met: usize = spilled + ((<usize>spilledMax) << 4);
export const metMax: u32 = 0x2000;
/** Codes on their way in, or blocks on their way to and from a snapshot: never during a walk. */
export const staging: usize = hits;
export const stagedAudiences: usize = staging + 0x20000;
/** Where each block of 512 slots lies. */
const blockTable: usize = met + ((<usize>metMax) << 3);
const blocksMax: u32 = 0x20000;
/** How many postings each bucket of a band is about to get, then where the next of them goes. Pages never touched cost no memory, here and below. */
export const arrivals: usize = blockTable + ((<usize>blocksMax) << 2);
/** The words of a farther ring's buckets, at most 4,845. */
export const farRing: usize = arrivals + ((<usize>4) << bucketBitsMax);
/** By query and band: the words of the buckets in the first three rings, at most 211. */
const rings: usize = farRing + 0x9800;
const ringPlaceBytes: usize = 1688;
/** As many as multi-index.ts lets through. */
const queriesMax: u32 = 32;
/** One directory a band, each with room for the most buckets, at a multiple of that. */
const directories: usize = (rings + queriesMax * bandsMax * ringPlaceBytes + 0x7fffff) & ~0x7fffff;
let directoryShift: u32 = 0;
/** Behind 11 directories of 20 bits: 16 of 16 bits take less. */
const arena: usize = directories + ((<usize>11) << (bucketBitsMax + 3));

const audiencesOffset: usize = (<usize>slotsPerBlock) << 5;
const heldOffset: usize = audiencesOffset + <usize>slotsPerBlock * 4;
const heldBytes: usize = <usize>slotsPerBlock / 8;
/** A block, in memory as in a snapshot: 512 codes, their audiences, and which of them are held. */
export const blockBytes: usize = heldOffset + heldBytes;

/** A posting is a slot, and above it as many of the band's bits as there is room for: those that follow the bucket's. */
export let slotBits: u32 = 24;
export let tagBits: u32 = 8;
export let slotMask: u32 = 0xffffff;
export let slotsMax: u32 = 0;
/** Slots for whose codes and postings memory was made sure of. */
let slotsProvided: u32 = 0;
/** What postings may take beyond their share: a page of each class, as many as half-filled extents of the smallest directories, and a block's slots without postings yet. */
const spareBytes: u64 = 0x40000;
let blockCount: u32 = 0;
let bytesPerSlot: u64 = 0;
let ringBytes: usize = 0;
let bandMask: u32 = 0;

/** Postings with 24 bits for a slot reach 16.7 million codes; with 27, as many as 4 GiB hold: 45 million in 11 bands. */
export function layOut(bandCount: u32, bitsOfSlot: u32): bool {
  bands = bandCount;
  bandBits = 256 / bands;
  bandMask = ((<u32>1) << bandBits) - 1;
  directoryShift = min(bandBits, bucketBitsMax) + 3;
  slotBits = bitsOfSlot;
  tagBits = 32 - bitsOfSlot;
  slotMask = ((<u32>1) << slotBits) - 1;
  // Measured: 87 to 89 bytes a code with 11 bands. Extents may be an eighth larger than what they hold.
  bytesPerSlot = 38 + <u64>bands * 5;
  const memory = ((<u64>1) << 32) - 2 * 65536 - spareBytes - <u64>blockBytes - <u64>arena;
  slotsMax = min(<u32>(memory / bytesPerSlot), min(slotMask, blocksMax * slotsPerBlock));
  return openArena(arena);
}

/** Makes sure that so many slots with all their postings find room; `false` when the memory cannot grow. */
export function reserve(slots: u32): bool {
  if (slots <= slotsProvided) return true;
  if (slots > slotsMax) return false;
  const ahead = <u64>(slots - min(slots, blockCount << blockShift)) * bytesPerSlot;
  if (!room(ahead + <u64>blockBytes + spareBytes)) return false;
  slotsProvided = slots;
  return true;
}

/** Gives slots their blocks, up to before `end`; `false` when there is no room. New blocks are zero. */
export function placeBlocks(end: u32): bool {
  const count = (end + inBlock) >> blockShift;
  if (count > blocksMax) return false;
  for (; blockCount < count; blockCount++) {
    if (!room(<u64>blockBytes)) return false;
    store<u32>(blockTable + ((<usize>blockCount) << 2), <u32>take(blockBytes));
  }
  return true;
}

/** Bytes that are written to whatever the index holds, apart from directories and what the arena gave out. */
export function fixedBytes(): f64 {
  return <f64>blockTable + <f64>blockCount * 4 + <f64>ringBytes;
}

function blockOf(slot: u32): usize {
  return <usize>load<u32>(blockTable + ((<usize>(slot >> blockShift)) << 2));
}

/** By which tables of queries and bands go. */
export function placeOf(query: u32, band: u32): usize {
  return <usize>(query * bandsMax + band);
}

export function ringsOf(query: u32, band: u32): usize {
  return rings + placeOf(query, band) * ringPlaceBytes;
}

/** Notes that memory is about to be written to for a query's rings, and for farther ones. */
export function touchRings(query: u32): void {
  ringBytes = max(ringBytes, ringsOf(query + 1, 0) - farRing);
}

/** A slot's code, in the order of the bands. */
export function codeOf(slot: u32): usize {
  return blockOf(slot) + ((<usize>(slot & inBlock)) << 5);
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

/** Which of the 64 slots from one on, a multiple of 64, are held and between two slots. */
export function heldBetween(row: u32, first: u32, end: u32): u64 {
  const from = first > row ? <u64>(first - row) : 0;
  const beyond = end - row < 64 ? (<u64>-1) << (<u64>(end - row)) : 0;
  return heldAround(row) & ((<u64>-1) << from) & ~beyond;
}

export function isHeld(slot: u32): bool {
  return ((heldAround(slot) >> <u64>(slot & 63)) & 1) != 0;
}

export function setHeld(slot: u32, held: bool): void {
  const at = heldWordOf(slot);
  const bit = (<u64>1) << (<u64>(slot & 63));
  store<u64>(at, held ? load<u64>(at) | bit : load<u64>(at) & ~bit);
}

/** Writes a code of 32 bytes, in the order of the bands, to its slot. */
export function setCode(slot: u32, code: usize): void {
  memory.copy(codeOf(slot), code, 32);
}

export function bandValue(slot: u32, band: u32): u32 {
  return bandIn(codeOf(slot), band);
}

/** The value of a band of 32 bytes in the order of the bands. */
export function bandIn(code: usize, band: u32): u32 {
  const bit = band * bandBits;
  return (load<u32>(code + (bit >> 3)) >> (bit & 7)) & bandMask;
}

/** Differing bits between two codes of 32 bytes. */
export function distance(code: usize, other: usize): i32 {
  return (
    halfDistance(code, other) +
    <i32>popcnt(load<u64>(code, 16) ^ load<u64>(other, 16)) +
    <i32>popcnt(load<u64>(code, 24) ^ load<u64>(other, 24))
  );
}

/** Differing bits between the first halves of two codes. */
export function halfDistance(code: usize, other: usize): i32 {
  return <i32>popcnt(load<u64>(code) ^ load<u64>(other)) + <i32>popcnt(load<u64>(code, 8) ^ load<u64>(other, 8));
}

export function bucketAt(band: u32, bucket: u32): usize {
  return directories + ((<usize>band) << directoryShift) + ((<usize>bucket) << 3);
}

export function directoryBytes(bits: u32): u64 {
  return (<u64>8) << (<u64>bits);
}

/** Copies a block's codes, audiences and held bits to `to`. */
export function packBlock(block: u32, to: usize): void {
  memory.copy(to, blockOf(block << blockShift), blockBytes);
}

/** The inverse of `packBlock`. */
export function unpackBlock(block: u32, from: usize): void {
  memory.copy(blockOf(block << blockShift), from, blockBytes);
}
