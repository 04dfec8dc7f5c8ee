/**
 * Sets of fields in the shape of FieldsV1, which is also how they are stored:
 *
 *   { 'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } }, 'f:spec': { 'f:containers': { 'k:{"name":"web"}': {} } } }
 *
 * A node stands for itself if it is empty or has the key '.'. The trees are worked on as they are: nothing is parsed,
 * and an operation that changes nothing answers with the very same tree, so that unchanged managers cost nothing.
 * Trees are never changed in place once they left this folder.
 */

export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** The set without fields, and the leaf node. */
export const emptySet: FieldSet = Object.freeze({});

export function isEmptySet(set: FieldSet): boolean {
  for (const _element in set) return false;
  return true;
}

function isMember(node: FieldSet): boolean {
  return '.' in node || isEmptySet(node);
}

function hasChildren(node: FieldSet): boolean {
  for (const element in node) if (element !== '.') return true;
  return false;
}

/** Fields of either. Shares what it can with `a`. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  let result: Record<string, FieldSet> | undefined;
  for (const element in b) {
    const right = b[element] as FieldSet;
    const left = a[element];
    const joined = left === undefined || element === '.' ? right : unionNodes(left, right);
    if (left !== undefined && (joined === left || element === '.')) continue;
    result ??= { ...a };
    result[element] = joined;
  }
  return result === undefined ? a : sorted(result);
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const isSelf = isMember(a) || isMember(b);
  const joined = union(a, b);
  if (!isSelf || '.' in joined || !hasChildren(joined)) return joined;
  return { '.': emptySet, ...joined };
}

/** Fields of `a` that are not in `b`. Children stay when only their parent is in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  let result: Record<string, FieldSet> | undefined;
  for (const element in b) {
    if (element === '.') continue;
    const left = a[element];
    if (left === undefined) continue;
    const rest = differenceOfNodes(left, b[element] as FieldSet);
    if (rest === left) continue;
    result ??= { ...a };
    if (rest === undefined) delete result[element];
    else result[element] = rest;
  }
  return result ?? a;
}

/** Undefined when nothing is left. */
function differenceOfNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const wasSelf = isMember(a);
  const isSelf = wasSelf && !isMember(b);
  const children = hasChildren(a) ? difference(a, b) : a;
  if (!hasChildren(children)) return isSelf ? emptySet : undefined;
  if (isSelf === wasSelf) return children;
  const { '.': _self, ...rest } = children;
  return rest;
}

/** `a` without the fields of `b` and everything below them. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  let result: Record<string, FieldSet> | undefined;
  for (const element in b) {
    const left = a[element];
    if (left === undefined || element === '.') continue;
    const right = b[element] as FieldSet;
    const rest = isMember(right) ? emptySet : recursiveDifference(left, right);
    if (rest === left) continue;
    result ??= { ...a };
    if (isMember(right) || !(hasChildren(rest) || '.' in rest)) delete result[element];
    else result[element] = hasChildren(rest) ? rest : emptySet;
  }
  return result ?? a;
}

/** The set of the given paths of field names: `fieldPaths(['status'], ['metadata', 'labels'])`. */
export function fieldPaths(...paths: readonly (readonly string[])[]): FieldSet {
  let set: FieldSet = emptySet;
  for (const path of paths) {
    const one = path.reduceRight<FieldSet>((node, name) => ({ [`f:${name}`]: node }), emptySet);
    set = union(set, one);
  }
  return set;
}

/** The same node with its elements in upstream's order: '.', fields by name, keyed items, values. */
export function sorted(node: Record<string, FieldSet>): FieldSet {
  const elements = Object.keys(node);
  let isInOrder = true;
  for (let i = 1; i < elements.length && isInOrder; i++) {
    isInOrder = compareElements(elements[i - 1] as string, elements[i] as string) < 0;
  }
  if (isInOrder) return node;
  const result: Record<string, FieldSet> = {};
  for (const element of elements.sort(compareElements)) result[element] = node[element] as FieldSet;
  return result;
}

function compareElements(a: string, b: string): number {
  const isValueA = a.startsWith('k:') || a.startsWith('v:');
  if (isValueA && b.startsWith(a.slice(0, 2))) return compareValues(elementValue(a), elementValue(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The same few elements (container and variable names) come again with every object. */
const elementValues = new Map<string, unknown>();
const maxElementValues = 4096;

/** What stands behind `k:` or `v:`. */
function elementValue(element: string): unknown {
  let value = elementValues.get(element);
  if (value === undefined) {
    value = JSON.parse(element.slice(2)) as unknown;
    if (elementValues.size >= maxElementValues) elementValues.clear();
    elementValues.set(element, value);
  }
  return value;
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) return compareKeys(a, b);
  return String(a) < String(b) ? -1 : 1;
}

function compareKeys(a: object, b: object): number {
  const left = Object.entries(a);
  const right = Object.entries(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [nameA, valueA] = left[i] as [string, unknown];
    const [nameB, valueB] = right[i] as [string, unknown];
    const order = compareValues(nameA, nameB) || compareValues(valueA, valueB);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
