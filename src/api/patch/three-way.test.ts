import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { applyStrategicMergePatch } from '#api/patch/strategic-merge-patch.ts';
import { threeWayPatch } from '#api/patch/three-way.ts';

type Fields = Record<string, unknown>;
const podSpec = builtinSchemas.type('io.k8s.api.core.v1.PodSpec');
const deploymentSpec = builtinSchemas.type('io.k8s.api.apps.v1.DeploymentSpec');
const metadata = builtinSchemas.type('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');

const withoutSchema: readonly [string, Fields, Fields, Fields, Fields][] = [
  ['nothing differs', { a: 1 }, { a: 1 }, { a: 1, b: 2 }, {}],
  ['a value differs', { a: 1 }, { a: 2 }, { a: 1, b: 2 }, { a: 2 }],
  ['others changed what is wanted', { a: 1 }, { a: 1 }, { a: 3 }, { a: 1 }],
  ['a field is wanted no more', { a: 1, b: 2 }, { a: 1 }, { a: 1, b: 2, c: 3 }, { b: null }],
  ['a list differs', { a: [1] }, { a: [1, 2] }, { a: [1] }, { a: [1, 2] }],
  ['fields in fields', { a: { b: 1, c: 1 } }, { a: { b: 2 } }, { a: { b: 1, c: 1, d: 1 } }, { a: { b: 2, c: null } }],
];
for (const [title, original, modified, current, expected] of withoutSchema) {
  test(`a merge patch when ${title}`, () => {
    assert.deepEqual(threeWayPatch({ original, modified, current }), expected);
  });
}

const container = (name: string, more: Fields = {}): Fields => ({ name, image: `${name}:1`, ...more });
const defaulted = (name: string, more: Fields = {}): Fields => container(name, { imagePullPolicy: 'Always', ...more });

test('a container is changed by its name, and what others set in it stays', () => {
  const versions = {
    original: { containers: [container('a'), container('b')] },
    modified: { containers: [container('a'), container('b', { image: 'b:2' })] },
    current: { containers: [defaulted('a'), defaulted('b')] },
  };
  const patch = threeWayPatch(versions, podSpec);
  assert.deepEqual(patch, {
    '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }],
    containers: [{ name: 'b', image: 'b:2' }],
  });
  assert.deepEqual(applyStrategicMergePatch(versions.current, patch, podSpec), {
    containers: [defaulted('a'), defaulted('b', { image: 'b:2' })],
  });
});

test('a container that is wanted no more goes, one that others added stays', () => {
  const versions = {
    original: { containers: [container('a'), container('b')] },
    modified: { containers: [container('a')] },
    current: { containers: [defaulted('a'), defaulted('b'), defaulted('injected')] },
  };
  assert.deepEqual(applyStrategicMergePatch(versions.current, threeWayPatch(versions, podSpec), podSpec), {
    containers: [defaulted('a'), defaulted('injected')],
  });
});

test('another order of containers is a change', () => {
  const both = [container('a'), container('b')];
  const versions = {
    original: { containers: both },
    modified: { containers: both.toReversed() },
    current: { containers: both },
  };
  assert.deepEqual(threeWayPatch(versions, podSpec), { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] });
});

test('a volume of another kind keeps nothing of the old one', () => {
  const volume = (source: Fields): Fields => ({ volumes: [{ name: 'v', ...source }] });
  const versions = {
    original: volume({ emptyDir: {} }),
    modified: volume({ configMap: { name: 'c' } }),
    current: volume({ emptyDir: {} }),
  };
  assert.deepEqual(
    applyStrategicMergePatch(versions.current, threeWayPatch(versions, podSpec), podSpec),
    versions.modified,
  );
});

test('a strategy of another type drops the parameters of the old one', () => {
  const versions = {
    original: {},
    modified: { strategy: { type: 'Recreate' } },
    current: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
  };
  assert.deepEqual(
    applyStrategicMergePatch(versions.current, threeWayPatch(versions, deploymentSpec), deploymentSpec),
    versions.modified,
  );
});

test('finalizers of others stay, own ones come and go', () => {
  const versions = {
    original: { finalizers: ['x/a', 'x/b'] },
    modified: { finalizers: ['x/b', 'x/c'] },
    current: { finalizers: ['x/a', 'x/b', 'other/z'] },
  };
  const { finalizers } = applyStrategicMergePatch(versions.current, threeWayPatch(versions, metadata), metadata);
  assert.deepEqual(new Set(finalizers as string[]), new Set(['x/b', 'x/c', 'other/z']));
});

/** Random versions of Deployments and Services, and the patches that k8s.io/apimachinery v0.36.3 makes of them. */
const recorded = readFileSync(join(import.meta.dirname, 'testdata/three-way.jsonl'), 'utf8')
  .trim()
  .split('\n');
for (const [index, line] of recorded.entries()) {
  const { kind, patch, ...versions } = JSON.parse(line) as Record<
    'original' | 'modified' | 'current' | 'patch',
    Fields
  > & {
    kind: string;
  };
  test(`upstream's patch of recorded ${kind} ${index}`, () => {
    const definition = kind === 'Service' ? 'io.k8s.api.core.v1.Service' : 'io.k8s.api.apps.v1.Deployment';
    assert.deepEqual(threeWayPatch(versions, builtinSchemas.type(definition)), patch);
  });
}
