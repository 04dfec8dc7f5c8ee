/**
 * A persistent B+tree from string to value: every change returns a new tree that shares all untouched nodes, so that a
 * snapshot is a pointer and costs nothing. Replacing a value copies one array of at most 64 pointers per level.
 *
 *     const a = Tree.empty<number>(byCodeUnit).set('x', 1);
 *     const b = a.set('y', 2);   // a still has one entry
 *
 * Invariants:
 * 1. A node is never changed once a tree that reaches it has been returned.
 * 2. `keys[i]` of a branch is not greater than any key below child i, and greater than all keys below child i-1; the
 *    first child takes everything smaller.
 * 3. Every leaf is at the same depth; no node but the root of an empty tree is empty; none is wider than ORDER.
 */
const ORDER = 64;

/** Whether `a` comes before `b`: a strict total order. */
export type Before = (a: string, b: string) => boolean;

/** The order of UTF-16 code units; that of bytes for all names Kubernetes allows in practice. */
export const byCodeUnit: Before = (a, b) => a < b;

class Node<V> {
  readonly keys: readonly string[];
  /** Leaves only. */
  readonly values: readonly V[] | undefined;
  /** Branches only. */
  readonly children: readonly Node<V>[] | undefined;
  /** Entries below. */
  readonly size: number;

  constructor(keys: readonly string[], values: readonly V[] | undefined, children: readonly Node<V>[] | undefined) {
    this.keys = keys;
    this.values = values;
    this.children = children;
    let size = 0;
    if (children === undefined) size = keys.length;
    else for (const child of children) size += child.size;
    this.size = size;
  }
}

export class Tree<V> {
  readonly #root: Node<V>;
  readonly #before: Before;

  private constructor(root: Node<V>, before: Before) {
    this.#root = root;
    this.#before = before;
  }

  static empty<V>(before: Before): Tree<V> {
    return new Tree<V>(new Node<V>([], [], undefined), before);
  }

  /** Built bottom-up from distinct keys in order; the way a store is loaded. */
  static fromSorted<V>(keys: readonly string[], values: readonly V[], before: Before): Tree<V> {
    let level: Node<V>[] = [];
    for (let i = 0; i < keys.length; i += ORDER - 16) {
      level.push(new Node(keys.slice(i, i + ORDER - 16), values.slice(i, i + ORDER - 16), undefined));
    }
    while (level.length > 1) {
      const above: Node<V>[] = [];
      for (let i = 0; i < level.length; i += ORDER - 16) above.push(branch(level.slice(i, i + ORDER - 16)));
      level = above;
    }
    return level[0] === undefined ? Tree.empty(before) : new Tree(level[0], before);
  }

  get size(): number {
    return this.#root.size;
  }

