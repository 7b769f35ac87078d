/**
 * Everything the product needs from the world, on one page. Adapters (postgres/, buckets/, pixels/) implement these;
 * use cases ask for just the ones they need; main.ts brings the two together.
 */
import type { Dct256 } from "@utsuru/core/dct256";
import type { Purpose } from "@utsuru/core/features";
import type { Fingerprint } from "@utsuru/core/fingerprint";
import type { Hash, HashName } from "@utsuru/core/hash-pixels";
import type { LocalFeatures } from "@utsuru/core/local-features";
import type { Orientation } from "@utsuru/core/orientations";
import type { OrientedFingerprint } from "@utsuru/core/oriented-fingerprint";
import type { CodeSpace } from "@utsuru/core/score";
import type { Transform } from "@utsuru/core/transform";
import type { FailureCode } from "./errors.ts";

// ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The time of day. */
export interface Clock {
  now(): Date;
}

// ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A person with an account. `audience` is the small number (1 … 2^32 − 1) that stands for them in the search index. */
export interface User {
  readonly id: string;
  readonly audience: number;
  readonly email: string;
  readonly createdAt: Date;
}

/** A login that has not ended: what a token's `jti` must name to be accepted. */
export interface Session {
  readonly id: string;
  readonly user: User;
  readonly expiresAt: Date;
}

/** Accounts and sessions. `emailKey` is the address folded to the form in which two spellings of one address are equal. */
export interface Accounts {
  /** Adds a user; `undefined` when another has that `emailKey`. */
  addUser(user: {
    id: string;
    email: string;
    emailKey: string;
    passwordHash: string;
    createdAt: Date;
  }): Promise<User | undefined>;
  findUser(emailKey: string): Promise<{ user: User; passwordHash: string } | undefined>;
  addSession(session: { id: string; userId: string; createdAt: Date; expiresAt: Date }): Promise<void>;
  /** The session, unless it was ended or has expired at `now`. */
  findSession(id: string, now: Date): Promise<Session | undefined>;
  endSession(id: string, now: Date): Promise<void>;
}

/** Passwords, as hashes that are slow to guess. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** Whether the hash is of this password; computes one hash, in the same time, also when there is none to compare with. */
  matches(password: string, passwordHash: string | undefined): Promise<boolean>;
}

/** What a token says. */
export interface Claims {
  readonly sessionId: string;
  readonly userId: string;
}

/** Signed tokens that a client carries. */
export interface Tokens {
  sign(claims: Claims & { readonly issuedAt: Date; readonly expiresAt: Date }): Promise<string>;
  /** What a token says, if this server signed it and it is good at `now`; asks nobody outside. */
  verify(token: string, now: Date): Promise<Claims | undefined>;
}

// ── images ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Formats that are taken in, decided by magic bytes. */
export type Format = "jpeg" | "png" | "gif" | "webp" | "avif";

/** Who may see an image: everyone with an account, or its owner alone. */
export type Visibility = "public" | "private";

/** An image as it is kept. Width and height are those a person sees, after the EXIF turn. `bytes` and `sha256` are of the original file. */
export interface Image {
  readonly id: string;
  readonly owner: { readonly id: string; readonly audience: number };
  readonly visibility: Visibility;
  /** The name the file had when it was sent; shown, never part of a key. */
  readonly file: string;
  readonly format: Format;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  readonly createdAt: Date;
  readonly fingerprints: readonly Fingerprint[];
  /** Where the bucket keeps the original and the thumbnail. */
  readonly keys: { readonly original: string; readonly thumbnail: string };
}

/** Who looks: their own images and public ones exist for them, nothing else does. */
export type Viewer = Pick<User, "id" | "audience">;

/** One page of a list; `next` is where the following page starts. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

/** What the search index needs to know of an image. */
export interface IndexEntry {
  readonly imageId: string;
  /** 0 for a public image, else the owner's audience. */
  readonly audience: number;
  /** Of every algorithm, each once. */
  readonly fingerprints: readonly Fingerprint[];
}

