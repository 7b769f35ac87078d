// The memory behind the tables: handed out from the bottom up, and what is given back is handed out again.
//
// Extents come in classes of size, eight for each doubling, so that an extent is at most a word or an eighth larger than asked for. Buckets
// that grow evenly leave one class nearly all at a time, long before others come to it: lists of free extents kept a fifth of the
// memory idle. So extents of up to 128 words lie in pages of their class with few holes between them: when these are more than a 64th, or some hundreds,
// the last extents of the class are moved there, and their buckets told. Larger ones, few, are listed when they are free (segregated fits:
// Wilson et al., Dynamic Storage Allocation, 1995). Sizes are counted in words of 4 bytes, places in units of 8, so that 29 bits name one.

import { none } from "./bucket";
import { rehouse } from "./postings";

/** By class, where layout.ts leaves room: the first extent that is free. Of those in pages the first word is then `none`, the second the next one's place. */
const freeExtents: usize = 0x24800;
/** By class of those in pages: the last page, how many extents it holds, how many all do, and how many of them are free. */
const lastPages: usize = 0x24c00;
const lastCounts: usize = 0x24c80;
const counts: usize = 0x24d00;
const freeCounts: usize = 0x24d80;
/** The largest class in pages, of 128 words. */
const pagedClassMax: u32 = 31;
/** A page: extents, from a multiple of 64 on so that those of 16 words are of one line, then the address of the page before it. */
const extentBytesInPage: usize = 4096;
const pageBytes: usize = extentBytesInPage + 64;
/** So many extents of a class may be free, and one for so many of all; never more than some hundreds, as all are closed up in one go. */
const freeMin: u32 = 16;
const freeShare: u32 = 64;
const freeMost: u32 = 512;
const memoryPageBytes: u64 = 65536;
/** One less than 4 GiB, so that no address behind an extent is beyond 32 bits. */
const memoryPagesMax: i64 = 65535;
const memoryPagesPerGrowth: i64 = 64;

let top: usize = 0;
let bottom: usize = 0;
let freePage: usize = 0;
/** While places must not change. */
let still: bool = false;

/** Starts an empty arena at an address; `false` when the memory cannot grow that far. */
export function openArena(at: usize): bool {
  bottom = at;
  top = at;
  return room(0);
}

/** Bytes that were ever handed out. */
export function arenaBytes(): f64 {
  return <f64>(top - bottom);
}

/** Grows the memory until so many bytes can be handed out; `false` when it cannot. New memory is zero. */
export function room(bytes: u64): bool {
  const missing = <i64>((<u64>top + bytes + memoryPageBytes - 1) / memoryPageBytes) - <i64>memory.size();
  if (missing <= 0) return true;
  const left = memoryPagesMax - <i64>memory.size();
  if (missing > left) return false;
  return memory.grow(<i32>min<i64>(max<i64>(missing, memoryPagesPerGrowth), left)) >= 0;
}

/** Hands out bytes, a multiple of 64 as all that is handed out, for good and at a multiple of 64; there must be room. */
export function take(bytes: usize): usize {
  const at = top;
  top += bytes;
  return at;
}

function unitsOf(at: usize): u32 {
  return <u32>(at >> 3);
}

/** The smallest class whose extents hold so many words, one at least. */
export function classOf(words: u32): u32 {
  if (words <= 16) return (words + 1) / 2 - 1;
  const doubling = 31 - <u32>clz(words - 1);
  return 8 * (doubling - 3) + (((words - 1) >> (doubling - 3)) & 7);
}

/** Words in an extent of a class. */
export function wordsIn(extentClass: u32): u32 {
  return select<u32>(2 * extentClass + 2, ((extentClass & 7) + 9) << (extentClass / 8), extentClass < 8);
}

function bytesIn(extentClass: u32): usize {
  return (<usize>wordsIn(extentClass)) << 2;
}

/** Bytes that must be to hand for an extent of so many words: a page where it may take one; none for no words. */
export function bytesFor(words: u32): u64 {
  if (words == 0) return 0;
  const extentClass = classOf(words);
  return extentClass <= pagedClassMax ? <u64>pageBytes : <u64>bytesIn(extentClass);
}

