/**
 * JSON merge patch (RFC 7386): the fields of the patch replace those of the document, null removes, objects merge.
 *
 *   applyMergePatch({ a: 1, b: { c: 2 } }, { a: null, b: { d: 3 } })  →  { b: { c: 2, d: 3 } }
 */
import { rawSource } from '#base/exact-json.ts';
import { badRequest } from '#api/status.ts';
import { jsonKind } from '#api/patch/go-print.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * The patched document; untouched parts are shared with `document`, which is not changed. Fields of touched objects are
 * in alphabetical order, as upstream prints them in error texts. Throws 400 if the patch is no object.
 */
export function applyMergePatch(document: Json, patch: unknown): Record<string, unknown> {
  if (patch === null || patch === undefined) throw badRequest('Invalid JSON Patch');
  if (!isObject(patch)) {
    const type = 'map[string]interface {}';
    throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonKind(patch)} into Go value of type ${type}`);
  }
  return mergeObjects(document, patch);
}

function mergeObjects(document: Json, patch: Json): Record<string, unknown> {
  const result: Record<string, unknown> = { ...document };
  for (const name of Object.keys(patch)) {
    const change = patch[name];
    if (change === null) delete result[name];
    else define(result, name, merged(Object.hasOwn(document, name) ? document[name] : undefined, change));
  }
  return sortedFields(result);
}

function merged(value: unknown, change: unknown): unknown {
  if (value === undefined || value === null || !isObject(value)) return withoutNulls(change);
  return isObject(change) ? mergeObjects(value, change) : change;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (item === null ? item : withoutNulls(item)));
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(value)) if (value[name] !== null) define(result, name, withoutNulls(value[name]));
  return sortedFields(result);
}

/** Names are data: `__proto__` is a field like any other. */
export function define(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}

/** The same fields in alphabetical order. */
export function sortedFields(object: Record<string, unknown>): Record<string, unknown> {
  const names = Object.keys(object);
  if (names.every((name, i) => i === 0 || (names[i - 1] as string) < name)) return object;
  const result: Record<string, unknown> = {};
  for (const name of names.sort()) define(result, name, object[name]);
  return result;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && rawSource(value) === undefined;
}
