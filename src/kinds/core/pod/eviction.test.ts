import { test } from 'node:test';
import assert from 'node:assert/strict';
import { poddisruptionbudgets, pods } from '#api/generated/resources.ts';
import type { PodDisruptionBudgetStatus } from '#api/generated/policy/v1.ts';
import type { StatusError } from '#api/status.ts';
import { evictionSubresource } from '#kinds/core/pod/eviction.ts';
import { MemoryCluster } from '#kinds/testdata/memory-call.ts';

const key = { namespace: 'ns', name: 'p' };

function world(phase: string, ready: string, ...budgets: Partial<PodDisruptionBudgetStatus>[]): MemoryCluster {
  const cluster = new MemoryCluster();
  const status = { phase: phase as 'Running', conditions: [{ type: 'Ready' as const, status: ready as 'True' }] };
  cluster.put(pods, { metadata: { ...key, labels: { app: 'a' } }, spec: { containers: [] }, status });
  for (const [at, each] of budgets.entries()) {
    cluster.put(poddisruptionbudgets, {
      metadata: { namespace: 'ns', name: `b${at}`, generation: 1 },
      spec: { selector: { matchLabels: { app: 'a' } } },
      status: {
        observedGeneration: 1,
        currentHealthy: 1,
        desiredHealthy: 1,
        expectedPods: 1,
        disruptionsAllowed: 0,
        ...each,
      },
    });
  }
  return cluster;
}

/** As a dry run: the budget is asked, nothing is written but the deletion. */
async function evict(cluster: MemoryCluster): Promise<void> {
  await evictionSubresource.create?.(key, { metadata: { name: 'p' } }, cluster.call({ dryRun: true }));
}

for (const [title, cluster] of [
  ['there is no budget', world('Running', 'True')],
  ['the budget allows one', world('Running', 'True', { disruptionsAllowed: 1 })],
  ['the pod has not run yet', world('Pending', 'False', {})],
  ['the pod is not ready and enough others are', world('Running', 'False', {})],
] as const) {
  test(`a pod is evicted: ${title}`, async () => {
    await evict(cluster);
    assert.deepEqual(cluster.names(pods), []);
  });
}

const violates = "Cannot evict pod as it would violate the pod's disruption budget.";
for (const [title, cluster, code, message, cause] of [
  [
    'nothing is left',
    world('Running', 'True', {}),
    429,
    violates,
    'The disruption budget b0 needs 1 healthy pods and has 1 currently',
  ],
  [
    'the budget is new',
    world('Running', 'True', { observedGeneration: 0 }),
    429,
    violates,
    'The disruption budget b0 is still being processed by the server.',
  ],
  [
    'two budgets',
    world('Running', 'True', {}, {}),
    500,
    'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    undefined,
  ],
] as const) {
  test(`a pod stays: ${title}`, async () => {
    await assert.rejects(
      () => evict(cluster),
      (error: StatusError) => {
        assert.deepEqual([error.code, error.message, error.details?.causes?.[0]?.message], [code, message, cause]);
        return true;
      },
    );
    assert.deepEqual(cluster.names(pods), ['p']);
  });
}
