import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job, JobSpec } from '#api/generated/batch/v1.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import { jobs, pods } from '#api/generated/resources.ts';
import type { TestCluster } from './cluster.ts';
import { addNode, playAgent, startCluster } from './cluster.ts';
import { serve } from './serve.ts';

serve(jobs, 'io.k8s.api.batch.v1.Job');

const key = { namespace: 'default', name: 'work' };
const work = (more: Partial<JobSpec> = {}): Job => ({
  metadata: key,
  spec: {
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    manualSelector: true,
    selector: { matchLabels: { job: 'work' } },
    template: {
      metadata: { labels: { job: 'work' } },
      spec: { containers: [{ name: 'c', image: 'one' }], restartPolicy: 'Never' },
    },
    ...more,
  },
});
async function started(spec: Partial<JobSpec>): Promise<TestCluster> {
  const cluster = await startCluster();
  playAgent(cluster);
  await addNode(cluster, 'a');
  await cluster.client.create(jobs, work(spec));
  await cluster.clock.run(1000);
  return cluster;
}
async function running({ client }: TestCluster): Promise<Pod[]> {
  const { items } = await client.list(pods, { namespace: 'default' });
  return items.filter((pod) => pod.status?.phase === 'Running' && pod.metadata.deletionTimestamp === undefined);
}
async function end(cluster: TestCluster, pod: Pod | undefined, phase: 'Succeeded' | 'Failed'): Promise<void> {
  const name = { namespace: 'default', name: pod?.metadata.name ?? '' };
  const options = { type: 'strategic', subresource: 'status' } as const;
  await cluster.client.patch(pods, name, { status: { phase } }, options);
  await cluster.clock.run(2000);
}
async function conditions({ client }: TestCluster): Promise<string[]> {
  const { status } = await client.get(jobs, key);
  return (status?.conditions ?? []).map(({ type, status: is, reason }) => `${type}=${is} ${reason}`);
}

test('a Job runs so many at once until so many have succeeded, and counts each once', async () => {
  const cluster = await started({ completions: 3, parallelism: 2 });
  for (let i = 0; i < 3; i++) {
    assert.equal((await running(cluster)).length, Math.min(2, 3 - i), cluster.complaints.join('\n'));
    await end(cluster, (await running(cluster))[0], 'Succeeded');
  }
  const { status } = await cluster.client.get(jobs, key);
  assert.deepEqual([status?.succeeded, status?.failed ?? 0, status?.active ?? 0], [3, 0, 0]);
  assert.deepEqual(await conditions(cluster), [
    'SuccessCriteriaMet=True CompletionsReached',
    'Complete=True CompletionsReached',
  ]);
  const { items } = await cluster.client.list(pods, { namespace: 'default' });
  assert.deepEqual(
    items.map((pod) => pod.metadata.finalizers ?? []),
    [[], [], []],
  );
  await cluster.stop();
});

test('a failed pod is replaced after a pause, and too many failures end the Job', async () => {
  const cluster = await started({ backoffLimit: 1 });
  await end(cluster, (await running(cluster))[0], 'Failed');
  assert.equal((await running(cluster)).length, 0);
  await cluster.clock.run(10_000);
  assert.equal((await running(cluster)).length, 1, cluster.complaints.join('\n'));
  await end(cluster, (await running(cluster))[0], 'Failed');
  assert.deepEqual(await conditions(cluster), [
    'FailureTarget=True BackoffLimitExceeded',
    'Failed=True BackoffLimitExceeded',
  ]);
  assert.equal((await cluster.client.get(jobs, key)).status?.failed, 2);
  await cluster.stop();
});

test('an indexed Job runs each index to its end', async () => {
  const cluster = await started({ completions: 3, parallelism: 3, completionMode: 'Indexed' });
  const indexed = await running(cluster);
  const indexes = indexed.map((pod) => pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index']);
  assert.deepEqual([...indexes].sort(), ['0', '1', '2'], cluster.complaints.join('\n'));
  await end(
    cluster,
    indexed.find((_, at) => indexes[at] === '2'),
    'Succeeded',
  );
  assert.equal((await cluster.client.get(jobs, key)).status?.completedIndexes, '2');
  for (const index of ['0', '1'])
    await end(
      cluster,
      indexed.find((_, at) => indexes[at] === index),
      'Succeeded',
    );
  const { status } = await cluster.client.get(jobs, key);
  assert.deepEqual([status?.completedIndexes, status?.succeeded], ['0-2', 3]);
  await cluster.stop();
});

test('a Job that takes too long is ended', async () => {
  const cluster = await started({ activeDeadlineSeconds: 20 });
  await cluster.clock.run(25_000);
  assert.deepEqual(
    await conditions(cluster),
    ['FailureTarget=True DeadlineExceeded', 'Failed=True DeadlineExceeded'],
    cluster.complaints.join('\n'),
  );
  assert.equal((await running(cluster)).length, 0);
  await cluster.stop();
});

test('a suspended Job has no pods, and goes on when resumed', async () => {
  const cluster = await started({});
  await cluster.client.patch(jobs, key, { spec: { suspend: true } }, { type: 'merge' });
  await cluster.clock.run(2000);
  assert.equal((await running(cluster)).length, 0, cluster.complaints.join('\n'));
  assert.deepEqual(await conditions(cluster), ['Suspended=True JobSuspended']);
  await cluster.client.patch(jobs, key, { spec: { suspend: false } }, { type: 'merge' });
  await cluster.clock.run(2000);
  assert.equal((await running(cluster)).length, 1, cluster.complaints.join('\n'));
  assert.equal((await cluster.client.get(jobs, key)).status?.failed ?? 0, 0);
  await cluster.stop();
});

test('a deleted Job lets go of its pods', async () => {
  const cluster = await started({});
  await cluster.client.delete(jobs, key, { propagationPolicy: 'Background' });
  await cluster.clock.run(3000);
  assert.equal(
    (await cluster.client.list(pods, { namespace: 'default' })).items.length,
    0,
    cluster.complaints.join('\n'),
  );
  await cluster.stop();
});

test('a finished Job is removed after its time to live', async () => {
  const cluster = await started({ ttlSecondsAfterFinished: 30 });
  await end(cluster, (await running(cluster))[0], 'Succeeded');
  assert.ok(await cluster.client.find(jobs, key));
  await cluster.clock.run(31_000);
  assert.equal(await cluster.client.find(jobs, key), undefined, cluster.complaints.join('\n'));
  await cluster.stop();
});
