import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#api/object.ts';
import type { MetadataOnUpdate, Resource, ValidationCall } from '#api/resource.ts';
import { updateErrors } from '#apiserver/registry/update-rules.ts';

const call = { nowMs: 0 } as ValidationCall;
const rules: Resource = {
  group: '',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  singular: 'thing',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ConfigMap',
};

function thing(metadata: object): KubeObject {
  const base = { name: 'a', namespace: 'b', resourceVersion: '1' };
  return { apiVersion: 'v1', kind: 'Thing', metadata: { ...base, ...metadata } };
}

/** One letter a cause: M of the whole metadata, U of what may not change. */
function causes(own: MetadataOnUpdate | undefined): string {
  const resource: Resource = own === undefined ? rules : { ...rules, metadataOnUpdate: own };
  const object = thing({ generateName: 'a/b', deletionGracePeriodSeconds: 5 });
  return updateErrors(resource, undefined, { object, old: thing({}), call })
    .map(({ field }) => (field === 'metadata.generateName' ? 'M' : 'U'))
    .join('');
}

for (const [own, expected] of [
  [undefined, 'MUU'],
  ['change', 'MUU'],
  ['change-object', 'MUUM'],
  ['object-change', 'MUMU'],
  ['object', 'MUM'],
  ['none', 'MU'],
] as const)
  test(`metadata is looked at for all kinds and then by the kind's rules: ${own ?? 'nothing said'} gives ${expected}`, () => {
    assert.equal(causes(own), expected);
  });

test('rules that leave metadata alone let any generateName and finalizer pass that fits into a path', () => {
  const object = thing({ generateName: 'Under_score', finalizers: ['plain'] });
  const none = updateErrors({ ...rules, metadataOnUpdate: 'none' }, undefined, { object, old: thing({}), call });
  assert.deepEqual(none, []);
  const whole = updateErrors({ ...rules, metadataOnUpdate: 'object' }, undefined, { object, old: thing({}), call });
  assert.deepEqual(
    whole.map(({ field }) => field),
    ['metadata.generateName', 'metadata.finalizers[0]'],
  );
});
