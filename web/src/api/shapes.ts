import type { components, paths } from "./schema.ts";

type Schemas = components["schemas"];
export type SearchAnswer = paths["/api/search"]["post"]["responses"][200]["content"]["application/json"];

export type User = Schemas["User"];
export type Credentials = paths["/api/login"]["post"]["requestBody"]["content"]["application/json"];
export type StoredImage = Schemas["Image"];
export type Visibility = StoredImage["visibility"];
export type UploadResult = Schemas["UploadResult"];

/** A match of a search: unlike one of a comparison, it always has an image. */
export type Match = Schemas["Match"] & { readonly image: StoredImage };

/** What a search found. */
export type SearchResult = Omit<SearchAnswer, "matches"> & { readonly matches: readonly Match[] };

/** Whether the match has an image. */
export function hasImage(match: Schemas["Match"]): match is Match {
  return match.image !== null;
}
