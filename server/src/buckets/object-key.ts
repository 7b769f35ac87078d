/** Longest key that every store takes: S3 and Cloud Storage end at 1,024 bytes, and a prefix from the bucket's URL comes before it. */
const keyCharactersMax = 768;
/** Longest name that ext4, XFS, APFS and NTFS take. */
const segmentCharactersMax = 255;

const segmentPattern = /^[A-Za-z0-9._-]+$/;

function isSegment(text: string): boolean {
  return text.length <= segmentCharactersMax && text !== "." && text !== ".." && segmentPattern.test(text);
}

/** The segments of a key; throws on anything that is not a key, because keys are made by the program and never by a person. */
export function splitKey(key: string): readonly string[] {
  const segments = key.split("/");
  if (key.length > keyCharactersMax || !segments.every(isSegment)) {
    throw new RangeError(
      `expected an object key of segments [A-Za-z0-9._-]+ joined by "/", got ${JSON.stringify(key)}`,
    );
  }
  return segments;
}

/** Whether a text is a key of ours; a store may also hold what others put there. */
export function isKey(text: string): boolean {
  return text.length <= keyCharactersMax && text.split("/").every(isSegment);
}

/** A prefix parted at its last slash: whole folders, and the first characters of the next segment. */
export function splitPrefix(prefix: string): { readonly folders: readonly string[]; readonly start: string } {
  const segments = prefix.split("/");
  const start = segments.pop() ?? "";
  const startIsFine = start === "" || (start.length <= segmentCharactersMax && segmentPattern.test(start));
  if (prefix.length > keyCharactersMax || !segments.every(isSegment) || !startIsFine) {
    throw new RangeError(`expected the beginning of an object key, got ${JSON.stringify(prefix)}`);
  }
  return { folders: segments, start };
}
