/**
 * What changed between two versions of an object, as field sets: the comparison of structured-merge-diff, which decides
 * who owns what. Lists of type map and set are compared item by item, atomic ones as a whole; null and empty are leaves.
 *
 *   compare(podSchema, { spec: { nodeName: 'a' } }, { spec: { nodeName: 'b' } }).changed
 *     → { 'f:spec': { 'f:nodeName': {} } }
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
import type { FieldSchema, TypeSchema } from '#api/schema/type-schema.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import { emptySet, sorted, type FieldSet } from '#api/managed-fields/field-set.ts';

export interface Comparison {
  /** Added or modified fields. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

type Json = Readonly<Record<string, unknown>>;
type Node = Record<string, FieldSet>;

/** Never owned by anybody: the server's own fields, and the type. */
export const unownedRoot: ReadonlySet<string> = new Set(['apiVersion', 'kind']);
export const unownedMetadata: ReadonlySet<string> = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]);

/** Compares whole objects. `live` undefined: a create. */
export function compareObjects(schema: TypeSchema, live: Json | undefined, result: Json): Comparison {
  const walk = new Walk(isOwned(live));
  const before = live ?? emptyObject(schema);
  const changed: Node = {};
  const removed: Node = {};
  const names = new Set([...Object.keys(before), ...Object.keys(result)]);
  for (const name of names) {
    if (unownedRoot.has(name)) continue;
    const type = schema.fields.get(name)?.type ?? schema.values;
    const isMetadata = name === 'metadata';
    const left = before[name];
    const right = result[name];
    if (!isMetadata && walk.isSame(left, right)) continue;
    walk.visit(`f:${name}`, type, isMetadata ? owned(left) : left, isMetadata ? owned(right) : right, changed, removed);
  }
  return { changed: sorted(withoutSelf(changed, 'f:metadata')), removed };
}

function isOwned(live: Json | undefined): boolean {
  const entries = (live?.['metadata'] as Json | undefined)?.['managedFields'];
  return Array.isArray(entries) && entries.length > 0;
}

function owned(metadata: unknown): unknown {
  const result: Record<string, unknown> = {};
  for (const name in metadata as Json) if (!unownedMetadata.has(name)) result[name] = (metadata as Json)[name];
  return result;
}

/** `metadata` itself belongs to nobody. */
function withoutSelf(set: Node, element: string): Node {
  const node = set[element];
  if (node === undefined) return set;
  const { '.': _self, ...rest } = node;
  if (Object.keys(rest).length > 0) set[element] = rest;
  else delete set[element];
  return set;
}

const emptyObjects = new WeakMap<TypeSchema, Json>();

/**
 * What upstream's typed object holds before anything was set: structs that are no pointers, and null or zero for fields
 * that are always written. They exist already when a create comes, so that nobody owns them for being there.
 */
export function emptyObject(schema: TypeSchema): Json {
  const known = emptyObjects.get(schema);
  if (known !== undefined) return known;
  const result: Record<string, unknown> = {};
  emptyObjects.set(schema, result);
  for (const field of schema.fields.values()) {
    const value = zeroValue(field);
    if (value !== undefined) result[field.name] = value;
  }
  return result;
}

/** What Go writes for a field that was never set; undefined: nothing. */
function zeroValue({ type, go }: FieldSchema): unknown {
  if (go === undefined || go.omitZero) return undefined;
  if (go.pointer) return go.omitEmpty ? undefined : null;
  if (type.kind === 'struct') return emptyObject(type);
  if (type.kind === 'time' || type.kind === 'micro-time' || type.kind === 'any') return null;
  if (type.kind === 'quantity') return '0';
  if (type.kind === 'int-or-string') return 0;
  return go.omitEmpty ? undefined : zeroOfKind(type.kind);
}

function zeroOfKind(kind: TypeSchema['kind']): unknown {
  switch (kind) {
    case 'string':
      return '';
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    default:
      return null;
  }
}

class Walk {
  readonly #isOwned: boolean;

  /** `isOwned`: the live object has managers, so that every item of its lists can be told from the others. */
  constructor(isOwned: boolean) {
    this.#isOwned = isOwned;
  }

