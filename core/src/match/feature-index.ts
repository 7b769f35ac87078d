import { keyBits } from "../features/describe.ts";
import { descriptorWords, type LocalFeatures } from "../features/local-features.ts";
import { isPacked, packedCount, packFeatures, readDescriptor, recordAt, unpackFeatures } from "../features/pack.ts";
import { maskOf, type Variant, variants } from "../features/parity.ts";
import { probesPerKeypoint } from "../kernels/postings.ts";
import { PostingLists } from "./posting-lists.ts";
import { probeMasks } from "./probes.ts";
import { type Candidate, type Hits, VoteCounter } from "./votes.ts";

/** What a search of candidates may cost and must respect. */
export interface CandidateOptions {
  readonly count?: number;
  readonly variants?: readonly Variant[];
  /** Who asks: pictures of audience 0, and those of just this audience, are seen. Default 0. */
  readonly viewer?: number;
}

/** Postings of one picture under one key: a picture that is one repeated texture must not fill a list. */
const perKeyMax = 4;
/**
 * Postings a whole query reads; those that one keypoint reads at one key, as the rest of a longer list is a template or a texture that
 * everyone has; and of 32 signature bits those that may differ.
 */
const readLimits = { postingsMax: 6_000_000, lengthMax: 1024, differenceMax: 7 };

/**
 * From a query's keypoints to the pictures that share most of them, without comparing all: each keypoint is filed under 18 of its
 * bits, and looked for there and at the likeliest mistakes of them.
 *
 * A slot is a whole number from 0, used again after removal. Memory: 8,000 bytes of features and 2,100 to 2,600 of postings a picture.
 */
export class FeatureIndex {
  readonly #postings = new PostingLists(1 << keyBits.length);
  readonly #packed: (Uint8Array | undefined)[] = [];
  readonly #audiences: number[] = [];
  readonly #free: number[] = [];
  readonly #votes = new VoteCounter();
  #hits = 0;

  /** Postings that all searches so far have found and weighed: how their cost grows, whatever the machine. */
  get hits(): number {
    return this.#hits;
  }

  /** Pictures held. */
  get size(): number {
    return this.#packed.length - this.#free.length;
  }

  /** Bytes held for all pictures. */
  get bytes(): number {
    let bytes = this.#postings.bytes;
    for (const packed of this.#packed) bytes += (packed?.length ?? 0) + 16;
    return bytes;
  }

  /** Takes a picture's features in, visible to queries at once; returns its slot. `audience`: 0 for everyone. */
  add(features: LocalFeatures, audience: number): number {
    return this.#take(packFeatures(features), audience);
  }

  /** The same with what `packFeatures` gave, which the index keeps and nobody may change: much faster. `undefined` for other bytes. */
  addPacked(packed: Uint8Array, audience: number): number | undefined {
    return isPacked(packed) ? this.#take(packed, audience) : undefined;
  }

  #take(packed: Uint8Array, audience: number): number {
    const slot = this.#free.pop() ?? this.#packed.length;
    this.#packed[slot] = packed;
    this.#audiences[slot] = audience;
    forEachPosting(packed, (key, keypoint, signature) => this.#postings.add(key, slot * 256 + keypoint, signature));
    return slot;
  }

  /** Removes the picture of a slot; `false` when the slot holds none. */
  remove(slot: number): boolean {
    const packed = this.#packed[slot];
    if (packed === undefined) return false;
    forEachPosting(packed, (key, keypoint) => this.#postings.remove(key, slot * 256 + keypoint));
    this.#packed[slot] = undefined;
    this.#free.push(slot);
    return true;
  }

  /** The features kept in a slot. */
  featuresOf(slot: number): LocalFeatures | undefined {
    const packed = this.#packed[slot];
    return packed && unpackFeatures(packed);
  }

  /**
   * The `count` (default 32) pictures that share most with the query, most votes first, ties by slot; at most one entry a picture.
   * @throws RangeError for a query of more than 2,048 keypoints.
   */
  candidates(query: LocalFeatures, options: CandidateOptions = {}): Candidate[] {
    const asked = options.variants ?? variants;
    const seeds = seedsOf(query, asked);
    const found = this.#postings.collect({ seeds, probes: probesOf(query) }, readLimits);
    this.#hits += found.length / 2;
    const hits = this.#visible(found, { keypoints: query.count, variants: asked.length, viewer: options.viewer ?? 0 });
    return this.#votes.rank(hits, { query, variants: asked, count: options.count ?? 32, poseOf: this.#poseOf });
  }

  readonly #poseOf = (slot: number, keypoint: number): { angle: number; scale: number } => {
    const packed = this.#packed[slot] as Uint8Array;
    const at = recordAt(keypoint);
    return { angle: packed[at + 3] as number, scale: (packed[at + 4] as number) / 16 };
  };

  /** The hits of pictures that whoever asks may see. */
  #visible(found: Uint32Array, asked: { keypoints: number; variants: number; viewer: number }): Hits {
    const most = found.length / 2;
    const ballot = new Uint32Array(most);
    const keypoint = new Uint8Array(most);
    const query = new Uint16Array(most);
    const difference = new Uint8Array(most);
    let count = 0;
    for (let at = 0; at < found.length; at += 2) {
      const posting = found[at] as number;
      const slot = posting >>> 8;
      const audience = this.#audiences[slot];
      if (audience !== 0 && audience !== asked.viewer) continue;
      const seed = (found[at + 1] as number) >>> 8;
      const variant = Math.floor(seed / asked.keypoints);
      ballot[count] = slot * asked.variants + variant;
      keypoint[count] = posting & 255;
      query[count] = seed - variant * asked.keypoints;
      difference[count] = (found[at + 1] as number) & 255;
      count++;
    }
    return { count, ballot, keypoint, query, difference };
  }
}

