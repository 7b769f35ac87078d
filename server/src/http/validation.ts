import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { namedSchemas } from "./schemas.ts";

/**
 * Validators for Fastify. Bodies are taken as they are: a wrong type or an unknown field is an error, nothing is dropped or
 * turned into something else (Fastify's default does both). What comes as text (path, query) is read as the type it should have.
 */
export function validatorCompiler(): FastifySchemaCompiler<TSchema> {
  const options = { removeAdditional: false, useDefaults: true, allErrors: true, allowUnionTypes: true, strict: false };
  const bodies = withNamedSchemas(new Ajv({ ...options, coerceTypes: false }));
  const texts = withNamedSchemas(new Ajv({ ...options, coerceTypes: true }));
  return ({ schema, httpPart, ...route }) => {
    // Forms are described by their schema and read part by part (receive-form.ts).
    if ("contentType" in route && route.contentType === "multipart/form-data") return () => true;
    return whenNeeded(() => (httpPart === "body" ? bodies : texts).compile(schema));
  };
}

/** A validator that is compiled with its first call: those of all routes took a tenth of a start. */
function whenNeeded(compile: () => ValidateFunction): ReturnType<FastifySchemaCompiler<TSchema>> {
  let compiled: ValidateFunction | undefined;
  const validate: ReturnType<FastifySchemaCompiler<TSchema>> = (data: unknown) => {
    compiled ??= compile();
    const isValid = compiled(data);
    validate.errors = compiled.errors ?? [];
    return isValid;
  };
  return validate;
}

function withNamedSchemas(ajv: Ajv): Ajv {
  addFormats.default(ajv);
  for (const schema of namedSchemas) ajv.addSchema(schema);
  return ajv;
}
