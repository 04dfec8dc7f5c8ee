/** The assertions of template unit tests: each tells of a document whether it holds. */
import { RE2JS } from '@bufbuild/re2';
import { ChartError } from '#platform/charts/chart.ts';

type Given = Readonly<Record<string, unknown>>;

/** True if the document is as wanted. */
export type Check = (document: unknown, given: Given) => boolean;

/** By their names in helm-unittest. */
export const checks: Readonly<Record<string, Check>> = {
  equal: (document, given) => isEqual(found(document, given), given['value']),
  notEqual: (document, given) => !isEqual(found(document, given), given['value']),
  exists: (document, given) => found(document, given) !== undefined,
  notExists: (document, given) => found(document, given) === undefined,
  isNull: (document, given) => (found(document, given) ?? null) === null,
  isNotNull: (document, given) => (found(document, given) ?? null) !== null,
  isEmpty: (document, given) => isEmpty(found(document, given)),
  isNotEmpty: (document, given) => !isEmpty(found(document, given)),
  contains: (document, given) => listAt(document, given).some((item) => isEqual(item, given['content'])),
  notContains: (document, given) => !listAt(document, given).some((item) => isEqual(item, given['content'])),
  lengthEqual: (document, given) => listAt(document, given).length === Number(given['count']),
  isSubset: (document, given) => isSubset(found(document, given), given['content']),
  matchRegex: (document, given) => patternOf(given).test(String(found(document, given) ?? '')),
  notMatchRegex: (document, given) => !patternOf(given).test(String(found(document, given) ?? '')),
  isKind: (document, given) => isEqual(valueAt(document, 'kind'), given['of']),
  isAPIVersion: (document, given) => isEqual(valueAt(document, 'apiVersion'), given['of']),
  isType: (document, given) => typeOf(found(document, given)) === given['type'],
};

function found(document: unknown, given: Given): unknown {
  return valueAt(document, String(given['path'] ?? ''));
}

function listAt(document: unknown, given: Given): readonly unknown[] {
  const value = found(document, given);
  if (Array.isArray(value)) return value;
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** The value at `spec.containers[0].image` or `metadata.annotations["a.b/c"]`; undefined if it is not there. */
export function valueAt(document: unknown, path: string): unknown {
  let value = document;
  for (const step of stepsOf(path)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, step) ? (value as Given)[step] : undefined;
  }
  return value;
}

const stepPattern = /\.?([^.[\]"]+)|\[(\d+)\]|\[(?:"([^"]*)"|'([^']*)')\]/y;

function stepsOf(path: string): string[] {
  const steps: string[] = [];
  let at = 0;
  while (at < path.length) {
    stepPattern.lastIndex = at;
    const match = stepPattern.exec(path);
    if (match === null) throw new ChartError(`the path ${JSON.stringify(path)} cannot be read at character ${at + 1}`);
    steps.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
    at = stepPattern.lastIndex;
  }
  return steps;
}

/** Deep equality of plain JSON values. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual((a as Given)[key], (b as Given)[key]))
  );
}

function isSubset(value: unknown, content: unknown): boolean {
  if (typeof value !== 'object' || value === null || typeof content !== 'object' || content === null) return false;
  return Object.entries(content).every(([key, wanted]) => isEqual((value as Given)[key], wanted));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function patternOf(given: Given): RE2JS {
  return RE2JS.compile(String(given['pattern'] ?? ''));
}

/** Go's names. */
function typeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return value === null ? 'nil' : 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