/** What is kept of an image besides what is said of it. */
export interface StoredImage {
  readonly original: StoredObject;
  /** Without a thumbnail, or without features, it is one of the images that are to be derived anew. */
  readonly thumbnail?: StoredObject | undefined;
  readonly features?: PackedFeatures | undefined;
  /** Its fingerprints with the codes of all orientations; of one that is missing here, codes near those are kept. */
  readonly oriented?: readonly OrientedFingerprint[];
}

/** What came of adding an image. */
export type AddedImage =
  | { readonly kind: "created" }
  | { readonly kind: "given-up" }
  | { readonly kind: "duplicate"; readonly image: Image };

/** Local features as they are stored: at most 8 kB, the version first (core/src/features/pack.ts). */
export type PackedFeatures = Uint8Array;

/** What the index of parts needs to know of an image. */
export interface FeatureEntry {
  readonly imageId: string;
  /** 0 for a public image, else the owner's audience. */
  readonly audience: number;
  /** `undefined` while the image has none of this program's version. */
  readonly features: PackedFeatures | undefined;
}

/** Images, their data and fingerprints. */
export interface Images {
  /**
   * Makes an image of objects that were noted under its id ({@link ObjectNotes.notePut}) and put, and takes the note away. When the same owner
   * already has the same bytes, that image comes back and nothing was written, nor when the note was `given-up`.
   */
  add(image: Image, stored: StoredImage): Promise<AddedImage>;
  /** The image, if it exists and the viewer may see it. */
  find(id: string, viewer: Viewer): Promise<Image | undefined>;
  /** Those of the ids that exist and that the viewer may see, in no order. */
  findMany(ids: readonly string[], viewer: Viewer): Promise<readonly Image[]>;
  /** Images with these bytes that the viewer may see, oldest first. */
  findBySha256(sha256: string, viewer: Viewer, limit: number): Promise<readonly Image[]>;
  /** The owner's image with these bytes. */
  findOwned(sha256: string, ownerId: string): Promise<Image | undefined>;
  /** Which of these checksums the owner's images have, and the ids of those images, in no order. */
  whichOwned(
    sha256s: readonly string[],
    ownerId: string,
  ): Promise<readonly { readonly sha256: string; readonly id: string }[]>;
  /** The owner's images, newest first, after the cursor (an id) if one is given. */
  list(ownerId: string, page: { readonly limit: number; readonly after?: string }): Promise<Page<Image>>;
  /**
   * Forgets the owner's image and notes, in the same transaction, that its objects must go: original, thumbnail and those of
   * `moreKeys`. `undefined` when the owner has no such image.
   */
  remove(id: string, ownerId: string, moreKeys?: readonly string[]): Promise<{ keys: readonly string[] } | undefined>;
  /** Every image as the index needs it, in batches. */
  entries(): AsyncIterable<readonly IndexEntry[]>;
  /** Images that the viewer may see; without one, those that everyone may see. */
  count(viewer?: Viewer): Promise<number>;
}

/** An image with the codes of its fingerprints in all orientations. */
export interface OrientedImage {
  readonly imageId: string;
  readonly fingerprints: readonly OrientedFingerprint[];
}

/** An image that is a copy of the head of a group: by how many bits the nearest codes differ, and what was done to it to get the head. */
export interface Copy {
  readonly imageId: string;
  readonly distance: number;
  readonly orientation: Orientation;
  readonly inverted: boolean;
}

/** A person's images that are copies of one of them. */
export interface CopyGroup {
  readonly headId: string;
  /** The nearest ones, nearest first, ties by id. */
  readonly members: readonly Copy[];
  /** All of them, whether among `members` or not; without the head. */
  readonly count: number;
  /** The head or the copy with the most pixels, then the most bytes, then the oldest. */
  readonly bestId: string;
}

/** A copy and the head that it is one of. */
export interface CopyOf extends Copy {
  readonly headId: string;
}

/** An image that heads a group, alone or not. */
export type Head = Pick<IndexEntry, "imageId" | "fingerprints">;

/** What images were compared to be, knowing the heads of a round. */
export interface Compared {
  readonly round: number;
  readonly headIds: readonly string[];
  readonly copies: readonly CopyOf[];
}

/**
 * Which of a person's images are copies of one another. An image is in one group at most, and what it was compared to be stands until
 * it, or the head of its group, is deleted.
 */
