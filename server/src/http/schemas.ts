import { algorithms } from "@utsuru/core/fingerprint";
import { orientations } from "@utsuru/core/orientations";
import Type, { type Static, type TSchema } from "typebox";
import { failureCodes } from "../errors.ts";
import { type PartsWhen, partsWhen } from "../images/upload-image.ts";
import type { JobState, OverlayMode } from "../ports.ts";
import type { Stages } from "../search/search.ts";

/**
 * The shapes of the API, each once: Fastify validates by them, serialises by them, and GET /openapi.json describes by them.
 */
const strict = { additionalProperties: false } as const;

/** A schema by its name, so that the description says it once; typed as the schema itself. */
function named<T extends TSchema>(schema: T & { $id?: string }): ReturnType<typeof Type.Unsafe<Static<T>>> {
  return Type.Unsafe<Static<T>>({ $ref: `${schema.$id}#` });
}

const time = (description: string) => Type.String({ format: "date-time", description });
/** The pattern says more than the format, which in the validator also takes capitals and `urn:uuid:`: an id is compared as text (search index, keys). */
const uuid = (description: string) =>
  Type.String({ format: "uuid", pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description });
const sha256 = Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256 of the file, 64 hexadecimal digits." });
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const literals = <T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>({ type: "string", enum: [...values] });

const ProblemSchema = Type.Object(
  {
    type: Type.String({
      description: "A URI reference that names the kind of problem.",
      examples: ["/problems/email-taken"],
    }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: "What went wrong, in a sentence for a person." }),
    code: Type.Unsafe<string>({
      type: "string",
      enum: [...failureCodes, "internal"],
      description: "Stable; match on this.",
    }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({ description: "JSON Pointer (RFC 6901) of the field." }),
          detail: Type.String(),
        }),
      ),
    ),
  },
  { $id: "Problem", description: "A failure (RFC 9457).", additionalProperties: true },
);
export const Problem = named(ProblemSchema);

const UserSchema = Type.Object(
  { id: uuid("UUIDv7."), email: Type.String(), createdAt: time("When the account was opened.") },
  { $id: "User", description: "A person with an account.", ...strict },
);
const User = named(UserSchema);
export const UserEnvelope = Type.Object({ user: User }, strict);

export const CredentialsBody = Type.Object(
  {
    email: Type.String({ minLength: 1, maxLength: 320, examples: ["ada@example.org"] }),
    password: Type.String({
      minLength: 1,
      maxLength: 1024,
      description: "8 characters to 72 bytes.",
      examples: ["correct horse battery"],
    }),
  },
  strict,
);

export const LoginAnswer = Type.Object(
  { token: Type.String(), tokenType: Type.Literal("Bearer"), expiresAt: time("When the token ends."), user: User },
  strict,
);

const FingerprintSchema = Type.Object(
  {
    algorithm: literals(algorithms),
    hex: Type.String({ pattern: "^[0-9a-fA-F]{64}$", description: "256 bits, 64 hexadecimal digits." }),
    quality: Type.Integer({
      minimum: 0,
      maximum: 100,
      description: "How much detail the fingerprint rests on; under 50 it is not searched with.",
    }),
  },
  { $id: "Fingerprint", ...strict },
);
const Fingerprint = named(FingerprintSchema);

export const VisibilitySchema = literals(["public", "private"] as const);

const ImageSchema = Type.Object(
  {
    id: uuid("UUIDv7."),
    owner: Type.Object({ id: uuid("Whose image it is.") }, strict),
    visibility: VisibilitySchema,
    file: Type.String({ description: "The name the file had when it was sent." }),
    format: literals(["jpeg", "png", "gif", "webp", "avif"] as const),
    width: Type.Integer({ description: "Pixels, upright." }),
    height: Type.Integer({ description: "Pixels, upright." }),
    bytes: Type.Integer({ description: "Size of the original file." }),
    sha256,
    createdAt: time("When it was uploaded."),
    fingerprint: Fingerprint,
    url: Type.String({ description: "Where the file is." }),
    thumbnailUrl: Type.String({ description: "Where the thumbnail is." }),
  },
  { $id: "Image", ...strict },
);
export const Image = named(ImageSchema);

