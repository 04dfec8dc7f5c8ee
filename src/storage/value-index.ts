/**
 * Which versions of a collection have a label or a selectable field of one value, for the keys that somebody asks for.
 * Changeable, and of the present state only: readers of older states scan.
 *
 * Invariants:
 * 1. Every index holds exactly the applied versions that have its key.
 * 2. At most {@link maxKeys} keys are indexed; the one not asked for the longest gives way.
 */
import type { CollectionDefinition } from '#storage/collection.ts';
import { namespaceBefore } from '#storage/root.ts';
import type { Family, StoredVersion } from '#storage/stored-version.ts';

/** What a version is found by: a label or a selectable field. */
export type ValueKind = 'labels' | 'fields';

const maxKeys = 8;

type ByValue = Map<string, Set<StoredVersion>>;

export class ValueIndex {
  readonly #kind: ValueKind;
  readonly #family: Family;
  /** What the fields were read with. */
  #definition: CollectionDefinition;
  /** By key; the one asked for last comes last. Undefined: asked for once. */
  readonly #keys = new Map<string, ByValue | undefined>();

  constructor(kind: ValueKind, family: Family) {
    this.#kind = kind;
    this.#family = family;
    this.#definition = family.definition;
  }

  /**
   * The versions whose `key` is one of `values`, in order of the collection. Undefined when the key is asked for the
   * first time: the caller scans, in slices if it likes, and thereby makes the heads that the index is built of.
   * `all` is the present state.
   */
  find(key: string, values: readonly string[], all: Iterable<StoredVersion>): readonly StoredVersion[] | undefined {
    this.#checkDefinition();
    const isKnown = this.#keys.has(key);
    const index = isKnown ? (this.#keys.get(key) ?? this.#build(key, all)) : undefined;
    this.#keys.delete(key);
    this.#keys.set(key, index);
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > maxKeys && oldest !== undefined) this.#keys.delete(oldest);
    return index === undefined
      ? undefined
      : [...new Set(values)].flatMap((value) => [...(index.get(value) ?? [])]).sort(inOrder);
  }

  /** Takes note that `next` is applied in the place of `previous`; either may be undefined. */
  replace(previous: StoredVersion | undefined, next: StoredVersion | undefined): void {
    this.#checkDefinition();
    for (const [key, index] of this.#keys) {
      if (index === undefined) continue;
      if (previous !== undefined) remove(index, this.#value(previous, key), previous);
      if (next !== undefined) add(index, this.#value(next, key), next);
    }
  }

  /** A CRD may come to select by other fields. */
  #checkDefinition(): void {
    if (this.#definition === this.#family.definition) return;
    this.#definition = this.#family.definition;
    this.#keys.clear();
  }

  #build(key: string, all: Iterable<StoredVersion>): ByValue {
    const index: ByValue = new Map();
    for (const version of all) add(index, this.#value(version, key), version);
    return index;
  }

  /** An absent field is '', an absent label is none. */
  #value(version: StoredVersion, key: string): string | undefined {
    const values = version.head[this.#kind];
    if (Object.hasOwn(values, key)) return values[key];
    return this.#kind === 'fields' ? '' : undefined;
  }
}

function add(index: ByValue, value: string | undefined, version: StoredVersion): void {
  if (value === undefined) return;
  const set = index.get(value);
  if (set === undefined) index.set(value, new Set([version]));
  else set.add(version);
}

function remove(index: ByValue, value: string | undefined, version: StoredVersion): void {
  if (value === undefined) return;
  const set = index.get(value);
  if (set !== undefined && set.delete(version) && set.size === 0) index.delete(value);
}

function inOrder(a: StoredVersion, b: StoredVersion): number {
  if (a.namespace !== b.namespace) return namespaceBefore(a.namespace, b.namespace) ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
