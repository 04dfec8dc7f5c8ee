import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { PodSpec } from '#api/generated/core/v1.ts';
import { pods, runtimeclasses } from '#api/generated/resources.ts';
import type { AdmissionAttributes } from '#api/resource.ts';
import { runtimeClassAdmission } from '#kinds/admission/runtime-class.ts';
import { MemoryCluster } from '#kinds/testdata/memory-call.ts';

function admitted(extra: Partial<PodSpec>): PodSpec {
  const world = new MemoryCluster();
  world.put(runtimeclasses, {
    metadata: { name: 'heavy' },
    handler: 'h',
    overhead: { podFixed: { cpu: '10m' } },
    scheduling: { nodeSelector: { disk: 'ssd' }, tolerations: [{ key: 'a', operator: 'Exists' }] },
  });
  const object = { metadata: { name: 'p', namespace: 'ns' }, spec: { containers: [], ...extra } };
  const key = { namespace: 'ns', name: 'p' };
  const attributes: AdmissionAttributes = { operation: 'CREATE', subresource: '', key, resource: pods, object };
  assert.equal(runtimeClassAdmission.handles('CREATE', attributes), true);
  runtimeClassAdmission.mutate?.(attributes, world.call());
  runtimeClassAdmission.validate?.(attributes, world.call());
  return object.spec;
}

test('a pod gets overhead and placement of its runtime class', () => {
  const spec = admitted({ runtimeClassName: 'heavy', nodeSelector: { zone: 'a' } });
  assert.deepEqual(spec.overhead, { cpu: '10m' });
  assert.deepEqual(spec.nodeSelector, { zone: 'a', disk: 'ssd' });
  assert.deepEqual(spec.tolerations, [{ key: 'a', operator: 'Exists' }]);
});

for (const [title, extra, why] of [
  ['an unknown class', { runtimeClassName: 'none' }, 'pod rejected: RuntimeClass "none" not found'],
  [
    'another overhead',
    { runtimeClassName: 'heavy', overhead: { cpu: '1' } },
    "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
  ],
  [
    'overhead without a class',
    { overhead: { cpu: '1' } },
    'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
  ],
  [
    'another place',
    { runtimeClassName: 'heavy', nodeSelector: { disk: 'hdd' } },
    'conflict: runtimeClass.scheduling.nodeSelector[disk] = ssd; pod.spec.nodeSelector[disk] = hdd',
  ],
] as const) {
  test(`refused: ${title}`, () => {
    assert.throws(() => admitted(extra), { code: 403, message: `pods "p" is forbidden: ${why}` });
  });
}