const pageOf = <T extends TSchema>(item: T) =>
  Type.Object(
    {
      items: Type.Array(item),
      next: nullable(Type.String({ description: "Pass as `cursor` for the following page; null at the end." })),
    },
    strict,
  );
export const ImagePage = pageOf(Image);

/** How many checksums one call may ask about. */
export const checksumsMax = 1000;

export const CheckBody = Type.Object(
  { sha256: Type.Array(sha256, { minItems: 1, maxItems: checksumsMax, description: "Of the files, in any order." }) },
  strict,
);

export const CheckAnswer = Type.Object(
  {
    present: Type.Array(Type.Object({ sha256, id: uuid("Your image with these bytes.") }, strict), {
      description: "Those that you have already; images of others are never told of.",
    }),
    fileBytesMax: Type.Integer({ description: "Bytes that a file may have to be uploaded." }),
  },
  strict,
);

export const ImageParams = Type.Object({ id: uuid("The image.") }, strict);

export const PageQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  strict,
);

const UploadResultSchema = Type.Object(
  {
    file: Type.String({ description: "The name that was sent." }),
    status: literals(["created", "duplicate", "rejected"] as const),
    image: Type.Optional(Image),
    problem: Type.Optional(Problem),
  },
  {
    $id: "UploadResult",
    description: "What became of one file: `image` unless it was rejected, then `problem`.",
    ...strict,
  },
);
export const UploadAnswer = Type.Object({ results: Type.Array(named(UploadResultSchema)) }, strict);

/** Other headers pass as they are. */
export const PreferHeader = Type.Object({
  prefer: Type.Optional(
    Type.String({ description: "`respond-async`: answer as soon as the files are safe.", examples: ["respond-async"] }),
  ),
});

const jobFields = {
  id: uuid("UUIDv7."),
  kind: Type.Literal("upload"),
  state: Type.Unsafe<JobState>({
    type: "string",
    enum: ["queued", "running", "done", "failed", "cancelled"],
    description:
      "done: something came of every file, be it that it was rejected. failed: the same, but some could not be worked on after several tries; an operator may set them going again.",
  }),
  progress: Type.Object({ done: Type.Integer(), total: Type.Integer() }, { ...strict, description: "Files." }),
  createdAt: time("When it was asked for."),
  finishedAt: nullable(time("When the last file was done, or it was cancelled.")),
};

const JobSummarySchema = Type.Object(jobFields, {
  $id: "JobSummary",
  description: "Work that was asked for without waiting for it.",
  ...strict,
});
const JobSummary = named(JobSummarySchema);

const JobSchema = Type.Object(
  {
    ...jobFields,
    results: Type.Array(named(UploadResultSchema), {
      description:
        "What came of those files that something came of so far, in the order sent. An image that was deleted since is left out of its result.",
    }),
  },
  { $id: "Job", description: "A job, and what came of it so far.", ...strict },
);
export const Job = named(JobSchema);

export const JobPage = pageOf(JobSummary);

export const JobParams = Type.Object({ id: uuid("The job.") }, strict);

const PartsSchema = Type.Unsafe<PartsWhen>({
  type: "string",
  enum: [...partsWhen],
  description:
    "When the images are found by their parts and thumbnails are made: `now`, as by default, or some minutes `later`, so that many are taken in sooner.",
});

const file = Type.Unsafe<string>({ type: "string", format: "binary" });

