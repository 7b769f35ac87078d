import { SerializerSelector } from "@fastify/fast-json-stringify-compiler";

type Builder = ReturnType<typeof SerializerSelector>;

/**
 * Fastify's serializers, each compiled once, with its first answer: nearly every call answers the same problems, and compiling them all again took a third
 * of a second of every start.
 */
export function sharedSerializers(): Builder {
  const build = SerializerSelector();
  return (...options) => {
    const compile = build(...options);
    const compiled = new Map<string, ReturnType<typeof compile>>();
    return (route) => {
      const key = JSON.stringify(route.schema);
      const known = compiled.get(key) ?? whenNeeded(() => compile(route));
      compiled.set(key, known);
      return known;
    };
  };
}

type Serializer = ReturnType<ReturnType<Builder>>;

function whenNeeded(compile: () => Serializer): Serializer {
  let compiled: Serializer | undefined;
  return (data) => {
    compiled ??= compile();
    return compiled(data);
  };
}
