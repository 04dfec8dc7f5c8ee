import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '#base/random.ts';
import { namespaceBefore } from '#storage/root.ts';
import { byCodeUnit, Tree } from '#storage/tree.ts';

for (const { name, keys } of [
  { name: 'few keys', keys: 40 },
  { name: 'many keys', keys: 20_000 },
]) {
  test(`a tree holds what a map holds, in order, and old trees stay as they were: ${name}`, () => {
    const random = new SeededRandom(keys);
    const model = new Map<string, number>();
    let tree = Tree.empty<number>(byCodeUnit);
    const snapshots: { tree: Tree<number>; expected: number[] }[] = [];
    const steps = keys * 6;
    for (let step = 0; step < steps; step++) {
      const key = `k${Math.floor(random.next() * keys)}`;
      // First mostly growth, then mostly shrinking, to empty at last.
      if (random.next() < (step < steps / 2 ? 0.3 : 0.8)) {
        model.delete(key);
        tree = tree.delete(key);
      } else {
        model.set(key, step);
        tree = tree.set(key, step);
      }
      assert.equal(tree.size, model.size);
      assert.equal(tree.get(key), model.get(key));
      if (step % Math.ceil(steps / 8) === 0) snapshots.push({ tree, expected: inOrder(model) });
    }
    snapshots.push({ tree, expected: inOrder(model) });
    for (const snapshot of snapshots) {
      assert.deepEqual([...snapshot.tree.values()], snapshot.expected);
      for (const start of ['', 'k', 'k17', 'k5005', 'z']) checkFrom(snapshot.tree, snapshot.expected, start);
    }
    for (const key of model.keys()) tree = tree.delete(key);
    assert.deepEqual([...tree.values()], []);
  });
}

function inOrder(model: ReadonlyMap<string, number>): number[] {
  return [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

function checkFrom(tree: Tree<number>, all: readonly number[], start: string): void {
  const after = [...tree.values(start)];
  assert.deepEqual(after, all.slice(all.length - after.length));
  assert.equal(tree.countUpTo(start), all.length - after.length);
}

test('a tree built from sorted entries is the tree that grew', () => {
  for (const count of [0, 1, 48, 49, 5_000]) {
    const keys = Array.from({ length: count }, (_, index) => `k${String(index).padStart(6, '0')}`);
    const values = keys.map((_, index) => index);
    const tree = Tree.fromSorted(keys, values, byCodeUnit).set('k9', -1);
    assert.deepEqual([...tree.values()], [...values, -1]);
    assert.equal(tree.get('k000047'), count > 47 ? 47 : undefined);
    assert.equal(tree.delete('k9').size, count);
  }
});

test('namespaces come in the order of keys in which a slash follows them', () => {
  const sorted = ['a', 'a-b', 'a0', 'ab', 'b', '', 'a-'].toSorted((a, b) => (namespaceBefore(a, b) ? -1 : 1));
  assert.deepEqual(
    sorted,
    ['', 'a', 'a-', 'a-b', 'a0', 'ab', 'b'].toSorted((a, b) => (`${a}/` < `${b}/` ? -1 : 1)),
  );
});