/** Multipart forms: described here, read part by part in receive-form.ts. */
export const UploadForm = Type.Object(
  {
    image: Type.Array(file, { minItems: 1, maxItems: 32 }),
    visibility: Type.Optional(VisibilitySchema),
    parts: Type.Optional(PartsSchema),
  },
  strict,
);
export const SearchForm = Type.Object({ image: file }, strict);
export const CompareForm = Type.Object({ image: Type.Array(file, { minItems: 2, maxItems: 2 }) }, strict);

const Orientation = literals(orientations);

const FingerprintQuery = Type.Union(
  [
    Type.String({ pattern: "^[0-9a-fA-F]{64}$", description: "A PDQ fingerprint, 64 hexadecimal digits." }),
    Type.Object(
      {
        algorithm: Type.Optional(Type.Literal("pdq")),
        hex: Type.String({ pattern: "^[0-9a-fA-F]{64}$" }),
        quality: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
        orientations: Type.Optional(
          Type.Partial(
            Type.Object(
              Object.fromEntries(orientations.map((name) => [name, Type.String({ pattern: "^[0-9a-fA-F]{64}$" })])),
              {
                ...strict,
                description:
                  "The fingerprint of the picture after each symmetry: with them, mirrored and turned copies are found too.",
              },
            ),
          ),
        ),
      },
      strict,
    ),
  ],
  { description: "A fingerprint computed elsewhere." },
);

export const SearchBody = Type.Union([
  Type.Object({ fingerprint: FingerprintQuery }, strict),
  Type.Object({ imageId: uuid("A stored image.") }, strict),
]);

const CompareSide = Type.Union([uuid("A stored image."), FingerprintQuery]);
export const CompareBody = Type.Object({ a: CompareSide, b: CompareSide }, strict);

export const SearchQuery = Type.Object(
  {
    minScore: Type.Number({ minimum: 0, maximum: 100, default: 0 }),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
    stages: Type.Unsafe<Stages>({
      type: "string",
      enum: ["global", "all"],
      default: "all",
      description: "global: compare whole pictures alone, which costs less. all: look for parts too.",
    }),
  },
  strict,
);

export const OverlayQuery = Type.Object(
  {
    with: uuid("The image that is laid on this one."),
    mode: Type.Unsafe<OverlayMode>({
      type: "string",
      enum: ["blend", "difference"],
      default: "blend",
      description: "blend: half of each. difference: black where they are equal.",
    }),
  },
  strict,
);

const percentOf = (what: string) =>
  Type.Optional(Type.Number({ minimum: 0, maximum: 100, description: `How much of ${what} the other picture shows.` }));

const MatchSchema = Type.Object(
  {
    image: nullable(Image),
    verdict: Type.Unsafe<"exact" | "copy" | "partial">({
      type: "string",
      enum: ["exact", "copy", "partial"],
      description:
        "exact: the same bytes. copy: fingerprints at most 31 of 256 bits apart. partial: a part of one picture is a part of the other.",
    }),
    score: Type.Number({
      minimum: 0,
      maximum: 100,
      description:
        "100 for equal bytes. Of fingerprints 100 · max(0, 1 − distance / 128), of parts 100 − 25 / (evidence relative to the least that is called a match); where both speak for an image, the higher. 75 is the least in either.",
    }),
    distance: Type.Integer({
      minimum: 0,
      maximum: 256,
      description: "Differing bits of the nearest fingerprints, PDQ or dct256; of partial matches it may exceed 31.",
    }),
    distanceMax: Type.Literal(256),
    orientation: Type.Unsafe<(typeof orientations)[number]>({
      ...Orientation,
      description:
        "What was done to the stored image to get the query; rotations are clockwise. Of partial matches the nearest of the eight.",
    }),
    inverted: Type.Boolean({ description: "Whether the query is also a negative of the stored image." }),
    transform: Type.Optional(
      Type.Array(Type.Number(), {
        minItems: 6,
        maxItems: 6,
        description:
          "[a, b, c, d, e, f]: the query's pixel (x, y) lies on the stored image's (a·x + b·y + c, d·x + e·y + f), both upright. This and what follows is there where local features align the two.",
      }),
    ),
    queryOverlapPercent: percentOf("the query"),
    targetOverlapPercent: percentOf("the stored image"),
    inliers: Type.Optional(Type.Integer({ minimum: 0, description: "Keypoints that agree in looks and place." })),
    description: Type.Optional(
      Type.String({
        description: "What was done to the stored image to get the query, in words.",
        examples: ["mirrored, turned 8°, cropped to 62 %"],
      }),
    ),
  },
  { $id: "Match", ...strict },
);
export const Match = named(MatchSchema);

