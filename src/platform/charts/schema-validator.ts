/**
 * The validator of values.schema.json: drafts 4, 6, 7, 2019-09 and 2020-12 by ajv, patterns by RE2, messages as Helm's
 * validator words them. It is loaded only for values that a first look does not find right (see schema.ts).
 *
 * Deviation: references to other files and addresses are not loaded; a schema that needs one is an error (Helm fetches them).
 */
import { RE2JS } from '@bufbuild/re2';
import { Ajv } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, Options, ValidateFunction } from 'ajv';
import { jsonSyntaxError } from '#lang/gotemplate/sprig/json-syntax.ts';
import { explainFailure } from '#platform/charts/schema-explain.ts';
import { schemaMessage } from '#platform/charts/schema-messages.ts';
import type { Table } from '#platform/charts/values/table.ts';
import { plainOf } from '#platform/charts/values/table.ts';

const decoder = new TextDecoder();

/** A line per failure of one schema; empty if the values keep to it, or the reason why the schema cannot be used. */
export function validatorFailures(schema: Uint8Array, values: Table): string {
  try {
    const { validate, parsed } = compile(schema);
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

function compile(schema: Uint8Array): Compiled {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const text = decoder.decode(schema);
  const problem = jsonSyntaxError(text);
  if (problem !== undefined) throw new Error(problem);
  const parsed = JSON.parse(text) as Record<string, unknown> | boolean;
  const made = { validate: validatorFor(parsed), parsed };
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

function validatorFor(schema: Record<string, unknown> | boolean): ValidateFunction {
  if (typeof schema === 'boolean') return new Ajv2020(options).compile(schema);
  const { $schema: dialect, ...body } = schema;
  const name = typeof dialect === 'string' ? dialect : 'https://json-schema.org/draft/2020-12/schema';
  if (name.includes('2019-09')) return new Ajv2019(options).compile(body);
  if (name.includes('2020-12')) return new Ajv2020(options).compile(body);
  return new Ajv(options).compile(name.includes('draft-04') ? modernized(body) : body);
}

/** Draft 4's `id` and boolean exclusive bounds in the form of later drafts. */
function modernized(value: unknown): Record<string, unknown> {
  return modernize(value) as Record<string, unknown>;
}

function modernize(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(modernize);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.fromEntries(Object.entries(value).map(([key, field]) => [key, modernize(field)]));
  for (const [exclusive, inclusive] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof fields[exclusive] !== 'boolean') continue;
    if (fields[exclusive] === true) {
      fields[exclusive] = fields[inclusive];
      delete fields[inclusive];
    } else delete fields[exclusive];
  }
  if (typeof fields['id'] === 'string' && fields['$id'] === undefined) {
    fields['$id'] = fields['id'];
    delete fields['id'];
  }
  return fields;
}
