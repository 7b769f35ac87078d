import { stat } from "node:fs/promises";
import { Failure } from "../errors.ts";
import type { Decoder } from "../ports.ts";
import { type CopyGroup, type Groupable, groupCopies, packProbe } from "../search/group-copies.ts";
import { queryOfFile } from "../search/query.ts";
import { digestFile } from "./digest-file.ts";
import { filesIn } from "./folder-files.ts";
import { ProgressLine } from "./progress-line.ts";

interface Picture extends Groupable {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

type Reading =
  | { readonly kind: "picture"; readonly picture: Picture }
  | { readonly kind: "problem"; readonly file: string; readonly detail: string };

/**
 * Prints the groups of copies among a folder's pictures, one JSON line a group, then names on standard error what could not be read.
 *
 * The best copy (most pixels, then most bytes, then first by name) heads its group, and every member matches it. A picture costs about
 * seven kilobytes of memory. Returns whether every file was a picture.
 */
export async function printDuplicates(decoder: Decoder, folder: string, decodedAtOnce: number): Promise<boolean> {
  if (!(await isFolder(folder))) {
    process.stderr.write(`utsuru: ${folder} is no folder that can be read\n`);
    return false;
  }
  const progress = new ProgressLine();
  const pictures: Picture[] = [];
  const problems: string[] = [];
  for await (const reading of readAll(decoder, folder, decodedAtOnce)) {
    if (reading.kind === "picture") pictures.push(reading.picture);
    else problems.push(`${reading.file}: ${reading.detail}`);
    progress.show(`read ${pictures.length + problems.length} files`);
  }
  pictures.sort(bestFirst);
  const groups = groupCopies(pictures, (count) => progress.show(`compared ${count} of ${pictures.length} pictures`));
  progress.clear();
  for (const group of groups) process.stdout.write(`${JSON.stringify(lineOf(group))}\n`);
  for (const problem of problems.sort()) process.stderr.write(`${problem}\n`);
  return problems.length === 0;
}

/** Reads so many files at once, and walks on only when one of them is done. */
async function* readAll(decoder: Decoder, folder: string, atOnce: number): AsyncGenerator<Reading> {
  const running = new Map<number, Promise<{ number: number; reading: Reading }>>();
  let number = 0;
  const nextDone = async (): Promise<Reading> => {
    const done = await Promise.race(running.values());
    running.delete(done.number);
    return done.reading;
  };
  for await (const entry of filesIn(folder)) {
    if (entry.kind === "unreadable") {
      yield { kind: "problem", file: entry.path, detail: "The folder cannot be read." };
      continue;
    }
    const at = number++;
    running.set(
      at,
      read(decoder, entry.path).then((reading) => ({ number: at, reading })),
    );
    if (running.size >= atOnce) yield await nextDone();
  }
  while (running.size > 0) yield await nextDone();
}

async function read(decoder: Decoder, file: string): Promise<Reading> {
  try {
    const { sha256, bytes } = await digestFile(file);
    const { picture, probes } = await queryOfFile(
      { decoder },
      { path: file, sha256, bytes },
      { features: undefined, signal: new AbortController().signal },
    );
    if (!picture) throw new Error("the query of a file has a picture");
    const { width, height } = picture;
    return { kind: "picture", picture: { file, width, height, bytes, sha256, probes: probes.map(packProbe) } };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { kind: "problem", file, detail: error.message };
  }
}

function bestFirst(a: Picture, b: Picture): number {
  return b.width * b.height - a.width * a.height || b.bytes - a.bytes || (a.file < b.file ? -1 : 1);
}

function lineOf({ head, members }: CopyGroup<Picture>): object {
  return {
    head: sizeOf(head),
    members: members.map(({ picture, evidence }) => ({ ...sizeOf(picture), ...evidence })),
    best: head.file,
  };
}

function sizeOf({ file, width, height, bytes }: Picture): object {
  return { file, width, height, bytes };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // what cannot be looked at cannot be walked either: the answer is the same
  }
}
