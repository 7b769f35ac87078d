/** Written by hand from the contract; replaced by what openapi-typescript makes of `GET /openapi.json`. */
type Json<T> = { content: { "application/json": T } };
type Refused = { content: { "application/problem+json": components["schemas"]["Problem"] } };
type Nothing = { content?: never };

export interface paths {
  "/api/register": {
    post: { requestBody: Json<components["schemas"]["Credentials"]>; responses: { 201: Json<{ user: components["schemas"]["User"] }>; default: Refused } };
  };
  "/api/login": {
    post: { requestBody: Json<components["schemas"]["Credentials"]>; responses: { 200: Json<components["schemas"]["Login"]>; default: Refused } };
  };
  "/api/logout": { post: { responses: { 204: Nothing; default: Refused } } };
  "/api/me": { get: { responses: { 200: Json<{ user: components["schemas"]["User"] }>; default: Refused } } };
  "/api/images": {
    get: {
      parameters: { query?: { cursor?: string; limit?: number } };
      responses: { 200: Json<{ items: components["schemas"]["Image"][]; next: string | null }>; default: Refused };
    };
  };
  "/api/images/{id}": {
    get: { parameters: { path: { id: string } }; responses: { 200: Json<components["schemas"]["Image"]>; default: Refused } };
    delete: { parameters: { path: { id: string } }; responses: { 204: Nothing; default: Refused } };
  };
  "/api/images/{id}/similar": {
    get: {
      parameters: { path: { id: string }; query?: { minScore?: number; limit?: number } };
      responses: { 200: Json<components["schemas"]["SearchResult"]>; default: Refused };
    };
  };
  "/api/search": {
    post: {
      parameters: { query?: { minScore?: number; limit?: number } };
      requestBody: { content: { "multipart/form-data": { image: string }; "application/json": { fingerprint: string } | { imageId: string } } };
      responses: { 200: Json<components["schemas"]["SearchResult"]>; default: Refused };
    };
  };
}

export interface components {
  schemas: {
    Credentials: { email: string; password: string };
    User: { id: string; email: string; createdAt: string };
    Login: { token: string; tokenType: "Bearer"; expiresAt: string; user: components["schemas"]["User"] };
    Fingerprint: { algorithm: "pdq"; hex: string; quality: number };
    Image: {
      id: string;
      owner: { id: string };
      visibility: "public" | "private";
      file: string;
      format: "jpeg" | "png" | "gif" | "webp" | "avif";
      width: number;
      height: number;
      bytes: number;
      sha256: string;
      createdAt: string;
      fingerprint: components["schemas"]["Fingerprint"];
      url: string;
      thumbnailUrl: string;
    };
    Match: {
      image: components["schemas"]["Image"];
      verdict: "exact" | "copy" | "partial";
      score: number;
      distance: number;
      distanceMax: number;
      orientation:
        | "identity"
        | "rotate-90"
        | "rotate-180"
        | "rotate-270"
        | "flip-horizontal"
        | "flip-vertical"
        | "transpose"
        | "transverse";
    };
    SearchResult: {
      query: { width?: number; height?: number; sha256?: string; fingerprint: components["schemas"]["Fingerprint"]; searchable: "yes" | "exact-only"; reason?: string };
      index: { images: number; lagMs: number };
      matches: components["schemas"]["Match"][];
    };
    Problem: { type: string; title: string; status: number; detail: string; code: string; errors?: { pointer: string; detail: string }[] };
  };
}
