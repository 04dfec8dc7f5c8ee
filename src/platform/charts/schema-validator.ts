/**
 * The validator of values.schema.json: drafts 4, 6, 7, 2019-09 and 2020-12 by ajv, patterns by RE2, messages as Helm's
 * validator words them. It is loaded only for values that a first look does not find right (see schema.ts).
 */
import { RE2JS } from '@bufbuild/re2';
import { Ajv } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, Options, ValidateFunction } from 'ajv';
import AjvDraft4 from 'ajv-draft-04';
import { assert } from '#base/assert.ts';
import { jsonSyntaxError } from '#lang/gotemplate/sprig/json-syntax.ts';
import { explainFailure } from '#platform/charts/schema-explain.ts';
import type { SchemaDocuments } from '#platform/charts/schema-documents.ts';
import { referencedDocuments, rootAddress, withoutDialect } from '#platform/charts/schema-documents.ts';
import { schemaMessage } from '#platform/charts/schema-messages.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { plainOf } from '#platform/charts/values/table.ts';

const decoder = new TextDecoder();

/** A line per failure of one schema; empty if the values keep to it, or the reason why the schema cannot be used. */
export function validatorFailures(schema: Uint8Array, values: Table, documents: SchemaDocuments): string {
  try {
    const { validate, parsed } = compile(schema, documents);
    const value = plainOf(values);
    if (validate(value)) return '';
    const explained = explainFailure(parsed, value);
    if (explained !== undefined) return explained;
    return (validate.errors ?? [])
      .filter(isShown)
      .map((error) => `- ${schemaMessage(error)}\n`)
      .join('');
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message;
  }
}

/** Wrappers that only repeat what their parts say. */
function isShown(error: ErrorObject): boolean {
  return error.keyword !== 'if';
}

interface Compiled {
  readonly validate: ValidateFunction;
  readonly parsed: unknown;
}

const compiled = new WeakMap<Uint8Array, Compiled>();

function compile(schema: Uint8Array, documents: SchemaDocuments): Compiled {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const text = decoder.decode(schema);
  const problem = jsonSyntaxError(text);
  if (problem !== undefined) throw new Error(problem);
  const parsed = JSON.parse(text) as Record<string, unknown> | boolean;
  const made = { validate: validatorFor(parsed, documents), parsed };
  compiled.set(schema, made);
  return made;
}

/** ajv only calls `test`. */
const regExp = Object.assign((pattern: string): RegExp => RE2JS.compile(pattern) as unknown as RegExp, {
  code: 'RE2JS.compile',
});

const options: Options = {
  allErrors: true,
  strict: false,
  validateSchema: false,
  logger: false,
  verbose: true,
  validateFormats: false,
  code: { regExp },
};

function validatorFor(schema: Record<string, unknown> | boolean, documents: SchemaDocuments): ValidateFunction {
  if (typeof schema === 'boolean') return new Ajv2020(options).compile(schema);
  const { $schema: dialect } = schema;
  const engine = engineFor(typeof dialect === 'string' ? dialect : 'https://json-schema.org/draft/2020-12/schema');
  for (const [address, document] of referencedDocuments(schema, documents)) engine.addSchema(document, address);
  const validate = engine.addSchema(withoutDialect(schema), rootAddress).getSchema(rootAddress);
  assert(validate !== undefined, 'a schema that was added is there');
  return validate as ValidateFunction;
}

function engineFor(dialect: string): Ajv {
  if (dialect.includes('2019-09')) return new Ajv2019(options);
  if (dialect.includes('2020-12')) return new Ajv2020(options);
  return dialect.includes('draft-04') ? new AjvDraft4.default(options) : new Ajv(options);
}