export interface Copies {
  /** The owner's images that were not compared yet, oldest first, after an id if one is given. */
  pending(
    ownerId: string,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<readonly OrientedImage[]>;
  countPending(ownerId: string): Promise<number>;
  /** The round: heads that are read afterwards are at least those of it. */
  round(ownerId: string): Promise<number>;
  /** The owner's heads in the order of their ids, after an id if one is given. */
  heads(
    ownerId: string,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<readonly Head[]>;
  /**
   * Notes what images were compared to be, heads first, and begins a round; nothing, and `undefined`, when another round has begun.
   * Images that are gone stay away, and copies of heads that are gone, which are named, are to be compared again.
   */
  note(
    ownerId: string,
    compared: Compared,
  ): Promise<{ readonly round: number; readonly goneHeads: readonly string[] } | undefined>;
  /** Groups of a head and one copy or more, in the order of the heads' ids, after the cursor (an id) if one is given. */
  groups(
    ownerId: string,
    page: { readonly limit: number; readonly after?: string; readonly membersMax: number },
  ): Promise<Page<CopyGroup>>;
}

/** Codes of one space to look for: a picture's in all its orientations, say. */
export interface CodeQuery {
  readonly space: CodeSpace;
  /** 32 bytes each. */
  readonly codes: readonly Uint8Array[];
  /** At most so many images, the nearest ones. */
  readonly limit: number;
}

/** An image with a code near a query's: how many bits differ, and from which of the query's codes, the first of equally near ones. */
export interface CodeNeighbour {
  readonly imageId: string;
  readonly distance: number;
  readonly query: number;
}

/** Search by the database itself, for servers that keep no index. */
export interface CodeSearch {
  /** Makes the database ready to be asked, which may take minutes the first time; others may read and write meanwhile. */
  prepare(): Promise<void>;
  /**
   * Every image that the viewer may see with a code of enough detail within the distance at which two pictures are copies, nearest
   * first, ties by id; exact.
   */
  near(query: CodeQuery, viewer: Viewer): Promise<readonly CodeNeighbour[]>;
}

/** Objects that are being put into the bucket for an image, which may not exist yet. */
export interface NotedPut {
  readonly id: string;
  readonly imageId: string;
  readonly keys: readonly string[];
}

/**
 * Objects on their way into the bucket or out of it. Whatever a crash leaves in the bucket is noted here, so that a sweep
 * finds it without listing the bucket (docs/durability.md).
 */
export interface ObjectNotes {
  /** Whoever puts objects gives up after so long; a note that is older by far was left by a crash. */
  readonly putMsMax: number;
  /** Notes objects, durable once answered, before the first of them is put. */
  notePut(put: NotedPut): Promise<void>;
  /** Takes the note away when the image is there: they are its objects now. `false`: it is gone, and the objects must go. */
  finishPut(put: Pick<NotedPut, "id" | "imageId">): Promise<boolean>;
  /** Turns old notes, oldest first, into deletions, unless the image is there; nobody makes an image of them any more. Returns how many there were. */
  giveUpOldPuts(limit: number): Promise<number>;
  /**
   * Objects that must go and are due, those due first; never one that belongs to an image. Whoever takes them has a minute to confirm:
   * then they are due again, for anyone.
   */
  takeDeletions(limit: number): Promise<readonly string[]>;
  /** Says that the bucket has deleted the objects. They come back once, later, as long as a put of them could still arrive. */
  confirmDeletions(keys: readonly string[]): Promise<void>;
}

/** An image with what is known of its thumbnail and its parts. */
export interface ImageRecord {
  readonly image: Image;
  /** `undefined` while it has none yet. */
  readonly thumbnail: Pick<StoredObject, "bytes" | "sha256"> | undefined;
  /** What the store answered when it took the objects. */
  readonly generations: { readonly original: string | undefined; readonly thumbnail: string | undefined };
  /** By algorithm, the codes of the mirrored pictures in hexadecimal digits, in the order of `mirrorings`; those that are not kept are left out. */
  readonly mirrored: Readonly<Record<string, string>>;
  /** Of whatever version. */
  readonly features: PackedFeatures | undefined;
}

/** What is derived from an original and kept in the database. */
export interface DerivedParts {
  /** Every fingerprint. */
  readonly oriented: readonly OrientedFingerprint[];
  readonly features: PackedFeatures;
}

/** An image, and whether what is derived from its original is of this program's version. */
export interface RenewableImage extends ImageRecord {
  readonly isCurrent: boolean;
}

/** What is derived from originals, where it is of an older version than this program's, or lacks. */
export interface Renewals {
  /**
   * Puts tasks into the lane of maintenance for images that are not of this program's version, as many as there is room for. Returns how many.
   * An image that has a task, waiting, in hand or set aside, gets no other.
   */
  plan(): Promise<number>;
  /** Whether an image will be derived anew in time: it is not of this program's version, and no task of it was set aside. */
  isDue(imageId: string): Promise<boolean>;
  find(imageId: string): Promise<RenewableImage | undefined>;
  /** Keeps what was derived in place of what the image had, all or nothing; nothing happens when it is gone or of a newer version. */
  keep(imageId: string, parts: DerivedParts): Promise<void>;
}

/** Why an object is in the bucket: an image's, being put, to be deleted, or of a job that is there. */
export type ObjectReason = "image" | "put" | "deletion" | "job";

/** The whole library, for whoever examines it. */
export interface LibraryRecords {
  /** Every image, in batches. */
  images(): AsyncIterable<readonly ImageRecord[]>;
  /** Images. */
  count(): Promise<number>;
  /** Images that lack the row that describes their picture, and are in no list and no search therefore. Nothing that Utsuru does leaves any. */
  undescribed(limit: number): Promise<readonly string[]>;
  /** Why these objects are there; those that nothing explains are left out. */
  reasons(keys: readonly string[]): Promise<ReadonlyMap<string, ObjectReason>>;
  /** Says what the bucket has as the image's thumbnail now. */
  replaceThumbnail(imageId: string, thumbnail: StoredObject): Promise<void>;
  /** Says which versions of the image's objects the store has now. */
  replaceGenerations(imageId: string, generations: ImageRecord["generations"]): Promise<void>;
}

/** A row of the database as a backup has it: columns by their names, as PostgreSQL writes them in JSON. */
export interface BackupRow {
  readonly table: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** The library as it was at one moment, whatever happens meanwhile. */
export interface LibrarySnapshot {
  readonly takenAt: Date;
  /** Rows, by table. */
  readonly counts: Readonly<Record<string, number>>;
  /**
   * Every row that a backup has, in parts that stand by themselves after those before: people first, then images with all that is said of
   * them, in the order of their ids, at most 64 or 64 MiB of originals a part, then what is said of several images.
   */
  parts(): AsyncIterable<readonly BackupRow[]>;
}

/** A part of a backup that is to become rows. */
export interface RestoredPart {
  readonly backupId: string;
  /** From 1. */
  readonly number: number;
  readonly rows: readonly BackupRow[];
}

/** What the database gives to a backup and takes from one. */
export interface Backups {
  /** Which migrations the rows are of. */
  readonly schema: number;
  /** Lends the library as it is now. Throws `StartError` while a restore is unfinished. */
  snapshot<T>(use: (snapshot: LibrarySnapshot) => Promise<T>): Promise<T>;
  /**
   * Begins to restore a backup, or goes on; says how far that is. Throws `StartError` when the library has anything that is not of this
   * backup, or another one is being restored.
   */
  begin(backupId: string): Promise<{ readonly parts: number; readonly endedAt: Date | undefined }>;
  /** Notes the objects that the next part needs, durable once answered, before the first of them is put. They stay noted until the part is there. */
  notePuts(backupId: string, keys: readonly string[]): Promise<void>;
  /**
   * Adds the rows of the next part, all or nothing. An image whose owner has got the same bytes meanwhile is passed over, and its objects are noted
   * to be deleted. Throws `StartError` when the part is not the next one or its rows cannot be these of a library.
   */
  addPart(part: RestoredPart): Promise<{ readonly images: number; readonly passedOver: number }>;
  finish(backupId: string): Promise<void>;
  /**
   * Gives up the restore that is unfinished: it cannot be gone on with. Answers the objects that it had noted and not finished. Throws `StartError` when
   * there is none.
   */
  giveUp(): Promise<{ readonly backupId: string; readonly keys: readonly string[] }>;
  /**
   * Takes some of the images out that a restore which was given up brought in, and answers their objects. These are noted under the backup's id
   * in place of what was noted before, which must be deleted by now. Nothing was left when it answers none.
   */
  takeOut(backupId: string, limit: number): Promise<{ readonly images: number; readonly keys: readonly string[] }>;
  /** Forgets the objects noted last, which must be deleted by now, and takes the people out that the restore brought in and who have nothing here. */
  endTakenOut(backupId: string): Promise<{ readonly peopleLeft: number }>;
  /** Forgets the objects noted last, which must be deleted by now. What was brought in is like any other image from then on. */
  endKept(backupId: string): Promise<void>;
}

/** A state of the database: which changes it has and which not. Opaque, to be kept and followed from later. */
export type FeedPosition = string;

/** An image that came, went, or is to be seen by others or found by another code or other features than before. */
export interface ImageChange<Entry = IndexEntry> {
  readonly imageId: string;
  /** What it is now; `undefined` when it is gone: ids are never given out again. */
  readonly entry: Entry | undefined;
}

/** What a follower of the changes learns. */
export type FeedEvent<Entry = IndexEntry> =
  | { readonly kind: "changes"; readonly changes: readonly ImageChange<Entry>[] }
  /** Every change that was committed by `asOf` has been told; `position` is where to go on from. Comes at least every poll, also when nothing changed. */
  | { readonly kind: "reached"; readonly position: FeedPosition; readonly asOf: Date }
  /** The database no longer knows what changed since: take its position and read all entries anew. The last event. */
  | { readonly kind: "lost" };

/** Changes of images by anyone who writes to the database, told as entries of one kind. */
export interface ChangeFeed<Entry = IndexEntry> {
  /** Where the database stands. What is read afterwards has at least every change up to here. */
  position(): Promise<FeedPosition>;
  /**
   * Every change that is committed and not part of the position, as soon as it is there, until the signal aborts: none is left out, whatever the order in
   * which transactions end, and none is told twice, save the latest again after the database was away. Waits while the database is unavailable.
   */
  follow(from: FeedPosition, signal: AbortSignal): AsyncIterable<FeedEvent<Entry>>;
  /** Clears changes away that were noted before; a position from then is lost. Returns how many went. */
  prune(before: Date): Promise<number>;
}

// ── work ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Work of different kinds is kept apart, so that a backlog of one holds up no other. */
export const lanes = ["uploads", "maintenance"] as const;

/** A queue of its own, with workers of its own. */
export type Lane = (typeof lanes)[number];

/** A file of a job, by the order sent, from 0. */
export interface JobFileId {
  readonly jobId: string;
  readonly position: number;
}

/** A piece of work. It may be handed out more than once: doing it again changes nothing. */
export type Task =
  | { readonly kind: "upload"; readonly file: JobFileId }
  /** Derive from an image's original what is not of this program's version or lacks. */
  | { readonly kind: "renew"; readonly imageId: string };

/** A task that failed at every try, until someone sets it going again. */
export interface SetAside {
  readonly id: string;
  readonly lane: Lane;
  readonly task: Task;
  readonly tries: number;
  readonly since: Date;
  readonly problem: JobProblem;
}

/** How much there is to do in a lane. */
export interface LaneDepth {
  readonly lane: Lane;
  /** Known to be necessary and not yet in the queue, which takes in some thousand at a time. */
  readonly planned: number;
  /** Not begun, or to be tried again. */
  readonly waiting: number;
  readonly running: number;
  readonly setAside: number;
  /** When the oldest of those waiting came. */
  readonly waitingSince: Date | undefined;
}

/** A lane that is being worked on. */
export interface LaneWork {
  /** Takes no more tasks and waits for those in hand; those that are not done after half a minute are aborted and given back. */
  stop(): Promise<void>;
}

/**
 * Tasks that are to be done by whoever has time, kept in the database. Those who make a task necessary put it in by the same transaction
 * (`Jobs.add`), so that there is neither a task without its reason nor a reason without its task.
 */
export interface Queue {
  /**
   * Hands the tasks of a lane to `perform`, so many at once, oldest first. `batch` of them are taken from the database in one go and done one after the
   * other, which is for short tasks; 1 by default. When it throws, the task is handed out again after a pause that
   * doubles, and after its last try it is set aside; when this process dies, others get its tasks within half a minute.
   */
  work(
    lane: Lane,
    options: { readonly atOnce: number; readonly batch?: number },
    perform: (task: Task, signal: AbortSignal) => Promise<void>,
  ): Promise<LaneWork>;
  /** Every lane. */
  depths(): Promise<readonly LaneDepth[]>;
  /** Tasks that were set aside, the longest first. */
  setAside(limit: number): Promise<readonly SetAside[]>;
  /** Puts tasks that were set aside back into their lanes, with as many tries as at first; all of them without ids. Returns how many. */
  retry(ids?: readonly string[]): Promise<number>;
}

/** What a job has come to. `failed`: all is done but for files that were set aside. */
export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

/** Why a file was not taken in; `internal` where it is nobody's business. */
export interface JobProblem {
  readonly code: FailureCode | "internal";
  readonly detail: string;
}

/** What came of one file of a job. */
export type JobOutcome =
  | { readonly kind: "created" | "duplicate"; readonly imageId: string }
  | { readonly kind: "rejected"; readonly problem: JobProblem };

/** Work that a person asked for without waiting for it. */
export interface Job {
  readonly id: string;
  readonly kind: "upload";
  readonly state: JobState;
  /** Files. */
  readonly progress: { readonly done: number; readonly total: number };
  readonly createdAt: Date;
  readonly finishedAt: Date | undefined;
}

/** A file of a job that something came of. */
export interface JobResult {
  readonly file: string;
  readonly outcome: JobOutcome;
}

/** Files to be taken in later, which the bucket keeps until then. */
export interface NewJob {
  readonly id: string;
  readonly ownerId: string;
  readonly visibility: Visibility;
  readonly createdAt: Date;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

/** A file of a job that is to be taken in. */
export interface JobFile {
  readonly owner: User;
  readonly visibility: Visibility;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Jobs, and what came of them. */
export interface Jobs {
  /** Throws `overloaded` when the lane of uploads has no room for so many more files, or the owner's share of it has none. */
  checkRoom(ownerId: string, files: number): Promise<void>;
  /**
   * Notes the job in place of the note of its files ({@link ObjectNotes.notePut}), which has its id, and puts them into the queue, all or nothing.
   * Throws as `checkRoom`, and `bucket-unavailable` when the note was given up.
   */
  add(job: NewJob): Promise<void>;
  find(id: string, ownerId: string): Promise<Job | undefined>;
  /** Those of a job's files that something came of, in the order sent. */
  results(id: string): Promise<readonly JobResult[]>;
  /** The owner's jobs, newest first, after the cursor (an id) if one is given. */
  list(ownerId: string, page: { readonly limit: number; readonly after?: string }): Promise<Page<Job>>;
  /** Ends the job: of its files that nothing came of yet nothing will. Returns their positions; `undefined` when the owner has no such job. */
  cancel(id: string, ownerId: string, now: Date): Promise<readonly number[] | undefined>;
  /** A file that is to be taken in now; `undefined` when something came of it already, or it is no longer wanted. */
  begin(id: JobFileId, now: Date): Promise<JobFile | undefined>;
  /**
   * Adds the image that a file became, and notes so, in one transaction; as {@link Images.add}, but `withdrawn` when something came of the file
   * already or it is no longer wanted: then nothing was written.
   */
  addImage(id: JobFileId, image: Image, stored: StoredImage): Promise<AddedImage | { readonly kind: "withdrawn" }>;
  /** Notes what came of a file, unless something did before. */
  settle(id: JobFileId, outcome: JobOutcome, now: Date): Promise<void>;
  /** Of files of jobs, those that still wait to be taken in, or whose job is about to be there. */
  whichWait(ids: readonly JobFileId[]): Promise<readonly JobFileId[]>;
  /** Forgets jobs that were asked for before; returns how many. */
  prune(before: Date): Promise<number>;
}

/** The database. */
export interface Catalog {
  readonly accounts: Accounts;
  readonly images: Images;
  readonly objects: ObjectNotes;
  readonly renewals: Renewals;
  readonly records: LibraryRecords;
  readonly backups: Backups;
  readonly changes: ChangeFeed;
  readonly codes: CodeSearch;
  readonly copies: Copies;
  readonly jobs: Jobs;
  readonly queue: Queue;
  /** Throws `database-unavailable` unless the database answers. */
  check(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** The database as an index follows it from a thread of its own. */
export interface IndexCatalog {
  /** Every image, in batches. */
  readonly images: { entries(): AsyncIterable<readonly IndexEntry[]> };
  readonly changes: ChangeFeed;
  close(): Promise<void>;
}

/** The database as the index of parts follows it. */
export interface FeatureCatalog {
  /** Every image that has features, in batches of a few megabytes. */
  readonly images: { entries(): AsyncIterable<readonly FeatureEntry[]> };
  readonly changes: ChangeFeed<FeatureEntry>;
  close(): Promise<void>;
}

// ── bytes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A file put together on local disk before it is kept; whoever made it removes it. */
export interface StagedFile {
  readonly path: string;
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Where files are put together on local disk; what is left there after a crash is swept at the next start. */
export interface Staging {
  /**
   * Throws `storage-full` when the disk has so little room left that it is kept for others than new pictures: for the database beside them,
   * which needs some to delete pictures, and for searches.
   */
  checkRoom(): Promise<void>;
  /** Writes a stream to a new file. Throws `payload-too-large` past `bytesMax` and `storage-full`; then no file is left. */
  stage(
    stream: AsyncIterable<Uint8Array>,
    options: { readonly bytesMax: number; readonly signal: AbortSignal },
  ): Promise<StagedFile>;
  discard(file: StagedFile): Promise<void>;
}

/** What the bucket answered when it took an object. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The store's own version of the object (a generation, an ETag), where it has one. */
  readonly generation?: string;
  /** The store's own name of the object (`gs://bucket/name`), where it has one. */
  readonly link?: string;
}

/** Bytes `from` … `to`, both included. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** An object store. Keys are slash-separated segments of `[A-Za-z0-9._-]`, none of them `.` or `..`. */
export interface Bucket {
  /** Keeps a staged file or bytes under the key, durable once answered; never replaces: an object that is already there stays, and must have the same checksum. */
  put(
    key: string,
    body: { readonly file: StagedFile } | { readonly content: Uint8Array },
    options: { readonly contentType: string; readonly signal?: AbortSignal },
  ): Promise<StoredObject>;
  /**
   * The object's bytes; `undefined` when there is none. `bytes` is what the stream yields: the range, cut at the object's end, or all.
   * Read the stream to its end, leave its loop, or abort the signal: until then it holds a file or a connection.
   */
  get(
    key: string,
    options?: { readonly range?: ByteRange; readonly signal?: AbortSignal },
  ): Promise<{ readonly bytes: number; readonly stream: AsyncIterable<Uint8Array> } | undefined>;
  /** Bytes of the object; `undefined` when there is none. */
  size(key: string): Promise<number | undefined>;
  /** The store's own version of the object; `undefined` when there is no object. Absent where the store has no versions. */
  generation?(key: string): Promise<string | undefined>;
  /** Removes the object; answers also when there is none. */
  delete(key: string): Promise<void>;
  /** Keys that start with the prefix, in no order. */
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly bytes: number; readonly modifiedAt: Date }>;
  /**
   * A link that shows the object to whoever holds it until it expires; `undefined` when the store cannot make one. Absent where no store could.
   * It is made without asking whether the object is there.
   */
  signedUrl?(
    key: string,
    terms: { readonly expiresS: number; readonly fileName: string; readonly contentType: string },
  ): Promise<string | undefined>;
  /** Throws `bucket-unavailable` unless the store can be read and written. */
  check(signal: AbortSignal): Promise<void>;
}

/** How far the copy of a bucket has come. */
export interface CopyProgress {
  /** Objects dealt with so far: copied, or found to be there. */
  readonly objects: number;
  readonly copied: number;
  readonly present: number;
  readonly bytesCopied: number;
  /** Objects that could not be copied. */
  readonly failed: number;
}

/** One object that could not be copied, and why. */
export interface CopyFault {
  readonly key: string;
  readonly error: unknown;
}

/** What copying a bucket did. */
export interface CopyReport extends CopyProgress {
  /** The first hundred faults. */
  readonly faults: readonly CopyFault[];
}

/** One file that is only ever replaced whole. */
export interface SnapshotFile {
  /** The bytes last written, in pieces of any length; none when there are none. */
  read(): AsyncIterable<Uint8Array>;
  /** Replaces the bytes, durable once answered: whatever happens meanwhile, the file has either the former bytes or all of these. */
  write(pieces: Iterable<Uint8Array>): Promise<void>;
}

/**
 * A file in an archive; its bytes are to be read, or left, before the next one is asked for. Asking and reading throw `ArchiveError` where an
 * archive ends too early or is none.
 */
export interface ArchiveEntry {
  readonly name: string;
  readonly bytes: number;
  readonly stream: AsyncIterable<Uint8Array>;
}

/** An archive that is being written. */
export interface ArchiveWriter {
  /** Adds a file; one after the other. Throws `storage-full`. */
  add(name: string, body: { readonly file: StagedFile } | { readonly content: Uint8Array }): Promise<void>;
  /** Ends the archive, durable and under its name once answered. */
  finish(): Promise<void>;
  /** Closes what was written so far, which stays where the next attempt finds it. */
  abandon(): Promise<void>;
}

// ── pixels ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the header of a picture says, before anything is decoded. */
export interface Header {
  readonly format: Format;
  /** As a person sees it: after the EXIF turn. */
  readonly width: number;
  readonly height: number;
}

/** What one decode of a picture yields. */
export interface Inspection extends Header {
  /** Fingerprints of the picture as a person sees it: EXIF turn applied, transparency on white, first frame. */
  readonly pdq: OrientedFingerprint;
  readonly dct256: Dct256;
  /** Keypoints of parts of the picture, where they were asked for. */
  readonly features: LocalFeatures | undefined;
}

/** How two pictures are shown on each other: half of each, or where they differ. */
export type OverlayMode = "blend" | "difference";

/** Turns files into pictures, in processes that may die. Every call throws `unsupported-format`, `image-too-large`, `image-too-complex`, `image-broken`, `image-undecodable`, `overloaded` or `shutting-down`. */
export interface Decoder {
  /**
   * Header, fingerprint and codes of a file, and its local features for a purpose; `exact` hashes every pixel, where large pictures are
   * otherwise shrunk as they are read.
   */
  inspect(
    path: string,
    options: { readonly signal: AbortSignal; readonly exact?: boolean; readonly features?: Purpose | undefined },
  ): Promise<Inspection>;
  /** The named hashes of every pixel of a file, for the command line. */
  hash(
    path: string,
    options: { readonly names: readonly HashName[]; readonly signal: AbortSignal },
  ): Promise<Header & { readonly hashes: Partial<Record<HashName, Hash>> }>;
  /** What is kept of a picture: the same as `inspect`, its features packed to be stored, and a WebP whose longest side is at most 320 px, without metadata. */
  ingest(
    path: string,
    options: { readonly signal: AbortSignal },
  ): Promise<Omit<Inspection, "features"> & { readonly features: PackedFeatures; readonly thumbnail: Uint8Array }>;
  /** Of what `ingest` gives the header, fingerprint and codes alone: in a quarter of the time for a picture of a web page. */
  fingerprint(path: string, options: { readonly signal: AbortSignal }): Promise<Omit<Inspection, "features">>;
  /** Of what `ingest` gives the thumbnail alone. */
  thumbnail(path: string, options: { readonly signal: AbortSignal }): Promise<Uint8Array>;
  /** A WebP of the lower picture, longest side at most 1024 px, with the upper one laid on it by a map of its pixels to the lower one's. */
  overlay(
    lowerPath: string,
    upperPath: string,
    options: { readonly transform: Transform; readonly mode: OverlayMode; readonly signal: AbortSignal },
  ): Promise<Uint8Array>;
  /** The picture encoded anew in its own format, pixels turned upright, without metadata: safe to hand to strangers. */
  derive(path: string, options: { readonly signal: AbortSignal }): Promise<Uint8Array>;
  close(): Promise<void>;
}