const QueryInfoSchema = Type.Object(
  {
    width: nullable(Type.Integer()),
    height: nullable(Type.Integer()),
    sha256: nullable(sha256),
    fingerprint: Fingerprint,
    searchable: Type.Unsafe<"yes" | "exact-only">({ type: "string", enum: ["yes", "exact-only"] }),
    reason: Type.Optional(Type.String({ description: "Why only exact copies can be found." })),
  },
  {
    $id: "Query",
    description: "What was searched with; width, height and sha256 are null for a bare fingerprint.",
    ...strict,
  },
);
const QueryInfo = named(QueryInfoSchema);

export const SearchAnswer = Type.Object(
  {
    query: QueryInfo,
    stages: Type.Unsafe<Stages>({
      type: "string",
      enum: ["global", "all"],
      description:
        "What was looked at: global where parts were not asked for, the query has no features (a bare fingerprint, too little detail), or this server keeps none.",
    }),
    index: Type.Object(
      {
        images: Type.Integer({ description: "Images that were searched: your own and public ones." }),
        lagMs: Type.Number({
          minimum: 0,
          description:
            "For how long at most the index has missed a change that is known to be in the database, or may be there because the database cannot be read; 0 when it misses none.",
        }),
      },
      strict,
    ),
    matches: Type.Array(Match, { description: "Best first." }),
    truncated: Type.Boolean({
      description: "Whether there are more matches than `limit`, or, of partial ones, may be more than were looked at.",
    }),
  },
  strict,
);

const DuplicatesSchema = Type.Object(
  {
    head: Image,
    members: Type.Array(Match, {
      description: "Copies of the head, best first, at most 100; each is what a search with the head would give.",
    }),
    truncated: Type.Boolean({ description: "Whether there are more copies than `members`." }),
    best: uuid("The copy worth keeping, head or not: the most pixels, then the most bytes, then the oldest."),
  },
  { $id: "Duplicates", description: "Images that are copies of one of them, the head.", ...strict },
);

export const DuplicatesPage = Type.Object(
  {
    items: Type.Array(named(DuplicatesSchema)),
    next: nullable(
      Type.String({
        description: "Pass as `cursor` for the following page, also when `items` is empty; null at the end.",
      }),
    ),
    pending: Type.Integer({
      minimum: 0,
      description:
        "How many of your images are still to be compared with the others. While there are any, `items` is empty.",
    }),
  },
  strict,
);

export const DuplicatesQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 50, default: 20 }),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  strict,
);

export const CompareAnswer = Type.Object(
  {
    match: nullable(Match),
    distance: Type.Integer({ minimum: 0, maximum: 256 }),
    distanceMax: Type.Literal(256),
    orientation: Type.Unsafe<(typeof orientations)[number]>({
      ...Orientation,
      description: "What was done to b to get a.",
    }),
    inverted: Type.Boolean({ description: "Whether a is also a negative of b." }),
    a: QueryInfo,
    b: QueryInfo,
  },
  strict,
);

/** Schemas that the description lists by name. */
export const namedSchemas: readonly TSchema[] = [
  ProblemSchema,
  UserSchema,
  FingerprintSchema,
  ImageSchema,
  UploadResultSchema,
  JobSummarySchema,
  JobSchema,
  MatchSchema,
  DuplicatesSchema,
  QueryInfoSchema,
];