  /** Most of an object does not change with an update: that is found out first, without noting anything. */
  isSame(left: unknown, right: unknown): boolean {
    if (left === right) return true;
    return this.#isOwned && typeof left === 'object' && typeof right === 'object' && jsonEqual(left, right);
  }

  /** Compares one field and notes it below `element`. */
  visit(
    element: string,
    type: TypeSchema | undefined,
    left: unknown,
    right: unknown,
    changed: Node,
    removed: Node,
  ): void {
    if (left === right) return;
    if (left === undefined) changed[element] = allOf(type, right);
    else if (right === undefined) removed[element] = allOf(type, left);
    else if (isLeaf(type, left, right)) {
      if (!jsonEqual(left, right)) changed[element] = emptySet;
    } else this.#descend(element, type as TypeSchema, left, right, changed, removed);
  }

  #descend(element: string, type: TypeSchema, left: unknown, right: unknown, changed: Node, removed: Node): void {
    const below: Node = {};
    const belowRemoved: Node = {};
    if (type.kind === 'list') this.#lists(type, asList(left), asList(right), below, belowRemoved);
    else this.#maps(type, (left ?? {}) as Json, (right ?? {}) as Json, below, belowRemoved);
    for (const _child in below) {
      changed[element] = sorted(below);
      break;
    }
    for (const _child in belowRemoved) {
      removed[element] = belowRemoved;
      break;
    }
  }

  #maps(type: TypeSchema, left: Json, right: Json, changed: Node, removed: Node): void {
    for (const name in right) {
      const before = Object.hasOwn(left, name) ? left[name] : undefined;
      if (this.isSame(before, right[name])) continue;
      this.visit(`f:${name}`, typeOf(type, name), before, right[name], changed, removed);
    }
    for (const name in left) {
      if (!Object.hasOwn(right, name) || right[name] === undefined)
        this.visit(`f:${name}`, typeOf(type, name), left[name], undefined, changed, removed);
    }
  }

  #lists(type: TypeSchema, left: readonly unknown[], right: readonly unknown[], changed: Node, removed: Node): void {
    const before = byElement(type, left);
    const after = byElement(type, right);
    for (const [element, items] of after)
      this.#items(element, type, before.get(element) ?? [], items, changed, removed);
    for (const [element, items] of before)
      if (!after.has(element)) this.#items(element, type, items, [], changed, removed);
  }

  /** Items of one key; several with the same key count as one atomic value. */
  #items(
    element: string,
    type: TypeSchema,
    left: readonly unknown[],
    right: readonly unknown[],
    changed: Node,
    removed: Node,
  ): void {
    if (left.length <= 1 && right.length <= 1) this.visit(element, type.items, left[0], right[0], changed, removed);
    else if (left.length >= 2 && right.length >= 2) {
      if (!jsonEqual(left, right)) changed[element] = emptySet;
    } else if (left.length >= 2) {
      if (right.length === 1) changed[element] = allOf(type.items, right[0]);
      removed[element] = emptySet;
    } else {
      if (left.length === 1) removed[element] = allOf(type.items, left[0]);
      changed[element] = emptySet;
    }
  }
}

/** The type of a field of a struct or map; undefined for one that is not known. */
export function typeOf(type: TypeSchema, name: string): TypeSchema | undefined {
  return type.fields.get(name)?.type ?? type.values;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isLeaf(type: TypeSchema | undefined, left: unknown, right: unknown): boolean {
  if (isAtomic(type)) return true;
  return isNothing(left) && isNothing(right);
}

/** Owned as a whole. */
export function isAtomic(type: TypeSchema | undefined): boolean {
  if (type === undefined) return true;
  if (type.kind === 'list') return type.listType === 'atomic';
  return (type.kind !== 'struct' && type.kind !== 'map') || type.mapType === 'atomic';
}

/** Null or empty. */
export function isNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const _name in value) return false;
  return true;
}

