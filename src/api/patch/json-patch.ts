/**
 * JSON patch (RFC 6902), with the liberties of the library upstream uses: negative indexes count from the end, and
 * `replace` of an absent field adds it. A patch that does not apply is answered 422 without saying why, as upstream does.
 */
import { assert } from '#base/assert.ts';
import { badRequest, StatusError } from '#api/status.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import { jsonKind } from '#api/patch/go-print.ts';
import { define, isObject, sortedFields } from '#api/patch/merge-patch.ts';

const maxOperations = 10_000;
/** What `copy` may add to a document in all: the size of the largest request. */
const maxCopiedBytes = 3 * 1024 * 1024;

type Container = Record<string, unknown> | unknown[];
interface Operation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

/** A patch that fits no document like this one. */
class DoesNotApply extends Error {}

/**
 * The patched document; untouched parts are shared with `document`, which is not changed. Throws 400 for a patch of the
 * wrong shape, 413 for more than 10,000 operations, 422 if one does not apply.
 */
export function applyJsonPatch(document: Readonly<Record<string, unknown>>, patch: unknown): unknown {
  const operations = checkedOperations(patch);
  if (operations.length > maxOperations) {
    const text = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`;
    throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: ${text}`);
  }
  const target = new Target(document);
  try {
    for (const operation of operations) target.apply(operation);
  } catch (error) {
    if (!(error instanceof DoesNotApply)) throw error;
    throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
  }
  return target.sorted(target.root);
}

/** Checks types as decoding into a Go struct does. A null patch has no operations. */
function checkedOperations(patch: unknown): readonly Operation[] {
  const refuse = (value: unknown, into: string): never => {
    throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonKind(value)} into Go ${into}`);
  };
  if (patch === null) return [];
  if (!Array.isArray(patch)) return refuse(patch, 'value of type []handlers.jsonPatchOp');
  for (const operation of patch) {
    if (operation === null) continue;
    if (!isObject(operation)) return refuse(operation, 'value of type handlers.jsonPatchOp');
    for (const field of ['op', 'path', 'from']) {
      const value = operation[field];
      if (value !== undefined && value !== null && typeof value !== 'string')
        return refuse(value, `struct field jsonPatchOp.${field} of type string`);
    }
  }
  return patch as readonly Operation[];
}

/** The document while it is being patched. Invariant: only containers in `#own` are changed in place. */
class Target {
  root: unknown;
  #own = new Set<unknown>();
  #copied = 0;

  constructor(document: unknown) {
    this.root = document;
  }

  apply(operation: Operation | null): void {
    switch (operation?.op) {
      case 'add':
        return this.#add(pathOf(operation.path), valueOf(operation));
      case 'remove':
        return void this.#remove(pathOf(operation.path));
      case 'replace':
        return this.#replace(pathOf(operation.path), operation);
      case 'move': {
        const moved = this.#remove(pathOf(operation.from));
        return this.#add(pathOf(operation.path), moved);
      }
      case 'copy':
        return this.#copy(operation);
      case 'test':
        return this.#test(operation);
      default:
        throw new DoesNotApply();
    }
  }

  #copy(operation: Operation): void {
    const [container, key] = this.#find(pathOf(operation.from));
    const value = itemOf(container, key) ?? null;
    this.#copied += JSON.stringify(value).length;
    if (this.#copied > maxCopiedBytes) throw new DoesNotApply();
    this.#add(pathOf(operation.path), value);
  }

  #add(path: string, value: unknown): void {
    const [container, key] = this.#find(path);
    if (!Array.isArray(container)) {
      define(container, key, value);
      return;
    }
    const position = key === '-' ? container.length : arrayIndex(key, container.length + 1);
    if (position > container.length) throw new DoesNotApply();
    container.splice(position, 0, value);
  }

  #remove(path: string): unknown {
    const [container, key] = this.#find(path);
    const value = itemOf(container, key);
    if (value === undefined) throw new DoesNotApply();
    if (Array.isArray(container)) container.splice(arrayIndex(key, container.length), 1);
    else delete container[key];
    return value;
  }

  #replace(path: string, operation: Operation): void {
    if (path === '') {
      if (typeof operation.value !== 'object' || operation.value === null) throw new DoesNotApply();
      this.root = operation.value;
      return;
    }
    const [container, key] = this.#find(path);
    itemOf(container, key);
    if (Array.isArray(container)) container[arrayIndex(key, container.length)] = valueOf(operation);
    else define(container, key, valueOf(operation));
  }

  #test(operation: Operation): void {
    const path = pathOf(operation.path);
    const expected = operation.value ?? null;
    if (path === '') {
      if (!jsonEqual(this.root, expected)) throw new DoesNotApply();
      return;
    }
    const [container, key] = this.#find(path);
    if (!jsonEqual(itemOf(container, key) ?? null, expected)) throw new DoesNotApply();
  }

  /** The container of a path's last part, free to be changed. */
  #find(path: string): [Container, string] {
    const parts = path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (parts.length < 2) throw new DoesNotApply();
    this.root = this.#owned(this.root);
    let container = this.root as Container;
    for (const part of parts.slice(1, -1)) {
      const next = itemOf(container, part);
      if (typeof next !== 'object' || next === null) throw new DoesNotApply();
      const own = this.#owned(next);
      if (Array.isArray(container)) container[arrayIndex(part, container.length)] = own;
      else define(container, part, own);
      container = own;
    }
    return [container, parts.at(-1) ?? ''];
  }

  /** With the fields of what was changed in alphabetical order, as Go prints a map. */
  sorted(value: unknown): unknown {
    if (!this.#own.has(value)) return value;
    if (Array.isArray(value)) return value.map((item) => this.sorted(item));
    const result: Record<string, unknown> = {};
    for (const name of Object.keys(value as object).sort())
      define(result, name, this.sorted((value as Record<string, unknown>)[name]));
    return result;
  }

  #owned(value: unknown): Container {
    assert(typeof value === 'object' && value !== null, 'only containers are changed');
    if (this.#own.has(value)) return value as Container;
    const copy: Container = Array.isArray(value) ? [...value] : sortedFields({ ...value });
    this.#own.add(copy);
    return copy;
  }
}

function itemOf(container: Container, key: string): unknown {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? container[key] : undefined;
  const position = arrayIndex(key, container.length);
  if (position >= container.length) throw new DoesNotApply();
  return container[position] ?? null;
}

function arrayIndex(key: string, length: number): number {
  if (!/^[-+]?\d+$/.test(key)) throw new DoesNotApply();
  const position = Number(key);
  if (position < -length || position >= length) throw new DoesNotApply();
  return position < 0 ? position + length : position;
}

function pathOf(path: unknown): string {
  if (typeof path !== 'string') throw new DoesNotApply();
  return path;
}

function valueOf(operation: Operation): unknown {
  return operation.value ?? null;
}
