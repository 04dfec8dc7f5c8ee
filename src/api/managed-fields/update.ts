/**
 * metadata.managedFields after a create, update or patch: the writer owns what it added or changed, all others lose it,
 * and nobody owns what is gone. (Server-side apply has its own rule, in api/patch/apply.)
 *
 * Called with the decoded and defaulted object of the request, before mutating admission and before the kind's hooks:
 * what those add (a cluster IP, the default tolerations) belongs to nobody.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
import { deepFreeze, type DeepReadonly } from '#base/immutable.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ManagedFieldsEntry } from '#api/generated/meta/v1.ts';
import type { TypeSchema } from '#api/schema/type-schema.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import { compareObjects, type Comparison, Unownable } from '#api/managed-fields/compare.ts';
import { createdFields } from '#api/managed-fields/created-fields.ts';
import {
  difference,
  emptySet,
  isEmptySet,
  recursiveDifference,
  union,
  type FieldSet,
} from '#api/managed-fields/field-set.ts';

export interface ManagedFieldsUpdate {
  /** What is stored; undefined: a create. */
  readonly live: DeepReadonly<HasMetadata> | undefined;
  /** What will be stored, its managedFields being those the client sent. Not changed. */
  readonly result: DeepReadonly<HasMetadata>;
  readonly schema: TypeSchema;
  readonly manager: string;
  /** '' for the object itself. */
  readonly subresource: string;
  /** Of the request's version. */
  readonly apiVersion: string;
  /** RFC 3339 in whole seconds. */
  readonly time: string;
  /** Fields this endpoint never changes: `fieldPaths(['status'])` on the object, `fieldPaths(['spec'])` on its status. */
  readonly resetFields?: FieldSet;
}

/** Update entries above this number are joined into `ancient-changes`. */
const maxUpdateManagers = 10;

type Entry = DeepReadonly<ManagedFieldsEntry>;

/** The entries to store, in upstream's order; undefined for none. Entries that did not change are shared with the live ones. */
export function updateManagedFields(update: ManagedFieldsUpdate): ManagedFieldsEntry[] | undefined {
  const { live, resetFields } = update;
  const entries = startingEntries(update);
  if (entries.length === 0 && (live?.metadata.uid ?? '') !== '') return undefined;
  const compared = tryCompare(update, live === undefined && entries.length === 0);
  if (compared === undefined) return undefined;
  const changed = withoutFields(compared.changed, resetFields);
  const removed = withoutFields(compared.removed, resetFields);
  const kept: Entry[] = [];
  for (const entry of entries) {
    const set = setOf(entry);
    // What changed comes back to the writer's own entry: taking it out first would only make another tree of it.
    const rest = difference(isOf(update, entry) ? set : difference(set, changed), removed);
    if (rest === set) kept.push(entry);
    else if (!isEmptySet(rest)) kept.push({ ...entry, fieldsV1: rest });
  }
  const mine = isEmptySet(changed) ? kept : withChanges(kept, changed, update);
  const list = capped(mine).toSorted(compareEntries);
  return list.length === 0 ? undefined : (list as ManagedFieldsEntry[]);
}

/** Sets of objects of one template are one value: what is left of it is computed once. */
const remainders = new WeakMap<FieldSet, WeakMap<FieldSet, FieldSet>>();

function withoutFields(set: FieldSet, resetFields: FieldSet | undefined): FieldSet {
  if (resetFields === undefined || isEmptySet(set)) return set;
  if (!Object.isFrozen(set)) return recursiveDifference(set, resetFields);
  let known = remainders.get(resetFields);
  if (known === undefined) remainders.set(resetFields, (known = new WeakMap()));
  let rest = known.get(set);
  if (rest === undefined) known.set(set, (rest = deepFreeze(recursiveDifference(set, resetFields))));
  return rest;
}

/** Undefined for objects whose lists have items without keys. Of a create that nobody else has a part in, only what it adds. */
function tryCompare({ live, result, schema }: ManagedFieldsUpdate, isFirst: boolean): Comparison | undefined {
  try {
    if (isFirst) return { changed: createdFields(schema, result), removed: emptySet };
    return compareObjects(schema, live as never, result as never);
  } catch (error) {
    if (error instanceof Unownable) return undefined;
    throw error;
  }
}

function setOf(entry: Entry): FieldSet {
  return (entry.fieldsV1 ?? {}) as FieldSet;
}

function managerOf({ manager }: ManagedFieldsUpdate): string {
  return manager === '' ? 'unknown' : manager;
}

/** Whether an entry is the writer's own. */
function isOf(update: ManagedFieldsUpdate, entry: Entry): boolean {
  return (
    entry.operation === 'Update' &&
    (entry.manager ?? '') === managerOf(update) &&
    entry.apiVersion === update.apiVersion &&
    (entry.subresource ?? '') === update.subresource
  );
}

