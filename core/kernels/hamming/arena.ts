// The memory behind the tables: handed out from the bottom up, and what is given back is handed out again.
//
// Extents come in classes of size, eight for each doubling, so that an extent is at most an eighth larger than asked for; each
// class has a list of those that are free (segregated fits: Wilson et al., Dynamic Storage Allocation, 1995). Sizes are counted
// in words of 4 bytes, places in units of 8, so that 29 bits name one.

/** The first free extent of each class, before the tables of layout.ts. */
const freeExtents: usize = 0x24800;
const classesMax: u32 = 256;
/** Up to here every even number of words is a class. */
const evenWordsMax: u32 = 32;
/** How many larger classes are searched for an extent to cut. */
const classesSearched: u32 = 16;
const pageBytes: u64 = 65536;
const pagesMax: i64 = 65536;
const pagesPerGrowth: i64 = 64;

let top: usize = 0;
let bottom: usize = 0;

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
  const missing = <i64>((<u64>top + bytes + pageBytes - 1) / pageBytes) - <i64>memory.size();
  if (missing <= 0) return true;
  const left = pagesMax - <i64>memory.size();
  if (missing > left) return false;
  return memory.grow(<i32>min<i64>(max<i64>(missing, pagesPerGrowth), left)) >= 0;
}

/** Hands out bytes, a multiple of 64, for good and at a multiple of 64; there must be room for 64 more. */
export function take(bytes: usize): usize {
  const at = (top + 63) & ~63;
  // What is skipped is of an even number of words.
  if (at > top) release(unitsOf(top), classOf(<u32>(at - top) >> 2));
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

function bytesIn(extentClass: u32): u64 {
  return (<u64>wordsIn(extentClass)) << 2;
}

/** Bytes that must be to hand for an extent of so many words; none for no words. */
export function bytesFor(words: u32): u64 {
  return words == 0 ? 0 : bytesIn(classOf(words));
}

/** Hands out an extent: its place in units of 8 bytes; there must be room. */
export function allot(extentClass: u32): u32 {
  const free = unlisted(extentClass);
  if (free != 0) return free;
  const cut = cutFromLarger(extentClass);
  if (cut != 0) return cut;
  const at = top;
  top += <usize>bytesIn(extentClass);
  return unitsOf(at);
}

/** Takes an extent back. */
export function release(place: u32, extentClass: u32): void {
  const list = listOf(extentClass);
  store<u32>((<usize>place) << 3, load<u32>(list));
  store<u32>(list, place);
}

function unlisted(extentClass: u32): u32 {
  const list = listOf(extentClass);
  const place = load<u32>(list);
  if (place != 0) store<u32>(list, load<u32>((<usize>place) << 3));
  return place;
}

/** The front of a free extent that is so little larger that the rest is an extent too. */
function cutFromLarger(extentClass: u32): u32 {
  const words = wordsIn(extentClass);
  const end = min(extentClass + classesSearched, classesMax - 1);
  for (let larger = extentClass + 1; larger <= end; larger++) {
    const rest = wordsIn(larger) - words;
    if (rest > evenWordsMax) return 0;
    const place = unlisted(larger);
    if (place == 0) continue;
    release(place + (words >> 1), classOf(rest));
    return place;
  }
  return 0;
}

function listOf(extentClass: u32): usize {
  return freeExtents + ((<usize>extentClass) << 2);
}
