/** Applies JSONPath templates to values and prints what they find, as kubectl does. */
import { JsonPathError, parseTemplate, type Part, type Step } from '#lang/jsonpath/template.ts';

export interface JsonPathOptions {
  /** Absent fields are empty instead of an error (kubectl's default). */
  readonly allowMissingKeys?: boolean;
}

/** The text of a template for one value. Throws {@link JsonPathError}. */
export function printJsonPath(template: string, value: unknown, options: JsonPathOptions = {}): string {
  return findResults(parseTemplate(template), value, options)
    .map((results) => results.map(printed).join(' '))
    .join('');
}

/** What each part of a template finds, in order. */
export function findResults(parts: readonly Part[], value: unknown, options: JsonPathOptions = {}): unknown[][] {
  const evaluation = new Evaluation(options.allowMissingKeys === true);
  return parts.flatMap((part) => evaluation.part(part, value));
}

type Json = Readonly<Record<string, unknown>>;

class Evaluation {
  readonly #allowMissingKeys: boolean;

  constructor(allowMissingKeys: boolean) {
    this.#allowMissingKeys = allowMissingKeys;
  }

  part(part: Part, value: unknown): unknown[][] {
    switch (part.kind) {
      case 'text':
        return [[part.text]];
      case 'path':
        return [this.#walk([value], part.steps)];
      case 'range':
        return this.#walk([value], part.steps).flatMap((item) => part.body.flatMap((each) => this.part(each, item)));
    }
  }

  #walk(values: readonly unknown[], steps: readonly Step[]): unknown[] {
    return steps.reduce<unknown[]>((found, step) => this.#step(found, step), [...values]);
  }

  #step(values: unknown[], step: Step): unknown[] {
    switch (step.kind) {
      case 'field':
        return this.#field(values, step.name);
      case 'wildcard':
        return values.flatMap(contents);
      case 'recursive':
        return values.flatMap(descendants);
      case 'slice':
        return values.flatMap((value) => sliced(value, step));
      case 'union':
        return step.parts.flatMap((part) => this.#walk(values, part));
      case 'filter':
        return values.flatMap((value) => this.#filtered(value, step));
      case 'value':
        return typeof step.value === 'string' ? [step.value] : values.map(() => step.value);
      case 'identifier':
        throw new JsonPathError(`unrecognized identifier ${step.name}`);
    }
  }

  #field(values: readonly unknown[], name: string): unknown[] {
    if (values.length === 0) return [];
    const found: unknown[] = [];
    for (const value of values) if (isObject(value) && Object.hasOwn(value, name)) found.push(value[name]);
    if (found.length === 0 && !this.#allowMissingKeys) throw new JsonPathError(`${name} is not found`);
    return found;
  }

  #filtered(value: unknown, step: Extract<Step, { kind: 'filter' }>): unknown[] {
    if (!Array.isArray(value))
      throw new JsonPathError(`${JSON.stringify(value)} is not array or slice and cannot be filtered`);
    return value.filter((item) => this.#passes(item, step));
  }

  #passes(item: unknown, { left, right, operator }: Extract<Step, { kind: 'filter' }>): boolean {
    if (operator === 'exists') return this.#exists(item, left);
    const lefts = this.#walk([item], left);
    if (lefts.length === 0) return false;
    const rights = this.#walk([item], right);
    if (rights.length === 0) return false;
    if (lefts.length > 1 || rights.length > 1) throw new JsonPathError('can only compare one element at a time');
    return compares(lefts[0], operator, rights[0]);
  }

  #exists(item: unknown, path: readonly Step[]): boolean {
    try {
      return this.#walk([item], path).length > 0;
    } catch (error) {
      if (error instanceof JsonPathError) return false;
      throw error;
    }
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function contents(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function descendants(value: unknown): unknown[] {
  const below = contents(value);
  return below.length === 0 ? [] : [value, ...below.flatMap(descendants)];
}

function sliced(value: unknown, step: Extract<Step, { kind: 'slice' }>): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${goType(value)} is not array or slice`);
  const { length } = value;
  const wrapped = (index: number): number => (index < 0 ? index + length : index);
  const from = wrapped(step.from ?? 0);
  const to = step.isIndex ? from + 1 : wrapped(step.to ?? length);
  if (from === to) return [];
  const outside = (index: number): never => {
    throw new JsonPathError(`array index out of bounds: index ${index}, length ${length}`);
  };
  if (from >= length || from < 0) outside(from);
  if (to > length || to < 0) outside(to - 1);
  if (from > to) throw new JsonPathError(`starting index ${from} is greater than ending index ${to}`);
  const stride = step.step ?? 1;
  if (stride <= 0) throw new JsonPathError('step must be > 0');
  return value.slice(from, to).filter((_item, i) => i % stride === 0);
}

function goType(value: unknown): string {
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'int64' : 'string';
}

function compares(left: unknown, operator: string, right: unknown): boolean {
  if (typeof left !== typeof right || typeof left === 'object')
    throw new JsonPathError('incompatible types for comparison');
  const [a, b] = [left as string | number, right as string | number];
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    default:
      throw new JsonPathError(`unrecognized filter operator ${operator}`);
  }
}

/** One result as text; objects and lists as JSON with sorted fields. */
export function printed(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'object') return JSON.stringify(value, sortedFields);
  return String(value);
}

function sortedFields(_name: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
