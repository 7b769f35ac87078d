import type { components } from "./schema.ts";

type Schemas = components["schemas"];

export type User = Schemas["User"];
export type Credentials = Schemas["Credentials"];
export type StoredImage = Schemas["Image"];
export type Visibility = StoredImage["visibility"];
export type Match = Schemas["Match"];
export type SearchResult = Schemas["SearchResult"];

/** What the server answers for one file of an upload. */
export type UploadResult =
  | { readonly file: string; readonly status: "created" | "duplicate"; readonly image: StoredImage }
  | {
      readonly file: string;
      readonly status: "rejected";
      readonly problem: { readonly code: string; readonly detail: string };
    };
