/**
 * Strategic merge patch: a merge patch that knows the schema. Lists with a merge key are merged item by item, and
 * directives say more than values can:
 *
 *   { containers: [{ name: 'web', image: 'web:2' }, { name: 'old', $patch: 'delete' }] }
 *   { volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } }] }
 *   { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] }
 *   { '$deleteFromPrimitiveList/finalizers': ['x/y'] }
 *
 * @see https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
import { badRequest, StatusError } from '#api/status.ts';
import type { FieldSchema, TypeSchema } from '#api/schema/type-schema.ts';
import { goPrint, goTypeName, jsonKind } from '#api/patch/go-print.ts';
import { define, isObject } from '#api/patch/merge-patch.ts';
import { normalizeOrder } from '#api/patch/element-order.ts';

type Json = Readonly<Record<string, unknown>>;
type Fields = Record<string, unknown>;

const directive = '$patch';
const retainKeys = '$retainKeys';
const deletePrefix = '$deleteFromPrimitiveList';
const orderPrefix = '$setElementOrder';

/**
 * The patched document; untouched parts are shared with `document`, which is not changed. Throws with upstream's texts:
 * 400 for a malformed patch, 422 for lists of lists, 500 for what upstream answers as an unexpected error.
 */
export function applyStrategicMergePatch(document: Json, patch: unknown, schema: TypeSchema): Fields {
  if (patch !== null && !isObject(patch))
    throw badRequest(`json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`);
  return mergeMap(document, patch ?? {}, schema);
}

/** Upstream answers most broken patches as internal errors without a reason. */
function unexpected(message: string): StatusError {
  return new StatusError(500, '', message);
}

const badRetainKeys = (): StatusError => badRequest('invalid patch format of retainKeys');

function noMergeKey(item: unknown, key: string): StatusError {
  return unexpected(`map: ${goPrint(item)} does not contain declared merge key: ${key}`);
}

function mergeMap(original: Json, given: Json, schema: TypeSchema): Fields {
  if (Object.hasOwn(given, directive)) return replaced(given);
  const result: Fields = { ...original };
  const patch: Fields = { ...given };
  retainOnly(result, patch);
  for (const name of Object.keys(patch)) if (name.startsWith(orderPrefix)) mergeOrdered(result, patch, name, schema);
  for (const name of Object.keys(patch)) mergeField(result, name, patch[name], schema);
  return result;
}

/** `$patch: replace` takes the rest of the patch as it is, `delete` leaves an empty object. */
function replaced(patch: Json): Fields {
  const { [directive]: value, ...rest } = patch;
  if (value === 'replace') return rest;
  if (value === 'delete') return {};
  throw unexpected(`unknown patch type: ${goPrint(value)} in map: ${goPrint(patch)}`);
}

function retainOnly(result: Fields, patch: Fields): void {
  if (!Object.hasOwn(patch, retainKeys)) return;
  const list = patch[retainKeys];
  delete patch[retainKeys];
  if (!Array.isArray(list)) throw badRetainKeys();
  const retained = new Set<unknown>(list);
  for (const [name, value] of Object.entries(patch)) {
    const isDirective = name.startsWith(deletePrefix) || name.startsWith(orderPrefix);
    if (value !== null && !isDirective && !retained.has(name)) throw badRetainKeys();
  }
  for (const name of Object.keys(result)) if (!retained.has(name)) delete result[name];
}

function mergeField(result: Fields, element: string, change: unknown, schema: TypeSchema): void {
  const isDeletion = element.startsWith(deletePrefix);
  const name = isDeletion ? listName(element, deletePrefix, 'invalid patch format of primitive list') : element;
  if (change === null) {
    delete result[name];
    return;
  }
  const value = Object.hasOwn(result, name) ? result[name] : undefined;
  if (value === undefined || goTypeName(value) !== goTypeName(change)) {
    if (!isDeletion) setOrDrop(result, name, withoutDirectives(withoutNulls(change)));
    return;
  }
  if (Array.isArray(change)) {
    const field = fieldOf(schema, name);
    result[name] = mergeList(value as unknown[], change, field, isDeletion);
  } else if (isObject(change)) {
    const field = fieldOf(schema, name);
    result[name] = strategyOf(field) === 'replace' ? change : mergeMap(value as Json, change, field.type);
  } else define(result, name, change);
}

