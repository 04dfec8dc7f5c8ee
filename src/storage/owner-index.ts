/** Which objects of a collection name an owner's uid: a persistent tree of trees, so that forks share it. */
import type { StoredVersion } from '#storage/stored-version.ts';
import { byCodeUnit, Tree } from '#storage/tree.ts';

interface Owned {
  readonly namespace: string;
  readonly name: string;
}

export class OwnerIndex {
  readonly #owners: Tree<Tree<Owned>>;
  static readonly empty = new OwnerIndex(Tree.empty(byCodeUnit));

  private constructor(owners: Tree<Tree<Owned>>) {
    this.#owners = owners;
  }

  static from(versions: Iterable<StoredVersion>): OwnerIndex {
    let index = OwnerIndex.empty;
    for (const version of versions) index = index.replace(undefined, version);
    return index;
  }

  /** The index after `old` became `next` (either may be undefined). The same index when the owners did not change. */
  replace(old: StoredVersion | undefined, next: StoredVersion | undefined): OwnerIndex {
    if (isUnchanged(old, next)) return this;
    let owners = this.#owners;
    if (old !== undefined) for (const uid of old.head.ownerUids) owners = removed(owners, uid, old);
    if (next !== undefined) {
      const owned = { namespace: next.namespace, name: next.name };
      for (const uid of next.head.ownerUids) {
        owners = owners.set(uid, (owners.get(uid) ?? Tree.empty<Owned>(byCodeUnit)).set(memberKey(next), owned));
      }
    }
    return new OwnerIndex(owners);
  }

  owned(uid: string): Iterable<Owned> {
    return this.#owners.get(uid)?.values() ?? [];
  }
}

function isUnchanged(old: StoredVersion | undefined, next: StoredVersion | undefined): boolean {
  const a = old?.head.ownerUids ?? [];
  const b = next?.head.ownerUids ?? [];
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === 0 || (old !== undefined && next !== undefined && memberKey(old) === memberKey(next));
}

function removed(owners: Tree<Tree<Owned>>, uid: string, version: StoredVersion): Tree<Tree<Owned>> {
  const rest = owners.get(uid)?.delete(memberKey(version));
  if (rest === undefined) return owners;
  return rest.size === 0 ? owners.delete(uid) : owners.set(uid, rest);
}

/** Names are unique only within a namespace, uids everywhere; only objects under test go without. */
function memberKey(version: StoredVersion): string {
  return version.head.uid === '' ? `${version.namespace}/${version.name}` : version.head.uid;
}