/** Every field of a value, itself included: what is owned when all of it is new. */
export function allOf(type: TypeSchema | undefined, value: unknown): FieldSet {
  if (type === undefined || typeof value !== 'object' || isAtomic(type) || isNothing(value)) return emptySet;
  if (type.kind === 'list') return allItems(type, asList(value));
  if (type.kind === 'struct') return allFields(type, value as Json);
  const node: Node = { '.': emptySet };
  for (const name in value) {
    const field = (value as Json)[name];
    if (field !== undefined) node[`f:${name}`] = allOf(typeOf(type, name), field);
  }
  return sorted(node);
}

function allItems(type: TypeSchema, list: readonly unknown[]): FieldSet {
  const node: Node = { '.': emptySet };
  for (const item of list) {
    const element = pathElement(type, item);
    node[element] = Object.hasOwn(node, element) ? emptySet : allOf(type.items, item);
  }
  return sorted(node);
}

interface SortedField {
  readonly name: string;
  readonly element: string;
  readonly type: TypeSchema;
  /** Owned as a whole. */
  readonly isLeaf: boolean;
}

const sortedFields = new WeakMap<TypeSchema, readonly SortedField[]>();

/** The fields of a struct in the order of their elements: nothing has to be sorted while objects are walked. */
function sortedFieldsOf(type: TypeSchema): readonly SortedField[] {
  let fields = sortedFields.get(type);
  if (fields === undefined) {
    fields = [...type.fields.values()]
      .map(({ name, type: of }) => ({ name, element: `f:${name}`, type: of, isLeaf: isAtomic(of) }))
      .sort((a, b) => (a.element < b.element ? -1 : 1));
    sortedFields.set(type, fields);
  }
  return fields;
}

function allFields(type: TypeSchema, value: Json): FieldSet {
  const node: Node = { '.': emptySet };
  for (const field of sortedFieldsOf(type)) {
    const item = value[field.name];
    if (item === undefined) continue;
    node[field.element] = field.isLeaf ? emptySet : allOf(field.type, item);
  }
  return node;
}

function byElement(type: TypeSchema, list: readonly unknown[]): Map<string, unknown[]> {
  const result = new Map<string, unknown[]>();
  for (const item of list) {
    const element = pathElement(type, item);
    const same = result.get(element);
    if (same === undefined) result.set(element, [item]);
    else same.push(item);
  }
  return result;
}

const sortedKeys = new WeakMap<TypeSchema, readonly string[]>();

/** A list whose items cannot be told apart: who owns what in such an object is not tracked. */
export class Unownable extends Error {
  override name = 'Unownable';
}

/** The keys of a list's items in the order of path elements; none for a list that is a set. */
export function keysOfItems(type: TypeSchema): readonly string[] {
  if (type.listType === 'set') return [];
  let keys = sortedKeys.get(type);
  if (keys === undefined) sortedKeys.set(type, (keys = type.listMapKeys.toSorted()));
  return keys;
}

/** `k:{"name":"web"}` or `v:"x"`. Throws {@link Unownable}. */
export function pathElement(type: TypeSchema, item: unknown): string {
  if (type.listType === 'set' || type.listMapKeys.length === 0) return `v:${goJson(item)}`;
  const keys = keysOfItems(type);
  let text = '';
  for (const key of keys) {
    const value = (item as Json | null)?.[key] ?? defaultKey(type.items, key);
    if (value === undefined || value === null) continue;
    text += `${text === '' ? '' : ','}"${key}":${goJson(value)}`;
  }
  if (text === '') throw new Unownable(`an item without any of its keys ${keys.join(', ')}`);
  return `k:{${text}}`;
}

/** The one type whose key has an empty default (the tables of types leave zero values out): an image pull secret. */
const emptyKeyed = 'io.k8s.api.core.v1.LocalObjectReference';

function defaultKey(items: TypeSchema | undefined, key: string): unknown {
  return items?.fields.get(key)?.default ?? (items?.name === emptyKeyed ? '' : undefined);
}

/** JSON with the characters escaped that Go escapes for HTML's sake. */
function goJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (!/[<>&\u2028\u2029]/.test(text)) return text;
  return text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