function setOrDrop(result: Fields, name: string, value: unknown): void {
  if (value === undefined) delete result[name];
  else define(result, name, value);
}

function listName(element: string, prefix: string, message: string): string {
  const slash = element.indexOf('/');
  if (slash < 0 || element.slice(0, slash) !== prefix) throw badRequest(message);
  return element.slice(slash + 1);
}

/** The field a name means; case does not matter, as in Go's JSON. */
function fieldOf(schema: TypeSchema, name: string): FieldSchema {
  if (schema.kind !== 'struct') {
    const kind = schema.kind === 'list' ? 'slice' : schema.kind === 'any' ? 'interface' : schema.kind;
    throw unexpected(`merging an object in json but data type is not struct, instead is: ${kind}`);
  }
  const field = schema.fields.get(name) ?? foldedField(schema, name);
  if (field !== undefined) return field;
  const struct = schema.name.slice(schema.name.lastIndexOf('.') + 1);
  throw unexpected(`unable to find api field in struct ${struct} for the json field "${name}"`);
}

function foldedField(schema: TypeSchema, name: string): FieldSchema | undefined {
  const lower = name.toLowerCase();
  for (const field of schema.fields.values()) if (field.name.toLowerCase() === lower) return field;
  return undefined;
}

function strategyOf(field: FieldSchema): string {
  return field.patchStrategy.find((strategy) => strategy !== 'retainKeys') ?? '';
}

function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  field: FieldSchema,
  isDeletion: boolean,
): unknown[] {
  if (field.type.kind !== 'list') throw unexpected('expected slice or array type, but got: struct');
  if (strategyOf(field) !== 'merge' && !isDeletion) return [...patch];
  if (original.length === 0 && patch.length === 0) return [];
  if (elementType([original, patch]) !== 'map[string]interface {}') {
    if (isDeletion) return original.filter((item) => !patch.includes(item));
    const merged = [...new Set([...original, ...patch])];
    return ordered(merged, patch, patch, original, '');
  }
  if (field.patchMergeKey === '') throw unexpected('cannot merge lists without merge key for struct');
  return mergeItems(original as Json[], patch as Json[], field);
}

function mergeItems(original: readonly Json[], patch: readonly Json[], field: FieldSchema): unknown[] {
  const key = field.patchMergeKey;
  const { kept, changes } = withSpecialItems(original, patch, key);
  const merged: Json[] = [...kept];
  for (const change of changes) {
    if (!Object.hasOwn(change, key)) throw noMergeKey(change, key);
    const position = findItem(merged, key, change[key]);
    if (position < 0) merged.push(change);
    else merged[position] = mergeMap(merged[position] as Json, change, field.type.items as TypeSchema);
  }
  return ordered(merged, changes, changes, kept, key);
}

/** Carries out `$patch` in items: deletes what matches, or replaces the whole list. */
function withSpecialItems(
  original: readonly Json[],
  patch: readonly Json[],
  key: string,
): { kept: readonly Json[]; changes: readonly Json[] } {
  let kept = original;
  let isReplaced = false;
  const changes: Json[] = [];
  for (const item of patch) {
    if (!Object.hasOwn(item, directive)) {
      changes.push(item);
      continue;
    }
    const value = item[directive];
    if (value === 'delete') {
      if (!Object.hasOwn(item, key)) throw noMergeKey(item, key);
      kept = kept.filter((each) => each[key] !== item[key]);
    } else if (value === 'replace') isReplaced = true;
    else if (value === 'merge') throw unexpected('merging lists cannot yet be specified in the patch');
    else throw unexpected(`unknown patch type: ${goPrint(value)} in map: ${goPrint(item)}`);
  }
  return isReplaced ? { kept: changes, changes: [] } : { kept, changes };
}

function findItem(list: readonly unknown[], key: string, value: unknown): number {
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (!isObject(item)) throw unexpected(`value for key ${i} is not a map`);
    if (Object.hasOwn(item, key) && item[key] === value) return i;
  }
  return -1;
}

function ordered(
  merged: readonly unknown[],
  named: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  key: string,
): unknown[] {
  const patchItems: unknown[] = [];
  const serverItems: unknown[] = [];
  for (const item of merged) (isNamed(named, item, key) ? patchItems : serverItems).push(item);
  return normalizeOrder(patchItems, serverItems, patchOrder, serverOrder, key);
}

