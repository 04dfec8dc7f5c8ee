/**
 * Why a value does not keep to a schema, as the tree of failures that Helm's validator (santhosh-tekuri/jsonschema) prints:
 *
 *   - at '/a': 'oneOf' failed, none matched
 *     - at '/a': got number, want string
 *     - at '/a': got number, want null
 *
 * ajv decides whether a value is valid; this walk only runs where it is not. Properties come in the order of the value, where
 * Go's order is random.
 */
import { RE2JS } from '@bufbuild/re2';
import { joinQuoted, numberText, quote, reasons } from '#platform/charts/schema-messages.ts';

type Json = unknown;
type Fields = Readonly<Record<string, Json>>;

/** One failure and what led to it. */
interface Failure {
  readonly path: readonly string[];
  readonly text: string;
  readonly kind: 'plain' | 'group' | 'reference';
  readonly causes: readonly Failure[];
}

/** The lines of the message, each with a line break; undefined if the schema says more than this walk knows. */
export function explainFailure(schema: Json, value: Json): string | undefined {
  const dialect = isObject(schema) && typeof schema['$schema'] === 'string' ? schema['$schema'] : '';
  try {
    const failure = new Walk(schema, draftOf(dialect)).check(schema, value, []);
    if (failure === undefined) return undefined;
    const shown = failure.kind === 'group' ? failure.causes : [failure];
    return shown.map((cause) => lines(cause, 0)).join('');
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

class Unknown extends Error {}

function draftOf(dialect: string): number {
  const match = /draft-0(\d)/.exec(dialect);
  if (match !== null) return Number(match[1]);
  return dialect.includes('2019-09') ? 2019 : 2020;
}

function lines(failure: Failure, depth: number): string {
  const isHidden = failure.kind === 'reference' && failure.causes.length === 1;
  const inner = failure.causes.map((cause) => lines(cause, isHidden ? depth : depth + 1)).join('');
  if (isHidden) return inner;
  const pointer = failure.path.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return `${'  '.repeat(depth)}- at ${quote(pointer)}: ${failure.text}\n${inner}`;
}

function isObject(value: Json): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A schema with a value at a place of the document. */
interface Site {
  readonly schema: Fields;
  readonly value: Json;
  readonly path: readonly string[];
}

const maxDepth = 200;
/** What this walk does not follow. */
const unknownKeywords = ['$dynamicRef', '$recursiveRef', 'unevaluatedProperties', 'unevaluatedItems', 'contentSchema'];

class Walk {
  readonly #root: Json;
  readonly #draft: number;
  #depth = 0;

  constructor(root: Json, draft: number) {
    this.#root = root;
    this.#draft = draft;
  }

  /** Undefined = the value is right. */
  check(schema: Json, value: Json, path: readonly string[]): Failure | undefined {
    if (schema === true) return undefined;
    if (schema === false) return plain(path, 'false schema');
    if (!isObject(schema) || this.#depth > maxDepth) throw new Unknown();
    if (unknownKeywords.some((keyword) => Object.hasOwn(schema, keyword))) throw new Unknown();
    this.#depth++;
    try {
      return this.#checkObject({ schema, value, path });
    } finally {
      this.#depth--;
    }
  }

  #checkObject(site: Site): Failure | undefined {
    const { schema, path } = site;
    const reference = schema['$ref'];
    const followed = typeof reference === 'string' ? this.#reference(reference, site) : undefined;
    if (typeof reference === 'string' && this.#draft < 2019) return followed;
    const early = this.#early(site);
    if (early !== undefined) return plain(path, early);
    const failures = followed === undefined ? [] : [followed];
    failures.push(...this.#byType(site), ...this.#conditions(site));
    if (failures.length <= 1) return failures[0];
    return { path, text: 'validation failed', kind: 'group', causes: failures };
  }

  #reference(reference: string, { value, path }: Site): Failure | undefined {
    const failure = this.check(this.#resolve(reference), value, path);
    if (failure === undefined) return undefined;
    const causes = failure.kind === 'group' ? failure.causes : [failure];
    return { path, text: 'validation failed', kind: 'reference', causes };
  }

  #resolve(reference: string): Json {
    if (reference === '#') return this.#root;
    if (!reference.startsWith('#/')) throw new Unknown();
    let target: Json = this.#root;
    for (const step of reference.slice(2).split('/')) {
      const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key)) throw new Unknown();
      target = (target as Fields)[key];
    }
    return target;
  }

  /** What ends the check of a schema at once. */
  #early({ schema, value }: Site): string | undefined {
    const types = [schema['type']].flat().filter((type) => typeof type === 'string');
    const type = reasons.typeOf(value);
    const fits = types.includes(type) || (types.includes('integer') && Number.isInteger(value));
    if (types.length > 0 && !fits) return reasons.type(type, types);
    if (this.#draft > 4 && Object.hasOwn(schema, 'const') && !equal(value, schema['const'])) {
      return reasons.constant(schema['const']);
    }
    const allowed = schema['enum'];
    if (Array.isArray(allowed) && !allowed.some((item) => equal(item, value))) return reasons.oneOfValues(allowed);
    return undefined;
  }

  #byType(site: Site): Failure[] {
    const { value } = site;
    if (Array.isArray(value)) return this.#list(site, value);
    if (isObject(value)) return this.#object(site, value);
    if (typeof value === 'string') return texts(site, value);
    return typeof value === 'number' ? numbers(site, value, this.#draft) : [];
  }

  #object({ schema, path }: Site, value: Fields): Failure[] {
    const keys = Object.keys(value);
    const failures: Failure[] = [];
    const say = (text: string | undefined): void => {
      if (text !== undefined) failures.push(plain(path, text));
    };
    say(reasons.atLeast('minProperties', keys.length, schema['minProperties']));
    say(reasons.atMost('maxProperties', keys.length, schema['maxProperties']));
    const missing = missingOf(value, schema['required']);
    if (missing.length === 1) say(`missing property ${joinQuoted(missing)}`);
    else if (missing.length > 1) say(`missing properties ${joinQuoted(missing)}`);
    failures.push(...this.#dependencies({ schema, value, path }, value, 'dependencies'));
    failures.push(...this.#properties({ schema, value, path }, value));
    if (this.#draft > 4) failures.push(...this.#names({ schema, value, path }, keys));
    failures.push(...this.#dependencies({ schema, value, path }, value, 'dependentSchemas'));
    failures.push(...this.#dependencies({ schema, value, path }, value, 'dependentRequired'));
    return failures;
  }

  #dependencies({ schema, path }: Site, value: Fields, keyword: string): Failure[] {
    const rules = schema[keyword];
    if (!isObject(rules)) return [];
    return Object.entries(rules).flatMap(([key, rule]) => {
      if (!Object.hasOwn(value, key)) return [];
      if (!Array.isArray(rule)) return listed(this.check(rule, value, path));
      const missing = missingOf(value, rule);
      if (missing.length === 0) return [];
      return [plain(path, `properties ${joinQuoted(missing)} required, if ${quote(key)} exists`)];
    });
  }

  #properties({ schema, path }: Site, value: Fields): Failure[] {
    const failures: Failure[] = [];
    const extra: string[] = [];
    const properties = isObject(schema['properties']) ? schema['properties'] : {};
    const patterns = Object.entries(isObject(schema['patternProperties']) ? schema['patternProperties'] : {});
    for (const [key, field] of Object.entries(value)) {
      const rules = Object.hasOwn(properties, key) ? [properties[key]] : [];
      for (const [pattern, rule] of patterns) if (RE2JS.compile(pattern).test(key)) rules.push(rule);
      const additional = schema['additionalProperties'];
      if (rules.length === 0 && additional === false) extra.push(key);
      else if (rules.length === 0 && isObject(additional)) rules.push(additional);
      for (const rule of rules) failures.push(...listed(this.check(rule, field, [...path, key])));
    }
    if (extra.length > 0) failures.push(plain(path, `additional properties ${joinQuoted(extra)} not allowed`));
    return failures;
  }

  #names({ schema, path }: Site, keys: readonly string[]): Failure[] {
    const rule = schema['propertyNames'];
    if (rule === undefined) return [];
    return keys.flatMap((key) => {
      const failure = this.check(rule, key, []);
      if (failure === undefined) return [];
      const causes = failure.kind === 'group' ? failure.causes : [failure];
      return [{ path, text: `invalid propertyName ${quote(key)}`, kind: 'plain', causes }];
    });
  }

  #list({ schema, path }: Site, value: readonly Json[]): Failure[] {
    const failures: Failure[] = [];
    const say = (text: string | undefined): void => {
      if (text !== undefined) failures.push(plain(path, text));
    };
    say(reasons.atLeast('minItems', value.length, schema['minItems']));
    say(reasons.atMost('maxItems', value.length, schema['maxItems']));
    if (schema['uniqueItems'] === true) say(duplicates(value));
    const at = (rule: Json, item: Json, i: number): Failure[] => listed(this.check(rule, item, [...path, String(i)]));
    const first = this.#draft < 2020 ? schema['items'] : schema['prefixItems'];
    const rest = this.#draft < 2020 ? schema['additionalItems'] : schema['items'];
    let done = 0;
    if (Array.isArray(first)) {
      done = Math.min(first.length, value.length);
      for (let i = 0; i < done; i++) failures.push(...at(first[i], value[i], i));
    } else if (first !== undefined) {
      done = value.length;
      value.forEach((item, i) => failures.push(...at(first, item, i)));
    }
    if (rest === false && this.#draft < 2020) {
      if (done < value.length) say(`last ${numberText(value.length - done)} additionalItem(s) not allowed`);
    } else if (rest !== undefined) {
      value.slice(done).forEach((item, i) => failures.push(...at(rest, item, done + i)));
    }
    if (this.#draft > 4 && schema['contains'] !== undefined)
      failures.push(...this.#contains({ schema, value, path }, value));
    return failures;
  }

  #contains({ schema, path }: Site, value: readonly Json[]): Failure[] {
    const checked = value.map((item, i) => this.check(schema['contains'], item, [...path, String(i)]));
    const matched = checked.flatMap((failure, i) => (failure === undefined ? [i] : []));
    const causes = checked.filter((failure) => failure !== undefined);
    const { minContains: least, maxContains: most } = schema;
    const failures: Failure[] = [];
    if (typeof least === 'number') {
      const text = `min ${numberText(least)} items required to match contains schema, but`;
      const found =
        matched.length === 0 ? 'none matched' : `matched ${numberText(matched.length)} items at ${matched.join(' ')}`;
      if (matched.length < least) failures.push({ path, text: `${text} ${found}`, kind: 'plain', causes });
    } else if (matched.length === 0) {
      failures.push({ path, text: 'no items match contains schema', kind: 'plain', causes });
    }
    if (typeof most === 'number' && matched.length > most) {
      const found = `matched ${numberText(matched.length)} items at ${matched.join(' ')}`;
      failures.push(plain(path, `max ${numberText(most)} items required to match contains schema, but ${found}`));
    }
    return failures;
  }

  #conditions(site: Site): Failure[] {
    const { schema, value, path } = site;
    const failures: Failure[] = [];
    const add = (text: string, causes: readonly Failure[] = []): void => {
      failures.push({ path, text, kind: 'plain', causes });
    };
    const each = (rules: Json): (Failure | undefined)[] =>
      Array.isArray(rules) ? rules.map((rule) => this.check(rule, value, path)) : [];
    if (schema['not'] !== undefined && this.check(schema['not'], value, path) === undefined) add("'not' failed");
    const all = each(schema['allOf']).filter((failure) => failure !== undefined);
    if (all.length > 0) add("'allOf' failed", all);
    const any = each(schema['anyOf']);
    if (any.length > 0 && !any.includes(undefined))
      add(
        "'anyOf' failed",
        any.filter((failure) => failure !== undefined),
      );
    const one = each(schema['oneOf']);
    const matched = one.flatMap((failure, i) => (failure === undefined ? [i] : []));
    if (matched.length > 1) add(`'oneOf' failed, subschemas ${matched[0]}, ${matched[1]} matched`);
    else if (one.length > 0 && matched.length === 0) {
      add(
        "'oneOf' failed, none matched",
        one.filter((failure) => failure !== undefined),
      );
    }
    if (this.#draft > 6 && schema['if'] !== undefined) failures.push(...this.#choice(site));
    return failures;
  }

  #choice({ schema, value, path }: Site): Failure[] {
    const isMet = this.check(schema['if'], value, path) === undefined;
    const rule = isMet ? schema['then'] : schema['else'];
    return rule === undefined ? [] : listed(this.check(rule, value, path));
  }
}

