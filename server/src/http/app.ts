import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { Bucket, Catalog, Clock, Decoder, Passwords, Staging, Tokens } from "../ports.ts";
import type { PartIndex } from "../search/part-index.ts";
import type { SearchIndex } from "../search/search-index.ts";

/** Everything that the HTTP calls work with. */
export interface Ports {
  readonly catalog: Catalog;
  readonly bucket: Bucket;
  readonly decoder: Decoder;
  readonly staging: Staging;
  readonly passwords: Passwords;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly index: SearchIndex;
  readonly parts: PartIndex;
}

/** What may be set about HTTP. */
export interface HttpOptions {
  readonly uploadBytesMax: number;
  readonly credentialTriesPerMinute: number;
  readonly trustedProxies: readonly string[];
  readonly logLevel: string;
  readonly downloads: "server" | "redirect";
  /** The built page; `undefined` serves none. */
  readonly pageFolder: string | undefined;
}

/** A Fastify that types requests and answers by their TypeBox schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What a group of calls is given. */
export interface Room {
  readonly ports: Ports;
  readonly options: HttpOptions;
}