/** The writer's entry takes over what changed; its time moves only then. */
function withChanges(kept: readonly Entry[], changed: FieldSet, update: ManagedFieldsUpdate): Entry[] {
  const previous = kept.find((entry) => isOf(update, entry));
  const mine: ManagedFieldsEntry = {
    manager: managerOf(update),
    operation: 'Update',
    apiVersion: update.apiVersion,
    time: update.time,
    fieldsType: 'FieldsV1',
    fieldsV1: previous === undefined ? changed : union(setOf(previous), changed),
    ...(update.subresource === '' ? {} : { subresource: update.subresource }),
  };
  return [...kept.filter((entry) => entry !== previous), mine];
}

/**
 * Whose entries count: those of the request if it brought readable ones, else the live ones. A request resets them by
 * an empty list or one empty entry; a subresource cannot touch them.
 */
function startingEntries({ live, result, subresource }: ManagedFieldsUpdate): readonly Entry[] {
  const stored = live?.metadata.managedFields ?? [];
  const given = result.metadata.managedFields;
  if (subresource !== '' || given === undefined || given === null || given === stored) return readable(stored) ?? [];
  if (isReset(given)) return [];
  if (jsonEqual(given, stored)) return stored;
  const entries = readable(given);
  return entries === undefined || entries.length === 0 ? (readable(stored) ?? []) : entries;
}

function isReset(entries: readonly Entry[]): boolean {
  if (entries.length === 0) return true;
  return entries.length === 1 && Object.values(entries[0] ?? {}).every((value) => value === undefined || value === '');
}

/** Undefined if one of them cannot be understood. Of two for the same manager the later counts. */
function readable(entries: readonly Entry[]): readonly Entry[] | undefined {
  const byManager = new Map<string, Entry>();
  for (const entry of entries) {
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') return undefined;
    if ((entry.apiVersion ?? '') === '' || entry.fieldsType !== 'FieldsV1') return undefined;
    if (!isFieldSet(entry.fieldsV1 ?? {})) return undefined;
    const version = entry.operation === 'Apply' ? '' : entry.apiVersion;
    byManager.set(JSON.stringify([entry.manager, entry.operation, version, entry.subresource]), entry);
  }
  return byManager.size === entries.length ? entries : [...byManager.values()];
}

/** Sets seen and found right; what the server wrote itself is checked once. */
const checked = new WeakSet<object>();

function isFieldSet(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (checked.has(value)) return true;
  for (const [element, below] of Object.entries(value)) {
    if (element !== '.' && !isElement(element)) return false;
    if (!isFieldSet(below)) return false;
  }
  checked.add(value);
  return true;
}

function isElement(element: string): boolean {
  if (element.startsWith('f:')) return true;
  if (element.startsWith('i:')) return /^i:-?\d+$/.test(element);
  if (!element.startsWith('k:') && !element.startsWith('v:')) return false;
  try {
    const value: unknown = JSON.parse(element.slice(2));
    return element.startsWith('v:') || (typeof value === 'object' && value !== null);
  } catch {
    return false;
  }
}

/** Joins the oldest update entries of one version until few enough are left. */
function capped(entries: readonly Entry[]): readonly Entry[] {
  const updates = entries.filter((entry) => entry.operation === 'Update');
  if (updates.length <= maxUpdateManagers) return entries;
  const oldestFirst = updates.toSorted((a, b) => seconds(a) - seconds(b) || (identity(a) < identity(b) ? -1 : 1));
  const remaining = new Set(entries);
  const first = new Map<string, Entry>();
  const buckets = new Map<string, Entry>();
  for (const entry of oldestFirst) {
    if (remaining.size - (entries.length - updates.length) <= maxUpdateManagers) break;
    const version = entry.apiVersion ?? '';
    const base = buckets.get(version) ?? first.get(version);
    if (base === undefined) {
      first.set(version, entry);
      continue;
    }
    const bucket: Entry = {
      manager: 'ancient-changes',
      operation: 'Update',
      apiVersion: version,
      ...(entry.time === undefined ? {} : { time: entry.time }),
      fieldsType: 'FieldsV1',
      fieldsV1: union(setOf(entry), setOf(base)) as never,
    };
    remaining.delete(base);
    remaining.delete(entry);
    remaining.add(bucket);
    buckets.set(version, bucket);
  }
  return [...remaining];
}

function identity(entry: Entry): string {
  return JSON.stringify([entry.manager, entry.operation, entry.apiVersion, entry.subresource]);
}

function seconds(entry: Entry): number {
  return entry.time === undefined || entry.time === null ? 0 : Math.floor(Date.parse(entry.time) / 1000);
}

function compareEntries(a: Entry, b: Entry): number {
  return (
    compareText(a.operation, b.operation) ||
    seconds(a) - seconds(b) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

function compareText(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