/** What the keypoints are looked for with, variant after variant: each its number, key and signature. */
function seedsOf(query: LocalFeatures, asked: readonly Variant[]): Uint32Array {
  const seeds = new Uint32Array(3 * query.count * asked.length);
  asked.forEach((variant, index) => {
    const mask = maskOf(variant);
    for (let i = 0; i < query.count; i++) {
      const at = 3 * (index * query.count + i);
      seeds[at] = i;
      seeds[at + 1] = keyOf(query.descriptors, i * descriptorWords, mask);
      seeds[at + 2] = signatureOf(query.descriptors, i * descriptorWords, mask);
    }
  });
  return seeds;
}

/** The masks of every keypoint's probes, as many for each; a variant turns bits over but leaves their margins. */
function probesOf(query: LocalFeatures): Uint32Array {
  const probes = new Uint32Array(query.count * probesPerKeypoint);
  for (let i = 0; i < query.count; i++) {
    const margins = query.margins?.subarray(i * keyBits.length, (i + 1) * keyBits.length);
    probes.set(margins ? probeMasks(margins, probesPerKeypoint) : plainProbes, i * probesPerKeypoint);
  }
  return probes;
}

/** Without margins all bits are as likely to turn over: none, then each one, then pairs. */
const plainProbes: Uint32Array = probeMasks(new Float32Array(keyBits.length).fill(1), probesPerKeypoint);

function forEachPosting(packed: Uint8Array, visit: (key: number, keypoint: number, signature: number) => void): void {
  const filed = new Map<number, number>();
  const descriptor = new Uint32Array(descriptorWords);
  for (let i = 0; i < packedCount(packed); i++) {
    readDescriptor(packed, i, descriptor);
    const key = keyOf(descriptor, 0, nothing);
    const before = filed.get(key) ?? 0;
    filed.set(key, before + 1);
    if (before < perKeyMax) visit(key, i, signatureOf(descriptor, 0, nothing));
  }
}

const nothing: Uint32Array = new Uint32Array(descriptorWords);

/** 18 bits: the first 5, 5, 4 and 4 of the four classes. */
function keyOf(words: Uint32Array, at: number, mask: Uint32Array): number {
  const word = (w: number): number => (words[at + w] as number) ^ (mask[w] as number);
  return (word(0) & 31) | ((word(2) & 31) << 5) | ((word(4) & 15) << 10) | ((word(6) & 15) << 14);
}

/** 32 bits: the 8 after the key's in each class. */
function signatureOf(words: Uint32Array, at: number, mask: Uint32Array): number {
  const word = (w: number): number => (words[at + w] as number) ^ (mask[w] as number);
  return (
    (((word(0) >>> 5) & 255) |
      (((word(2) >>> 5) & 255) << 8) |
      (((word(4) >>> 4) & 255) << 16) |
      (((word(6) >>> 4) & 255) << 24)) >>>
    0
  );
}
