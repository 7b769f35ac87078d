/**
 * Images that went lately.
 *
 * Ids are never given out again: what has gone stays gone. Word of an image that was read before it went, or of an upload that was
 * answered late, must not bring it back, so those that went last are remembered for a while.
 */
export class GoneImages {
  #gone = new Set<string>();
  #goneBefore = new Set<string>();

  add(imageId: string): void {
    this.#gone.add(imageId);
  }

  has(imageId: string): boolean {
    return this.#gone.has(imageId) || this.#goneBefore.has(imageId);
  }

  /** Forgets those that had gone when this was last called. */
  forget(): void {
    this.#goneBefore = this.#gone;
    this.#gone = new Set();
  }
}
