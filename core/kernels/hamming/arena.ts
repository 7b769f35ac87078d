// The memory behind the tables: handed out from the bottom up, and what is given back is handed out again.
//
// Extents come in classes of size, eight for each doubling, so that an extent is at most an eighth larger than asked for. Buckets
// that grow evenly leave one class nearly all at a time, long before others come to it: lists of free extents kept a fifth of the
// memory idle. So extents of up to 128 words lie in pages of their class without a hole: where one is given back, the last of the class
// is moved there, and its bucket told. Larger ones, few, are listed when they are free (segregated fits: Wilson et al., Dynamic Storage
// Allocation, 1995). Sizes are counted in words of 4 bytes, places in units of 8, so that 29 bits name one.

import { none } from "./bucket";
import { rehouse } from "./postings";

/** The first free extent of each class, before the tables of layout.ts. */
const freeExtents: usize = 0x24800;
/** Of each class in pages its last page, and behind them how many extents that holds. */
const lastPages: usize = 0x24c00;
const lastCounts: usize = 0x24c80;
/** Of each class in pages the first extent that was abandoned. */
const abandonedExtents: usize = 0x24d00;
/** The largest class in pages, of 128 words. */
const pagedClassMax: u32 = 31;
/** A page: the address of the one before it in 8 bytes, then extents. */
const pageHeader: usize = 8;
const extentBytesInPage: usize = 4096;
const memoryPageBytes: u64 = 65536;
const memoryPagesMax: i64 = 65536;
const memoryPagesPerGrowth: i64 = 64;

let top: usize = 0;
let bottom: usize = 0;
let freePage: usize = 0;

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

/** Hands out bytes, a multiple of 64, for good and at a multiple of 64; there must be room for 64 more. */
export function take(bytes: usize): usize {
  const at = (top + 63) & ~63;
  top = at + bytes;
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
  return extentClass <= pagedClassMax ? <u64>(pageHeader + extentBytesInPage) : <u64>bytesIn(extentClass);
}

/** Hands out an extent: its place in units of 8 bytes; there must be room. */
export function allot(extentClass: u32): u32 {
  if (extentClass <= pagedClassMax) return allotInPage(extentClass);
  const list = freeExtents + ((<usize>extentClass) << 2);
  const place = load<u32>(list);
  if (place == 0) return unitsOf(raise(bytesIn(extentClass)));
  store<u32>(list, load<u32>((<usize>place) << 3));
  return place;
}

/** Takes an extent back. Another of its class may be moved to its place: every extent's bucket must be in its directory, and hold a posting. */
export function release(place: u32, extentClass: u32): void {
  if (extentClass <= pagedClassMax) return fill(place, extentClass);
  const list = freeExtents + ((<usize>extentClass) << 2);
  store<u32>((<usize>place) << 3, load<u32>(list));
  store<u32>(list, place);
}

/** Notes an extent that no bucket holds any more, to be taken back by `releaseAbandoned`: until then nothing is moved. */
export function abandon(place: u32, extentClass: u32): void {
  if (extentClass > pagedClassMax) return release(place, extentClass);
  const list = abandonedExtents + ((<usize>extentClass) << 2);
  store<u32>((<usize>place) << 3, none);
  store<u32>((<usize>place) << 3, load<u32>(list), 4);
  store<u32>(list, place);
}

export function releaseAbandoned(): void {
  for (let extentClass: u32 = 0; extentClass <= pagedClassMax; extentClass++) {
    const list = abandonedExtents + ((<usize>extentClass) << 2);
    let place = load<u32>(list);
    store<u32>(list, 0);
    while (place != 0) {
      const next = load<u32>((<usize>place) << 3, 4);
      dropAbandoned(extentClass);
      if (load<u32>((<usize>place) << 3) == none) fill(place, extentClass);
      place = next;
    }
  }
}

/** Takes away what was abandoned at the end of a class, and marks it as gone. */
function dropAbandoned(extentClass: u32): void {
  while (load<u32>(lastCounts + ((<usize>extentClass) << 2)) != 0) {
    const last = lastOf(extentClass);
    if (load<u32>(last) != none) return;
    store<u32>(last, 0);
    dropLast(extentClass);
  }
}

function allotInPage(extentClass: u32): u32 {
  const bytes = bytesIn(extentClass);
  const lastPage = lastPages + ((<usize>extentClass) << 2);
  const lastCount = lastCounts + ((<usize>extentClass) << 2);
  let count = load<u32>(lastCount);
  if (count == perPage(bytes) || load<u32>(lastPage) == 0) {
    const page = newPage();
    store<u32>(page, load<u32>(lastPage));
    store<u32>(lastPage, <u32>page);
    count = 0;
  }
  store<u32>(lastCount, count + 1);
  return unitsOf(<usize>load<u32>(lastPage) + pageHeader + <usize>count * bytes);
}

function perPage(bytes: usize): u32 {
  return <u32>(extentBytesInPage / bytes);
}

/** Moves the last extent of a class to a place that was given back. */
function fill(place: u32, extentClass: u32): void {
  const last = lastOf(extentClass);
  if (unitsOf(last) != place) {
    memory.copy((<usize>place) << 3, last, bytesIn(extentClass));
    rehouse(unitsOf(last), place);
  }
  dropLast(extentClass);
}

function lastOf(extentClass: u32): usize {
  const page = <usize>load<u32>(lastPages + ((<usize>extentClass) << 2));
  const before = <usize>load<u32>(lastCounts + ((<usize>extentClass) << 2)) - 1;
  return page + pageHeader + before * bytesIn(extentClass);
}

function dropLast(extentClass: u32): void {
  const lastPage = lastPages + ((<usize>extentClass) << 2);
  const lastCount = lastCounts + ((<usize>extentClass) << 2);
  const rest = load<u32>(lastCount) - 1;
  store<u32>(lastCount, rest);
  if (rest != 0) return;
  const page = <usize>load<u32>(lastPage);
  const before = load<u32>(page);
  store<u32>(lastPage, before);
  store<u32>(lastCount, before == 0 ? 0 : perPage(bytesIn(extentClass)));
  store<u32>(page, <u32>freePage);
  freePage = page;
}

function newPage(): usize {
  const page = freePage;
  if (page == 0) return raise(pageHeader + extentBytesInPage);
  freePage = <usize>load<u32>(page);
  return page;
}

function raise(bytes: usize): usize {
  const at = top;
  top += bytes;
  return at;
}
