/**
 * The immutable, ordered state of one collection: a tree of namespaces, each a tree of names. Namespaces come in the order
 * of upstream's keys, in which a namespace is followed by '/': "a-b" before "a".
 */
import type { Root } from '#storage/collection.ts';
import type { StoredVersion } from '#storage/stored-version.ts';
import { byCodeUnit, Tree } from '#storage/tree.ts';

interface NamespaceTree {
  readonly namespace: string;
  readonly names: Tree<StoredVersion>;
}

/** Whether `a/` comes before `b/`. */
export function namespaceBefore(a: string, b: string): boolean {
  if (a.length < b.length && b.startsWith(a)) return '/' < (b[a.length] as string);
  if (b.length < a.length && a.startsWith(b)) return (a[b.length] as string) < '/';
  return a < b;
}

/** The content of a root, without a revision. */
export class State {
  readonly #namespaces: Tree<NamespaceTree>;
  readonly size: number;
  static readonly empty = new State(Tree.empty(namespaceBefore), 0);

  private constructor(namespaces: Tree<NamespaceTree>, size: number) {
    this.#namespaces = namespaces;
    this.size = size;
  }

  /** Of versions with distinct keys, in any order. */
  static from(versions: Iterable<StoredVersion>): State {
    const byNamespace = new Map<string, StoredVersion[]>();
    let size = 0;
    for (const version of versions) {
      const list = byNamespace.get(version.namespace);
      if (list === undefined) byNamespace.set(version.namespace, [version]);
      else list.push(version);
      size++;
    }
    let namespaces = Tree.empty<NamespaceTree>(namespaceBefore);
    for (const [namespace, list] of byNamespace) {
      list.sort((a, b) => (a.name < b.name ? -1 : 1));
      const names = Tree.fromSorted(
        list.map((version) => version.name),
        list,
        byCodeUnit,
      );
      namespaces = namespaces.set(namespace, { namespace, names });
    }
    return new State(namespaces, size);
  }

  get(namespace: string, name: string): StoredVersion | undefined {
    return this.#namespaces.get(namespace)?.names.get(name);
  }

  with(version: StoredVersion): State {
    const old = this.#namespaces.get(version.namespace)?.names ?? Tree.empty<StoredVersion>(byCodeUnit);
    const names = old.set(version.name, version);
    return new State(
      this.#namespaces.set(version.namespace, { namespace: version.namespace, names }),
      this.size + names.size - old.size,
    );
  }

  without(namespace: string, name: string): State {
    const old = this.#namespaces.get(namespace)?.names;
    const names = old?.delete(name);
    if (old === undefined || names === undefined || names === old) return this;
    const namespaces =
      names.size === 0 ? this.#namespaces.delete(namespace) : this.#namespaces.set(namespace, { namespace, names });
    return new State(namespaces, this.size - 1);
  }

  /** Levels of nodes that a change to `namespace` replaces. */
  depth(namespace: string): number {
    return this.#namespaces.depth + (this.#namespaces.get(namespace)?.names.depth ?? 0);
  }

  count(namespace: string | undefined): number {
    if (namespace === undefined) return this.size;
    return this.#namespaces.get(namespace)?.names.size ?? 0;
  }

  *namespaces(): Iterable<string> {
    for (const { namespace } of this.#namespaces.values()) yield namespace;
  }

  scan(namespace?: string, after?: { namespace: string; name: string }): Iterable<StoredVersion> {
    if (namespace === undefined) return this.#scanAll(after);
    if (after !== undefined && namespaceBefore(namespace, after.namespace)) return [];
    const isInside = after?.namespace === namespace;
    return this.#namespaces.get(namespace)?.names.values(isInside ? after.name : undefined) ?? [];
  }

  /** How many entries `scan` with the same arguments yields; O(log n) within a namespace. */
  countAfter(namespace: string | undefined, after: { namespace: string; name: string }): number {
    const inside = this.#namespaces.get(after.namespace)?.names;
    const rest = inside === undefined ? 0 : inside.size - inside.countUpTo(after.name);
    if (namespace !== undefined) {
      if (namespace === after.namespace) return rest;
      return namespaceBefore(namespace, after.namespace) ? 0 : this.count(namespace);
    }
    let count = rest;
    for (const later of this.#namespaces.values(after.namespace)) count += later.names.size;
    return count;
  }

  #scanAll(after?: { namespace: string; name: string }): Iterable<StoredVersion> {
    const first = after && this.#namespaces.get(after.namespace)?.names.values(after.name);
    return new AllNamespaces(this.#namespaces.values(after?.namespace), first);
  }
}

/** One namespace after the other; several times faster than a generator that delegates. */
class AllNamespaces implements IterableIterator<StoredVersion> {
  readonly #namespaces: Iterator<NamespaceTree>;
  #names: Iterator<StoredVersion> | undefined;

  constructor(namespaces: Iterator<NamespaceTree>, first: Iterator<StoredVersion> | undefined) {
    this.#namespaces = namespaces;
    this.#names = first;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<StoredVersion> {
    for (;;) {
      const result = this.#names?.next();
      if (result !== undefined && result.done !== true) return result;
      const following = this.#namespaces.next();
      if (following.done === true) return { done: true, value: undefined };
      this.#names = following.value.names.values();
    }
  }
}

/** A state and the revision as of which it is read. */
export class CollectionRoot implements Root {
  readonly revision: number;
  readonly state: State;

  constructor(revision: number, state: State) {
    this.revision = revision;
    this.state = state;
  }

  get size(): number {
    return this.state.size;
  }

  get(namespace: string, name: string): StoredVersion | undefined {
    return this.state.get(namespace, name);
  }

  namespaces(): Iterable<string> {
    return this.state.namespaces();
  }

  count(namespace?: string): number {
    return this.state.count(namespace);
  }

  countAfter(namespace: string | undefined, after: { namespace: string; name: string }): number {
    return this.state.countAfter(namespace, after);
  }

  scan(namespace?: string, after?: { namespace: string; name: string }): Iterable<StoredVersion> {
    return this.state.scan(namespace, after);
  }
}