  /** Levels of nodes: how many a change replaces. */
  get depth(): number {
    let depth = 1;
    for (let node = this.#root; node.children !== undefined; node = node.children[0] as Node<V>) depth++;
    return depth;
  }

  get(key: string): V | undefined {
    let node = this.#root;
    while (node.children !== undefined) node = node.children[childIndex(node.keys, key, this.#before)] as Node<V>;
    const index = lowerBound(node.keys, key, this.#before);
    return node.keys[index] === key ? (node.values as readonly V[])[index] : undefined;
  }

  set(key: string, value: V): Tree<V> {
    const root = insert(this.#root, key, value, this.#before);
    if (root.keys.length <= ORDER) return new Tree(root, this.#before);
    const [left, right] = split(root);
    return new Tree(branch([left, right]), this.#before);
  }

  delete(key: string): Tree<V> {
    let root = remove(this.#root, key, this.#before);
    if (root === this.#root) return this;
    while (root.children !== undefined && root.children.length === 1) root = root.children[0] as Node<V>;
    if (root.children !== undefined && root.children.length === 0) return Tree.empty(this.#before);
    return new Tree(root, this.#before);
  }

  /** How many keys are not after `key`. */
  countUpTo(key: string): number {
    let node = this.#root;
    let count = 0;
    while (node.children !== undefined) {
      const index = childIndex(node.keys, key, this.#before);
      for (let i = 0; i < index; i++) count += (node.children[i] as Node<V>).size;
      node = node.children[index] as Node<V>;
    }
    const index = lowerBound(node.keys, key, this.#before);
    return count + index + (node.keys[index] === key ? 1 : 0);
  }

  /** Values in the order of their keys, from the first key after `after`. */
  values(after?: string): IterableIterator<V> {
    return new TreeIterator(this.#root, after, this.#before);
  }
}

class TreeIterator<V> implements IterableIterator<V> {
  readonly #nodes: Node<V>[] = [];
  readonly #indexes: number[] = [];
  #leaf: readonly V[];
  #index: number;

  constructor(root: Node<V>, after: string | undefined, before: Before) {
    let node = root;
    while (node.children !== undefined) {
      const index = after === undefined ? 0 : childIndex(node.keys, after, before);
      this.#nodes.push(node);
      this.#indexes.push(index);
      node = node.children[index] as Node<V>;
    }
    this.#leaf = node.values as readonly V[];
    this.#index = after === undefined ? 0 : lowerBound(node.keys, after, before);
    if (after !== undefined && node.keys[this.#index] === after) this.#index++;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<V> {
    while (this.#index >= this.#leaf.length) {
      if (!this.#nextLeaf()) return { done: true, value: undefined };
    }
    return { done: false, value: this.#leaf[this.#index++] as V };
  }

  #nextLeaf(): boolean {
    let level = this.#nodes.length - 1;
    while (level >= 0 && (this.#indexes[level] as number) + 1 >= (this.#nodes[level] as Node<V>).keys.length) level--;
    if (level < 0) return false;
    (this.#indexes[level] as number)++;
    let node = ((this.#nodes[level] as Node<V>).children as readonly Node<V>[])[
      this.#indexes[level] as number
    ] as Node<V>;
    for (level++; node.children !== undefined; level++) {
      this.#nodes[level] = node;
      this.#indexes[level] = 0;
      node = node.children[0] as Node<V>;
    }
    this.#leaf = node.values as readonly V[];
    this.#index = 0;
    return true;
  }
}

/** The first index whose key is not before `key`. */
function lowerBound(keys: readonly string[], key: string, before: Before): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(keys[middle] as string, key)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child of a branch below which `key` belongs. */
function childIndex(keys: readonly string[], key: string, before: Before): number {
  let low = 1;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(key, keys[middle] as string)) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}

function branch<V>(children: readonly Node<V>[]): Node<V> {
  return new Node(
    children.map((child) => child.keys[0] as string),
    undefined,
    children,
  );
}

/** May return a node of ORDER + 1 entries, which the caller splits. */
function insert<V>(node: Node<V>, key: string, value: V, before: Before): Node<V> {
  if (node.children === undefined) {
    const index = lowerBound(node.keys, key, before);
    const values = node.values as readonly V[];
    if (node.keys[index] === key) return new Node(node.keys, replaced(values, index, value), undefined);
    return new Node(inserted(node.keys, index, key), inserted(values, index, value), undefined);
  }
  const index = childIndex(node.keys, key, before);
  const child = insert(node.children[index] as Node<V>, key, value, before);
  if (child.keys.length <= ORDER) return new Node(node.keys, undefined, replaced(node.children, index, child));
  const [left, right] = split(child);
  const children = inserted(replaced(node.children, index, left), index + 1, right);
  return new Node(inserted(node.keys, index + 1, right.keys[0] as string), undefined, children);
}

function split<V>(node: Node<V>): [Node<V>, Node<V>] {
  const half = node.keys.length >>> 1;
  return [
    new Node(node.keys.slice(0, half), node.values?.slice(0, half), node.children?.slice(0, half)),
    new Node(node.keys.slice(half), node.values?.slice(half), node.children?.slice(half)),
  ];
}

/** The same node if the key is not there. */
function remove<V>(node: Node<V>, key: string, before: Before): Node<V> {
  if (node.children === undefined) {
    const index = lowerBound(node.keys, key, before);
    if (node.keys[index] !== key) return node;
    return new Node(without(node.keys, index), without(node.values as readonly V[], index), undefined);
  }
  const index = childIndex(node.keys, key, before);
  const old = node.children[index] as Node<V>;
  const child = remove(old, key, before);
  if (child === old) return node;
  if (child.keys.length === 0) return new Node(without(node.keys, index), undefined, without(node.children, index));
  return mergeSmall(node, index, child);
}

/** `node` with `child` at `index`, joined with its right or left neighbour where both fit into half a node. */
function mergeSmall<V>(node: Node<V>, index: number, child: Node<V>): Node<V> {
  const children = node.children as readonly Node<V>[];
  for (const at of [index, index - 1]) {
    const left = at === index ? child : children[at];
    const right = at === index ? children[index + 1] : child;
    if (left === undefined || right === undefined || left.keys.length + right.keys.length > ORDER / 2) continue;
    const separator = node.keys[at + 1] as string;
    return new Node(
      without(node.keys, at + 1),
      undefined,
      replaced(without(children, at + 1), at, join(left, right, separator)),
    );
  }
  return new Node(node.keys, undefined, replaced(children, index, child));
}

function join<V>(left: Node<V>, right: Node<V>, separator: string): Node<V> {
  if (left.children === undefined || right.children === undefined) {
    return new Node([...left.keys, ...right.keys], [...(left.values ?? []), ...(right.values ?? [])], undefined);
  }
  // The right node's first key may be stale (its subtree has shrunk or grown downwards); the parent's separator is the bound that holds.
  return new Node([...left.keys, separator, ...right.keys.slice(1)], undefined, [...left.children, ...right.children]);
}

function replaced<T>(list: readonly T[], index: number, item: T): T[] {
  const copy = list.slice();
  copy[index] = item;
  return copy;
}

function inserted<T>(list: readonly T[], index: number, item: T): T[] {
  const copy = list.slice();
  copy.splice(index, 0, item);
  return copy;
}

function without<T>(list: readonly T[], index: number): T[] {
  const copy = list.slice();
  copy.splice(index, 1);
  return copy;
}
