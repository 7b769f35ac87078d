/**
 * The keys at which a keypoint is looked for, likeliest first: as masks to turn over in its own key.
 *
 * A bit of the key whose projection is near 0 is the one that an edit turns over, so sets of bits come in order of the sum of their
 * margins (query-directed probing: Lv et al., Multi-Probe LSH, VLDB 2007).
 *
 * @param margins of the key's bits, in their order
 */
export function probeMasks(margins: Float32Array, count: number): Uint32Array {
  const order = [...margins.keys()].sort((a, b) => (margins[a] as number) - (margins[b] as number) || a - b);
  const cost = order.map((bit) => margins[bit] as number);
  const masks = new Uint32Array(count);
  // each set is named by its members' ranks; the next ones move its last member up, or add the rank after it
  const waiting: { sum: number; last: number; mask: number }[] = [
    { sum: cost[0] as number, last: 0, mask: 1 << (order[0] as number) },
  ];
  for (let found = 1; found < count; found++) {
    const least = takeLeast(waiting);
    if (least === undefined) return masks.slice(0, found);
    masks[found] = least.mask;
    const next = least.last + 1;
    if (next >= order.length) continue;
    const bit = 1 << (order[next] as number);
    waiting.push({ sum: least.sum + (cost[next] as number), last: next, mask: least.mask | bit });
    waiting.push({
      sum: least.sum + (cost[next] as number) - (cost[least.last] as number),
      last: next,
      mask: (least.mask & ~(1 << (order[least.last] as number))) | bit,
    });
  }
  return masks;
}

function takeLeast<T extends { sum: number }>(waiting: T[]): T | undefined {
  let least = 0;
  for (let i = 1; i < waiting.length; i++) if ((waiting[i] as T).sum < (waiting[least] as T).sum) least = i;
  const [taken] = waiting.splice(least, 1);
  return taken;
}