function isNamed(named: readonly unknown[], item: unknown, key: string): boolean {
  if (key === '') return named.includes(item);
  if (!isObject(item)) throw unexpected(`expected a map[string]interface {}, but received a ${goTypeName(item)}`);
  if (!Object.hasOwn(item, key)) throw noMergeKey(item, key);
  return findItem(named, key, item[key]) >= 0;
}

/** `$setElementOrder/list`: merges the list, if the patch has it, and puts it in the order given. */
function mergeOrdered(result: Fields, patch: Fields, element: string, schema: TypeSchema): void {
  const order = patch[element];
  delete patch[element];
  if (!Array.isArray(order)) throw unexpected(`expected a []interface {}, but received a ${goTypeName(order)}`);
  const name = listName(element, orderPrefix, 'invalid patch format of setElementOrder list');
  const original = listIn(result, name);
  const changes = listIn(patch, name);
  const field = fieldOf(schema, name);
  if (field.type.kind !== 'list') throw unexpected('expected slice or array type, but got: struct');
  checkOrder(changes ?? [], order, field.patchMergeKey);
  if (original === undefined && changes === undefined) return;
  const merged =
    changes === undefined
      ? (original ?? [])
      : original === undefined
        ? (withoutDirectives(changes) as unknown[])
        : mergeList(original, changes, field, false);
  const key = field.patchMergeKey;
  elementType([original ?? [], changes ?? []], true);
  result[name] = ordered(merged, order, order, original ?? [], key);
  delete patch[name];
}

function listIn(fields: Fields, name: string): unknown[] | undefined {
  if (!Object.hasOwn(fields, name)) return undefined;
  const list = fields[name];
  if (!Array.isArray(list)) throw unexpected(`expected a []interface {}, but received a ${goTypeName(list)}`);
  return list;
}

/** The patch's items must stand in the order list, in the same relative order; deletions are ignored. */
function checkOrder(changes: readonly unknown[], order: readonly unknown[], key: string): void {
  if (changes.length === 0 || order.length === 0) return;
  const items = key === '' ? changes : changes.filter((item) => !isDeletionItem(item));
  let at = 0;
  let inOrder = 0;
  while (at < items.length && inOrder < order.length) {
    const item = items[at];
    if (isObject(item) && Object.hasOwn(item, directive)) at++;
    else {
      if (hasSameKey(item, order[inOrder], key)) at++;
      inOrder++;
    }
  }
  if (at < items.length && inOrder >= order.length) {
    const text = `The order in patch list:\n${goPrint(changes)}\n doesn't match ${orderPrefix} list:\n${goPrint(order)}\n`;
    throw unexpected(text);
  }
}

function isDeletionItem(item: unknown): boolean {
  if (!isObject(item)) throw unexpected(`expected a map[string]interface {}, but received a ${goTypeName(item)}`);
  return item[directive] === 'delete';
}

function hasSameKey(left: unknown, right: unknown, key: string): boolean {
  if (key === '') return left === right;
  for (const item of [left, right]) {
    if (!isObject(item)) throw unexpected(`expected a map[string]interface {}, but received a ${goTypeName(item)}`);
    if (!Object.hasOwn(item, key)) throw noMergeKey(item, key);
  }
  return (left as Json)[key] === (right as Json)[key];
}

/** The one type of all items. */
function elementType(lists: readonly (readonly unknown[])[], isRequired = false): string {
  let found: string | undefined;
  for (const item of lists.flat(1)) {
    const type = goTypeName(item);
    if (found === undefined) {
      found = type;
      if (Array.isArray(item)) {
        const message = 'the server rejected our request due to an error in our request';
        throw new StatusError(422, 'Invalid', message, {});
      }
    } else if (type !== found) throw unexpected(`list element types are not identical: ${goPrint(lists)}`);
  }
  if (found === undefined && isRequired) throw unexpected('no elements in any of the given slices');
  return found ?? '';
}

/** A new value without directives; undefined if it was nothing but one. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, directive)) return undefined;
  const result: Fields = {};
  for (const [name, field] of Object.entries(value)) setOrDrop(result, name, withoutDirectives(field));
  return result;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const result: Fields = {};
  for (const [name, field] of Object.entries(value)) if (field !== null) define(result, name, withoutNulls(field));
  return result;
}
