import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, ResourceRequirements } from '#api/generated/core/v1.ts';
import {
  containerResources,
  podAmount,
  podCgroupPath,
  podCgroupValues,
  qosClass,
} from '#kubelet/resources/pod-resources.ts';

function pod(containers: ResourceRequirements[], inits: (ResourceRequirements & { sidecar?: true })[] = []): Pod {
  return {
    metadata: { name: 'a', namespace: 'b', uid: 'u' },
    spec: {
      containers: containers.map((resources, i) => ({ name: `c${i}`, resources })),
      initContainers: inits.map(({ sidecar, ...resources }, i) => ({
        name: `i${i}`,
        resources,
        ...(sidecar === undefined ? {} : { restartPolicy: 'Always' }),
      })),
    },
  };
}
const gib = 2 ** 30;
const cases = [
  {
    title: 'nothing set',
    pod: pod([{}]),
    qos: 'BestEffort',
    path: '/r/kubepods/besteffort/podu',
    values: { cpuShares: 2 },
    oom: 1000,
  },
  {
    title: 'requests below limits',
    pod: pod([{ requests: { cpu: '100m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } }]),
    qos: 'Burstable',
    path: '/r/kubepods/burstable/podu',
    values: { cpuShares: 102, cpuQuota: 100_000, cpuPeriod: 100_000, memoryLimitBytes: 2 * gib },
    oom: 875,
  },
  {
    title: 'limits only are requests, too',
    pod: pod([{ limits: { cpu: '500m', memory: '1Gi' } }]),
    qos: 'Guaranteed',
    path: '/r/kubepods/podu',
    values: { cpuShares: 512, cpuQuota: 50_000, cpuPeriod: 100_000, memoryLimitBytes: gib },
    oom: -997,
  },
  {
    title: 'one container without a limit leaves the pod without one',
    pod: pod([{ limits: { memory: '1Gi' } }, { requests: { cpu: '1' } }]),
    qos: 'Burstable',
    path: '/r/kubepods/burstable/podu',
    values: { cpuShares: 1024 },
    oom: 875,
  },
] as const;
for (const { title, pod: object, qos, path, values, oom } of cases) {
  test(title, () => {
    assert.equal(qosClass(object), qos);
    assert.equal(podCgroupPath('/r', object), path);
    assert.deepEqual(podCgroupValues(object), values);
    const [container] = object.spec?.containers ?? [];
    assert.equal(container === undefined ? undefined : containerResources(object, container, 8 * gib).oomScoreAdj, oom);
  });
}

test('init containers count by the largest, sidecars add up', () => {
  const requests = (cpu: string): ResourceRequirements => ({ requests: { cpu } });
  assert.equal(podAmount(pod([requests('1')], [requests('3'), requests('2')]), 'requests', 'cpu'), 3000);
  assert.equal(
    podAmount(pod([requests('1')], [{ ...requests('500m'), sidecar: true }, requests('1')]), 'requests', 'cpu'),
    1500,
  );
});
