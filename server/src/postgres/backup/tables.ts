/** A table as a backup has it. */
export interface BackedUpTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** Columns that the place gives where a backup is restored. */
  readonly without: readonly string[];
  /** The column that orders its rows into parts. */
  readonly key: "id" | "image_id";
  /** Columns that name an image: rows of images that are not there, since they were deleted meanwhile, are left out. */
  readonly images: readonly string[];
}

/** Tables whose rows go into the same parts, the first of them once for each key. */
export interface Section {
  readonly tables: readonly [BackedUpTable, ...BackedUpTable[]];
  /** Keys a part. */
  readonly partSize: number;
}

/** The schema that these tables have: the number of the newest migration. Whoever adds one says here what it means for backups (docs/backup.md). */
export const schemaVersion = 12;

/** Everything that a backup has of the database, in the order in which it is restored: the one place to add a table to. */
export const sections: readonly Section[] = [
  {
    partSize: 1000,
    tables: [
      {
        name: "users",
        columns: ["id", "email", "email_key", "password_hash", "created_at"],
        without: ["audience", "copies_round"],
        key: "id",
        images: [],
      },
    ],
  },
  {
    partSize: 64,
    tables: [
      {
        name: "images",
        columns: ["id", "owner_id", "visibility", "file", "sha256", "created_at"],
        without: [],
        key: "id",
        images: [],
      },
      {
        name: "image_data",
        columns: [
          ...["image_id", "format", "width", "height", "bytes"],
          ...["original_key", "original_generation", "thumbnail_key", "thumbnail_bytes", "thumbnail_sha256"],
          ...["thumbnail_generation", "derived_version"],
        ],
        without: [],
        key: "image_id",
        images: ["image_id"],
      },
      {
        name: "fingerprints",
        columns: ["image_id", "algorithm", "code", "quality", "mirrored"],
        without: [],
        key: "image_id",
        images: ["image_id"],
      },
      {
        name: "local_features",
        columns: ["image_id", "version", "packed"],
        without: [],
        key: "image_id",
        images: ["image_id"],
      },
    ],
  },
  {
    partSize: 2000,
    tables: [
      {
        name: "image_copies",
        columns: ["image_id", "owner_id", "head_id", "distance", "orientation", "inverted"],
        without: [],
        key: "image_id",
        images: ["image_id", "head_id"],
      },
    ],
  },
];

/** Every table of {@link sections}. */
export const backedUpTables: readonly BackedUpTable[] = sections.flatMap(({ tables }) => tables);

/** Tables that a backup leaves out, each with the reason. */
export const leftOut: Readonly<Record<string, string>> = {
  sessions: "a copy of the file is no login: everyone logs in again",
  jobs: "what was promised and not yet done waits in incoming/, which is not in the backup",
  job_files: "as jobs",
  bucket_puts: "objects that may or may not be in this store",
  bucket_deletions: "objects of this store",
  image_changes: "news for the servers of this database",
  image_changes_horizon: "as image_changes",
  migrations: "the manifest names the schema",
  restores: "what was restored to this database",
  restored: "as restores",
};
