import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, PodSpec } from '#api/generated/core/v1.ts';
import { podRequests, podRequestsForScoring } from '#kinds/core/pod/requests.ts';

const container = (cpu: string, more: Partial<Container> = {}): Container => ({
  name: 'c',
  resources: { requests: { cpu } },
  ...more,
});
const sidecar = (cpu: string): Container => container(cpu, { restartPolicy: 'Always' });
const cases: [name: string, spec: PodSpec, cpu: number][] = [
  ['containers are summed', { containers: [container('100m'), container('1')] }, 1100],
  [
    'the largest init container counts if it is more',
    { containers: [container('1')], initContainers: [container('3'), container('2')] },
    3000,
  ],
  ['sidecars count with the containers', { containers: [container('1')], initContainers: [sidecar('500m')] }, 1500],
  [
    'an init container runs beside the sidecars before it',
    { containers: [container('1')], initContainers: [sidecar('1'), container('3'), sidecar('1')] },
    4000,
  ],
  ['overhead is added', { containers: [container('1')], overhead: { cpu: '250m' } }, 1250],
  [
    'requests of the pod replace those of its containers',
    { containers: [container('1')], resources: { requests: { cpu: '2' } } },
    2000,
  ],
];
for (const [name, spec, cpu] of cases)
  test(`pod requests: ${name}`, () => assert.equal(podRequests(spec).get('cpu'), cpu));

test('pod requests: containers that ask for nothing count a little in scoring', () => {
  const amounts = podRequestsForScoring({ containers: [{ name: 'a' }, container('1')] });
  assert.deepEqual([amounts.get('cpu'), amounts.get('memory')], [1100, 2 * 200 * 1024 * 1024]);
  assert.equal(podRequests({ containers: [{ name: 'a' }] }).size, 0);
});