function plain(path: readonly string[], text: string): Failure {
  return { path, text, kind: 'plain', causes: [] };
}

function listed(failure: Failure | undefined): Failure[] {
  return failure === undefined ? [] : [failure];
}

function missingOf(value: Fields, names: Json): string[] {
  if (!Array.isArray(names)) return [];
  return names.filter((name): name is string => typeof name === 'string' && !Object.hasOwn(value, name));
}

function texts({ schema, path }: Site, value: string): Failure[] {
  const length = [...value].length;
  const { pattern } = schema;
  return [
    reasons.atLeast('minLength', length, schema['minLength']),
    reasons.atMost('maxLength', length, schema['maxLength']),
    typeof pattern === 'string' && !RE2JS.compile(pattern).test(value)
      ? `${quote(value)} does not match pattern ${quote(pattern)}`
      : undefined,
  ].flatMap((text) => (text === undefined ? [] : [plain(path, text)]));
}

function numbers({ schema, path }: Site, value: number, draft: number): Failure[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const isOld = draft === 4;
  const least = isOld && exclusiveMinimum === true ? minimum : exclusiveMinimum;
  const most = isOld && exclusiveMaximum === true ? maximum : exclusiveMaximum;
  const bound = (name: string, limit: Json, fits: (limit: number) => boolean): Failure[] => {
    if (typeof limit !== 'number' || fits(limit)) return [];
    return [plain(path, `${name}: got ${numberText(value)}, want ${numberText(limit)}`)];
  };
  return [
    ...bound('minimum', isOld && exclusiveMinimum === true ? undefined : minimum, (limit) => value >= limit),
    ...bound('maximum', isOld && exclusiveMaximum === true ? undefined : maximum, (limit) => value <= limit),
    ...bound('exclusiveMinimum', least, (limit) => value > limit),
    ...bound('exclusiveMaximum', most, (limit) => value < limit),
    ...bound('multipleOf', multipleOf, (limit) => isMultiple(value, limit)),
  ];
}

/** As the decimal numbers stand: 0.3 is a multiple of 0.1. */
function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9 * Math.max(1, Math.abs(quotient));
}

function duplicates(list: readonly Json[]): string | undefined {
  for (let i = 0; i < list.length; i++) {
    for (let j = i + 1; j < list.length; j++) {
      if (equal(list[i], list[j])) return `items at ${numberText(i)} and ${numberText(j)} are equal`;
    }
  }
  return undefined;
}

function equal(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}
