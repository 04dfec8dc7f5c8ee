import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { LimitRangeItem, Pod, ResourceRequirements } from '#api/generated/core/v1.ts';
import { limitranges, pods } from '#api/generated/resources.ts';
import type { AdmissionAttributes } from '#api/resource.ts';
import { limitRanger } from '#kinds/admission/limit-ranger.ts';
import { MemoryCluster } from '#kinds/testdata/memory-call.ts';

function admitted(item: LimitRangeItem, resources: ResourceRequirements = {}): Pod {
  const world = new MemoryCluster();
  world.put(limitranges, { metadata: { name: 'l', namespace: 'ns' }, spec: { limits: [item] } });
  const object: Pod = {
    metadata: { name: 'p', namespace: 'ns' },
    spec: { containers: [{ name: 'c', image: 'i', resources }] },
  };
  const key = { namespace: 'ns', name: 'p' };
  const attributes = {
    operation: 'CREATE',
    subresource: '',
    key,
    resource: pods,
    object,
  } as unknown as AdmissionAttributes;
  assert.equal(limitRanger.handles('CREATE', attributes), true);
  limitRanger.mutate?.(attributes, world.call());
  limitRanger.validate?.(attributes, world.call());
  return object;
}

test('a container gets what it does not say, and the pod says so', () => {
  const item = { type: 'Container', defaultRequest: { memory: '1Gi', cpu: '100m' }, default: { cpu: '1' } };
  const pod = admitted(item, { requests: { cpu: '200m' } });
  assert.deepEqual(pod.spec?.containers[0]?.resources, {
    requests: { cpu: '200m', memory: '1Gi' },
    limits: { cpu: '1' },
  });
  assert.deepEqual(pod.metadata.annotations, {
    'kubernetes.io/limit-ranger': 'LimitRanger plugin set: memory request for container c; cpu limit for container c',
  });
});

for (const [item, resources, why] of [
  [{ type: 'Container', min: { cpu: '50m' } }, {}, 'minimum cpu usage per Container is 50m.  No request is specified'],
  [
    { type: 'Container', min: { cpu: '50m' } },
    { requests: { cpu: '10m' } },
    'minimum cpu usage per Container is 50m, but request is 10m',
  ],
  [
    { type: 'Container', max: { cpu: '500m', memory: '1Gi' } },
    { limits: { cpu: '600m' } },
    '[maximum cpu usage per Container is 500m, but limit is 600m, maximum memory usage per Container is 1Gi.  No limit is specified]',
  ],
  [
    { type: 'Pod', max: { memory: '1Gi' } },
    { limits: { memory: '2Gi' } },
    'maximum memory usage per Pod is 1Gi, but limit is 2Gi',
  ],
  [
    { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
    { requests: { cpu: '100m' }, limits: { cpu: '300m' } },
    'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
  ],
] as const) {
  test(why, () => {
    assert.throws(() => admitted(item, resources), { code: 403, message: `pods "p" is forbidden: ${why}` });
  });
}
