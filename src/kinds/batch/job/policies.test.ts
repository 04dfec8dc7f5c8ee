import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Job, JobSpec } from '#api/generated/batch/v1.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { planJob } from '#kinds/batch/job/plan.ts';
import { indexAnnotation, tallyOf, trackingFinalizer } from '#kinds/batch/job/tally.ts';

function podAt(
  index: number,
  phase: string,
  extra: { code?: number; failures?: number; disrupted?: boolean } = {},
): Pod {
  const { code = 1, failures = 0, disrupted = false } = extra;
  const annotations = {
    [indexAnnotation]: String(index),
    'batch.kubernetes.io/job-index-failure-count': String(failures),
  };
  const terminated = { exitCode: code, finishedAt: '1970-01-01T00:00:00Z' };
  return {
    metadata: { name: `p-${index}`, namespace: 'ns', uid: `u${index}`, finalizers: [trackingFinalizer], annotations },
    status: {
      phase,
      conditions: disrupted ? [{ type: 'DisruptionTarget', status: 'True' }] : [],
      ...(phase === 'Failed' ? { containerStatuses: [{ name: 'c', state: { terminated } }] } : {}),
    },
  } as never;
}

function planOf(spec: Partial<JobSpec>, pods: readonly Pod[]): ReturnType<typeof planJob> {
  const job: Job = {
    metadata: { name: 'j', namespace: 'ns' },
    spec: { completionMode: 'Indexed', completions: 3, parallelism: 3, backoffLimit: 6, template: {}, ...spec },
  };
  return planJob({ job, pods, tally: tallyOf(job, pods), nowMs: 60_000 });
}

function verdictOf(plan: ReturnType<typeof planJob>): string {
  return (plan.status.conditions ?? []).map(({ type, reason, message }) => `${type} ${reason}: ${message}`).join();
}

const onCode = (action: 'FailJob' | 'FailIndex'): Partial<JobSpec> => ({
  podFailurePolicy: { rules: [{ action, onExitCodes: { operator: 'In', values: [42] } }] },
});

test('FailJob: the job fails with the first failure of the kind', () => {
  const plan = planOf(onCode('FailJob'), [podAt(0, 'Failed', { code: 42 }), podAt(1, 'Running')]);
  const text = 'Container c for pod ns/p-0 failed with exit code 42 matching FailJob rule at index 0';
  assert.equal(verdictOf(plan), `FailureTarget PodFailurePolicy: ${text}`);
  assert.deepEqual(
    plan.remove.map(({ metadata }) => metadata.name),
    ['p-1'],
  );
});

test('Ignore: a disrupted pod is replaced and not counted', () => {
  const rules = [
    { action: 'Ignore' as const, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' as const }] },
  ];
  const pods = [podAt(0, 'Failed', { disrupted: true }), podAt(1, 'Running'), podAt(2, 'Running')];
  const plan = planOf({ podFailurePolicy: { rules }, backoffLimit: 0 }, pods);
  assert.equal(verdictOf(plan), '');
  assert.deepEqual([plan.create, plan.status.failed, plan.status.uncountedTerminatedPods], [[0], 0, {}]);
});

test('an index that has failed too often is given up, the others go on', () => {
  const pods = [podAt(0, 'Failed', { failures: 1 }), podAt(1, 'Failed'), podAt(2, 'Succeeded')];
  const plan = planOf({ backoffLimitPerIndex: 1, backoffLimit: 99 }, pods);
  assert.deepEqual([plan.status.failedIndexes, plan.status.completedIndexes, plan.create], ['0', '2', [1]]);
});

for (const [title, spec, pods, expected] of [
  [
    'all indexes are over and one has failed',
    { backoffLimitPerIndex: 0 },
    [podAt(0, 'Failed'), podAt(1, 'Succeeded'), podAt(2, 'Succeeded')],
    'FailureTarget FailedIndexes: Job has failed indexes',
  ],
  [
    'more failed indexes than allowed',
    { backoffLimitPerIndex: 0, maxFailedIndexes: 0 },
    [podAt(0, 'Failed'), podAt(1, 'Running')],
    'FailureTarget MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes',
  ],
  [
    'FailIndex',
    { ...onCode('FailIndex'), backoffLimitPerIndex: 9, maxFailedIndexes: 0 },
    [podAt(0, 'Failed', { code: 42 })],
    'FailureTarget MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes',
  ],
  [
    'success by indexes',
    { successPolicy: { rules: [{ succeededCount: 2 }, { succeededIndexes: '0' }] } },
    [podAt(0, 'Succeeded'), podAt(1, 'Running')],
    'SuccessCriteriaMet SuccessPolicy: Matched rules at index 1',
  ],
] as const) {
  test(`decided: ${title}`, () => {
    assert.equal(verdictOf(planOf(spec as never, pods)), expected);
  });
}
