/** The versions of a root that a list selects, in order, found by heads alone. */
import type { Collection, Root } from '#storage/collection.ts';
import type { Version } from '#storage/version.ts';
import { isSelected, type Selection } from '#apiserver/registry/list-options.ts';

export interface Range {
  /** Of the URL; '' is all of them. */
  readonly namespace: string;
  readonly isNamespaced: boolean;
  readonly selection: Selection;
  readonly after?: { readonly namespace: string; readonly name: string };
  /** Versions of the root, in order, among which all selected ones are. */
  readonly among?: readonly Version[];
}

/** The range, narrowed by an index of its collection if there is a fitting one. `root` has to be the present state. */
export function narrowed(collection: Collection, root: Root, range: Range): Range {
  if (root !== collection.root() || range.after !== undefined || onlyKey(range) !== undefined) return range;
  const found = fromIndex(collection, range.selection);
  if (found === undefined) return range;
  const namespace = scanNamespace(range);
  const among = namespace === undefined ? found : found.filter(({ head }) => head.namespace === namespace);
  return { ...range, among };
}

function fromIndex(collection: Collection, { labels, fields, fieldsOf }: Selection): readonly Version[] | undefined {
  const field = fieldsOf === undefined ? fields.find((term) => !term.isNegated) : undefined;
  const byField = field && collection.havingValue('fields', field.field, [field.value]);
  if (byField !== undefined) return byField;
  const label = labels.requirements.find(({ operator }) => operator === '=' || operator === '==' || operator === 'in');
  return label && collection.havingValue('labels', label.key, label.values);
}

/** The only object that can be selected, if name and namespace are fixed: no scan then. Null: none can be. */
export function onlyKey(range: Range): { namespace: string; name: string } | null | undefined {
  const { selection, namespace, isNamespaced } = range;
  if (isNamespaced && namespace !== '' && selection.namespace !== undefined && selection.namespace !== namespace)
    return null;
  if (selection.name === undefined) return undefined;
  if (!isNamespaced) return { namespace: '', name: selection.name };
  const fixed = namespace === '' ? selection.namespace : namespace;
  return fixed === undefined ? undefined : { namespace: fixed, name: selection.name };
}

/** All versions in reach, selected or not. */
export function candidates(root: Root, range: Range): Iterable<Version> {
  const key = onlyKey(range);
  if (key === null) return [];
  if (key !== undefined) {
    const version = range.after === undefined ? root.get(key.namespace, key.name) : undefined;
    return version === undefined ? [] : [version];
  }
  if (range.among !== undefined) return range.among;
  const namespace = scanNamespace(range);
  return range.after === undefined ? root.scan(namespace) : root.scan(namespace, range.after);
}

function scanNamespace({ namespace, isNamespaced, selection }: Range): string | undefined {
  if (!isNamespaced) return undefined;
  return namespace === '' ? selection.namespace : namespace;
}

/** How many versions {@link candidates} goes through, at most. */
export function candidateCount(root: Root, range: Range): number {
  const key = onlyKey(range);
  if (key !== undefined) return key === null ? 0 : 1;
  if (range.among !== undefined) return range.among.length;
  const namespace = scanNamespace(range);
  return namespace === undefined ? root.size : root.count(namespace);
}

/** How many versions in reach come after a key: what is left behind a page of everything. */
export function countAfter(root: Root, range: Range, after: { namespace: string; name: string }): number {
  return root.countAfter(scanNamespace(range), after);
}

/** The selected ones. For short ranges; long ones are scanned in slices by list.ts. */
export function* selected(root: Root, range: Range): Iterable<Version> {
  for (const version of candidates(root, range)) if (isSelected(range.selection, version)) yield version;
}
