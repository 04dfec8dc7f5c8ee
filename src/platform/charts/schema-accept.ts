/**
 * A first look at values.schema.json: walks schema and value together and answers whether the value is right. Most values
 * are, and then the validator of {@link ./schema.ts} with its hundred modules is neither loaded nor compiled. Where a schema
 * says something that this file does not know for certain, it answers `unsure`, and the validator decides.
 */
import { RE2JS } from '@bufbuild/re2';

/** `right`: certainly valid; `wrong`: certainly not; `unsure`: ask the validator. */
export type Look = 'right' | 'wrong' | 'unsure';

type Schema = Readonly<Record<string, unknown>>;

/** Looks at a plain JSON value by a parsed schema. */
export function lookAtValue(schema: unknown, value: unknown): Look {
  try {
    const dialect = isObject(schema) ? String(schema['$schema'] ?? '') : '';
    return new Walk(schema, dialect.includes('draft-04') || dialect.includes('draft-03')).matches(schema, value)
      ? 'right'
      : 'wrong';
  } catch (error) {
    if (error instanceof Unsure) return 'unsure';
    throw error;
  }
}

/** Thrown where a schema is not plain enough. */
class Unsure extends Error {}

/** Names that say nothing about what is valid. */
const annotations: ReadonlySet<string> = new Set(
  '$schema $comment title description default examples example deprecated readOnly writeOnly definitions $defs then else'.split(
    ' ',
  ),
);
/** Draft 4 does not know these; there they are annotations. */
const newer: ReadonlySet<string> = new Set(['const', 'if', 'propertyNames', 'contains', 'examples']);
const maxDepth = 200;

type Check = (walk: Walk, rule: unknown, value: unknown, schema: Schema) => boolean;

class Walk {
  readonly #root: unknown;
  readonly #isOld: boolean;
  #depth = 0;

  constructor(root: unknown, isOld: boolean) {
    this.#root = root;
    this.#isOld = isOld;
  }

  matches(schema: unknown, value: unknown): boolean {
    if (typeof schema === 'boolean') return schema;
    if (!isObject(schema) || ++this.#depth > maxDepth) throw new Unsure();
    for (const key of Object.keys(schema)) {
      if (annotations.has(key) || key.startsWith('x-')) continue;
      // The identity of the root matters to no local reference.
      if ((key === '$id' || key === 'id') && schema === this.#root) continue;
      const check = checks[key];
      if (check === undefined || (this.#isOld && newer.has(key))) throw new Unsure();
      if (!check(this, schema[key], value, schema)) {
        this.#depth--;
        return false;
      }
    }
    this.#depth--;
    return true;
  }

  /** A local reference, `#/definitions/a`. */
  resolve(reference: unknown): unknown {
    if (typeof reference !== 'string' || !reference.startsWith('#')) throw new Unsure();
    let found = this.#root;
    for (const step of reference.slice(1).split('/').slice(1)) {
      const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
      if (!isObject(found) || !Object.hasOwn(found, name)) throw new Unsure();
      found = found[name];
    }
    return found;
  }
}

const checks: Readonly<Record<string, Check>> = {
  $ref: (walk, rule, value, schema) => {
    // Whether the rules beside a reference count depends on the draft.
    if (Object.keys(schema).some((key) => key !== '$ref' && !annotations.has(key))) throw new Unsure();
    return walk.matches(walk.resolve(rule), value);
  },
  type: (_walk, rule, value) => listOf(rule).some((name) => isOfType(value, name)),
  enum: (_walk, rule, value) => listOf(rule).some((one) => isSame(one, value)),
  const: (_walk, rule, value) => isSame(rule, value),
  allOf: (walk, rule, value) => listOf(rule).every((one) => walk.matches(one, value)),
  anyOf: (walk, rule, value) => listOf(rule).some((one) => walk.matches(one, value)),
  oneOf: (walk, rule, value) => listOf(rule).filter((one) => walk.matches(one, value)).length === 1,
  not: (walk, rule, value) => !walk.matches(rule, value),
  if: (walk, rule, value, schema) => {
    const next = walk.matches(rule, value) ? schema['then'] : schema['else'];
    return next === undefined || walk.matches(next, value);
  },
  minimum: (_walk, rule, value) => typeof value !== 'number' || value >= numberOf(rule),
  maximum: (_walk, rule, value) => typeof value !== 'number' || value <= numberOf(rule),
  exclusiveMinimum: (_walk, rule, value) => typeof value !== 'number' || value > numberOf(rule),
  exclusiveMaximum: (_walk, rule, value) => typeof value !== 'number' || value < numberOf(rule),
  minLength: (_walk, rule, value) => typeof value !== 'string' || [...value].length >= numberOf(rule),
  maxLength: (_walk, rule, value) => typeof value !== 'string' || [...value].length <= numberOf(rule),
  pattern: (_walk, rule, value) => typeof value !== 'string' || patternOf(rule).test(value),
  minItems: (_walk, rule, value) => !Array.isArray(value) || value.length >= numberOf(rule),
  maxItems: (_walk, rule, value) => !Array.isArray(value) || value.length <= numberOf(rule),
  uniqueItems: (_walk, rule, value) =>
    rule !== true || !Array.isArray(value) || new Set(value.map((item) => JSON.stringify(item))).size === value.length,
  items: (walk, rule, value) => !Array.isArray(value) || value.every((item) => walk.matches(rule, item)),
  minProperties: (_walk, rule, value) => !isObject(value) || Object.keys(value).length >= numberOf(rule),
  maxProperties: (_walk, rule, value) => !isObject(value) || Object.keys(value).length <= numberOf(rule),
  required: (_walk, rule, value) =>
    !isObject(value) || listOf(rule).every((name) => Object.hasOwn(value, String(name))),
  properties: (walk, rule, value) => {
    if (!isObject(value)) return true;
    return Object.entries(objectOf(rule)).every(
      ([name, schema]) => !Object.hasOwn(value, name) || walk.matches(schema, value[name]),
    );
  },
  patternProperties: (walk, rule, value) => {
    if (!isObject(value)) return true;
    return Object.entries(objectOf(rule)).every(([pattern, schema]) => {
      const named = patternOf(pattern);
      return Object.keys(value).every((name) => !named.test(name) || walk.matches(schema, value[name]));
    });
  },
  additionalProperties: (walk, rule, value, schema) => {
    if (!isObject(value)) return true;
    const known = objectOf(schema['properties'] ?? {});
    const patterns = Object.keys(objectOf(schema['patternProperties'] ?? {})).map(patternOf);
    return Object.keys(value).every(
      (name) => Object.hasOwn(known, name) || patterns.some((one) => one.test(name)) || walk.matches(rule, value[name]),
    );
  },
  propertyNames: (walk, rule, value) =>
    !isObject(value) || Object.keys(value).every((name) => walk.matches(rule, name)),
};

function isOfType(value: unknown, name: unknown): boolean {
  switch (name) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    case 'string':
    case 'boolean':
    case 'number':
      return typeof value === name;
    default:
      throw new Unsure();
  }
}

/** Equal scalars; lists and objects are left to the validator. */
function isSame(rule: unknown, value: unknown): boolean {
  if (rule === value) return true;
  if (typeof rule === 'object' && rule !== null && typeof value === 'object' && value !== null) throw new Unsure();
  return false;
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown): Schema {
  if (isObject(value)) return value;
  throw new Unsure();
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new Unsure();
}

function patternOf(value: unknown): RE2JS {
  try {
    return RE2JS.compile(String(value));
  } catch {
    throw new Unsure();
  }
}