/** Hands out an extent: its place in units of 8 bytes; there must be room. */
export function handOut(extentClass: u32): u32 {
  const place = read(freeExtents, extentClass);
  const paged = extentClass <= pagedClassMax;
  if (place == 0) return paged ? handOutOfPage(extentClass) : unitsOf(take(bytesIn(extentClass)));
  write(freeExtents, extentClass, load<u32>(((<usize>place) << 3) + (paged ? 4 : 0)));
  if (paged) change(freeCounts, extentClass, -1);
  return place;
}

/** Takes an extent back. Unless moving was stopped, others of its class may be moved: every extent's bucket must be in its directory, and hold a posting. */
export function release(place: u32, extentClass: u32): void {
  const at = (<usize>place) << 3;
  const next = read(freeExtents, extentClass);
  write(freeExtents, extentClass, place);
  if (extentClass > pagedClassMax) return store<u32>(at, next);
  store<u32>(at, none);
  store<u32>(at, next, 4);
  change(freeCounts, extentClass, 1);
  if (!still) closeUp(extentClass);
}

/** From now on places do not change, until `goOnMoving`. */
export function stopMoving(): void {
  still = true;
}

export function goOnMoving(): void {
  still = false;
  for (let extentClass: u32 = 0; extentClass <= pagedClassMax; extentClass++) closeUp(extentClass);
}

function read(table: usize, extentClass: u32): u32 {
  return load<u32>(table + ((<usize>extentClass) << 2));
}

function write(table: usize, extentClass: u32, word: u32): void {
  store<u32>(table + ((<usize>extentClass) << 2), word);
}

function change(table: usize, extentClass: u32, by: i32): void {
  write(table, extentClass, read(table, extentClass) + by);
}

function handOutOfPage(extentClass: u32): u32 {
  const bytes = bytesIn(extentClass);
  if (read(lastPages, extentClass) == 0 || read(lastCounts, extentClass) == perPage(bytes)) {
    const page = newPage();
    setBefore(page, read(lastPages, extentClass));
    write(lastPages, extentClass, <u32>page);
    write(lastCounts, extentClass, 0);
  }
  change(lastCounts, extentClass, 1);
  change(counts, extentClass, 1);
  return unitsOf(lastOf(extentClass));
}

function perPage(bytes: usize): u32 {
  return <u32>(extentBytesInPage / bytes);
}

/** Moves the last extents of a class to where others were given back, if these are too many. */
function closeUp(extentClass: u32): void {
  if (read(freeCounts, extentClass) <= freeMin + min(read(counts, extentClass) / freeShare, freeMost)) return;
  let place = read(freeExtents, extentClass);
  write(freeExtents, extentClass, 0);
  write(freeCounts, extentClass, 0);
  while (place != 0) {
    const at = (<usize>place) << 3;
    const next = load<u32>(at, 4);
    dropFree(extentClass);
    if (load<u32>(at) == none) moveLast(place, extentClass);
    place = next;
  }
}

/** Drops the free extents at the end of a class, marked by another first word as dropped. */
function dropFree(extentClass: u32): void {
  while (read(counts, extentClass) != 0) {
    const last = lastOf(extentClass);
    if (load<u32>(last) != none) return;
    store<u32>(last, 0);
    dropLast(extentClass);
  }
}

function moveLast(place: u32, extentClass: u32): void {
  const last = lastOf(extentClass);
  memory.copy((<usize>place) << 3, last, bytesIn(extentClass));
  rehouse(unitsOf(last), place);
  dropLast(extentClass);
}

function lastOf(extentClass: u32): usize {
  const before = <usize>read(lastCounts, extentClass) - 1;
  return <usize>read(lastPages, extentClass) + before * bytesIn(extentClass);
}

function dropLast(extentClass: u32): void {
  change(counts, extentClass, -1);
  change(lastCounts, extentClass, -1);
  if (read(lastCounts, extentClass) != 0) return;
  const page = <usize>read(lastPages, extentClass);
  const before = pageBefore(page);
  write(lastPages, extentClass, before);
  write(lastCounts, extentClass, before == 0 ? 0 : perPage(bytesIn(extentClass)));
  setBefore(page, <u32>freePage);
  freePage = page;
}

function newPage(): usize {
  const page = freePage;
  if (page == 0) return take(pageBytes);
  freePage = <usize>pageBefore(page);
  return page;
}

function pageBefore(page: usize): u32 {
  return load<u32>(page + extentBytesInPage);
}

function setBefore(page: usize, before: u32): void {
  store<u32>(page + extentBytesInPage, before);
}
