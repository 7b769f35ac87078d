import { type ReadonlySignal, signal } from "@preact/signals";
import { type Api, outcomeOf } from "../api/client.ts";
import type { Problem } from "../api/problem.ts";
import type { Match, StoredImage } from "../api/shapes.ts";
import { hasImage } from "../api/shapes.ts";

/** One's own pictures of which each is a copy of the head. */
export interface CopyGroup {
  readonly head: StoredImage;
  /** Copies of the head, nearest first. */
  readonly copies: readonly Match[];
  /** Whether there are more copies than these. */
  readonly truncated: boolean;
  /** The picture that the server would keep. */
  readonly bestId: string;
}

/** Groups of copies as far as they were fetched. */
export interface Found {
  readonly groups: readonly CopyGroup[];
  /** Where the next page starts; `undefined` when there is none. */
  readonly next: string | undefined;
  readonly status:
    | { readonly kind: "loading" }
    /** The server still compares pictures: so many are left, of so many when it was first asked. */
    | { readonly kind: "comparing"; readonly left: number; readonly of: number }
    | { readonly kind: "ready" }
    | { readonly kind: "failed"; readonly problem: Problem };
}

const pageSize = 20;
/** A server compares some pictures in each answer; one that stands still so often has a problem. */
const standstillsMax = 10;
const standstill: Problem = {
  code: "standstill",
  detail: "The server does not get on with comparing your pictures. Try again later.",
  errors: [],
  retryAfterS: undefined,
};

/** One's own pictures in groups of copies, a page at a time. */
export class Duplicates {
  readonly #api: Api;
  readonly #found = signal<Found>(nothing);
  #looking = new AbortController();

  constructor(api: Api) {
    this.#api = api;
  }

  get found(): ReadonlySignal<Found> {
    return this.#found;
  }

  /** Looks from the beginning: pictures may have come since. */
  async lookAnew(): Promise<void> {
    this.stop();
    this.#found.value = nothing;
    await this.fetchMore();
  }

  /** Nobody looks any more. */
  stop(): void {
    this.#looking.abort();
    this.#looking = new AbortController();
  }

  /** Fetches the first page, or the one after those that are here; waits until the server has compared all pictures. */
  async fetchMore(): Promise<void> {
    const { signal } = this.#looking;
    this.#say({ kind: "loading" });
    let [left, of, standstills] = [Number.POSITIVE_INFINITY, 0, 0];
    do {
      const cursor = this.#found.value.next;
      const query = { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
      const outcome = await outcomeOf(this.#api.GET("/api/duplicates", { params: { query }, signal }));
      if (signal.aborted) return;
      if (outcome.kind === "problem") return this.#say({ kind: "failed", problem: outcome.problem });
      const { items, next, pending } = outcome.value;
      const groups = [...this.#found.value.groups, ...items.map(groupOf)];
      of = Math.max(of, pending);
      standstills = pending < left ? 0 : standstills + 1;
      left = pending;
      const status = left > 0 ? ({ kind: "comparing", left, of } as const) : ({ kind: "ready" } as const);
      this.#found.value = { groups, next: next ?? undefined, status };
    } while (left > 0 && standstills < standstillsMax);
    if (left > 0) this.#say({ kind: "failed", problem: standstill });
  }

  /** Takes a picture out that was deleted. A group of one is none. */
  forget(id: string): void {
    const found = this.#found.value;
    const groups = found.groups.flatMap((group): CopyGroup[] => {
      const copies = group.copies.filter(({ image }) => image.id !== id);
      if (group.head.id !== id) return copies.length > 0 ? [{ ...group, copies }] : [];
      const [first, ...others] = copies;
      return first && others.length > 0 ? [{ ...group, head: first.image, copies: others }] : [];
    });
    this.#found.value = { ...found, groups };
  }

  #say(status: Found["status"]): void {
    this.#found.value = { ...this.#found.value, status };
  }
}

const nothing: Found = { groups: [], next: undefined, status: { kind: "loading" } };

function groupOf({
  head,
  members,
  truncated,
  best,
}: {
  readonly head: StoredImage;
  readonly members: readonly (Omit<Match, "image"> & { readonly image: StoredImage | null })[];
  readonly truncated: boolean;
  readonly best: string;
}): CopyGroup {
  return { head, copies: members.filter(hasImage), truncated, bestId: best };
}

/** A picture of a group, and what makes it a copy of the head. */
export interface Member {
  readonly image: StoredImage;
  /** `undefined` for the head. */
  readonly match: Match | undefined;
}

/** The pictures of a group, that which is kept first. */
export function membersOf({ head, copies }: CopyGroup, keptId: string): readonly Member[] {
  const all: Member[] = [{ image: head, match: undefined }, ...copies.map((match) => ({ image: match.image, match }))];
  return [...all.filter(({ image }) => image.id === keptId), ...all.filter(({ image }) => image.id !== keptId)];
}
