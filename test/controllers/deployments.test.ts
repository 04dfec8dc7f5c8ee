import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '#api/generated/apps/v1.ts';
import {
  deployments,
  endpoints,
  endpointslices,
  events,
  pods,
  replicasets,
  services,
} from '#api/generated/resources.ts';
import type { TestCluster } from './cluster.ts';
import { addNode, playAgent, startCluster } from './cluster.ts';

const key = { namespace: 'default', name: 'web' };

function web(more: Partial<Deployment['spec'] & object> = {}): Deployment {
  return {
    metadata: { ...key },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'one', resources: { requests: { cpu: '100m' } } }] },
      },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      revisionHistoryLimit: 2,
      progressDeadlineSeconds: 600,
      ...more,
    },
  } as Deployment;
}

async function withNode(seed?: number): Promise<TestCluster> {
  const cluster = await startCluster(seed);
  playAgent(cluster);
  await addNode(cluster, 'a');
  return cluster;
}
const setImage = (cluster: TestCluster, image: string): Promise<Deployment> =>
  cluster.client.patch(
    deployments,
    key,
    { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } },
    { type: 'strategic' },
  );
async function images(cluster: TestCluster): Promise<string[]> {
  const { items } = await cluster.client.list(pods, { namespace: 'default' });
  return items.map((pod) => pod.spec?.containers[0]?.image ?? '').sort();
}
async function messages(cluster: TestCluster, reason: string): Promise<string[]> {
  const { items } = await cluster.client.list(events, { namespace: 'default' });
  return items
    .filter((event) => event.reason === reason)
    .map((event) => event.message ?? '')
    .sort();
}

test('a Deployment makes its ReplicaSet and pods, they are scheduled, and its status says so', async () => {
  const cluster = await withNode();
  const { client, clock } = cluster;
  await client.create(deployments, web());
  await clock.run(1000);
  const { status, metadata } = await client.get(deployments, key);
  assert.deepEqual(
    [status?.replicas, status?.updatedReplicas, status?.readyReplicas, status?.availableReplicas],
    [3, 3, 3, 3],
    cluster.complaints.join('\n'),
  );
  const [set] = (await client.list(replicasets, { namespace: 'default' })).items;
  assert.match(set?.metadata.name ?? '', /^web-[bcdfghjklmnpqrstvwxz2456789]{8,10}$/);
  assert.equal(metadata.annotations?.['deployment.kubernetes.io/revision'], '1');
  assert.deepEqual(
    status?.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ['Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'],
      [
        'Progressing',
        'True',
        'NewReplicaSetAvailable',
        `ReplicaSet "${set?.metadata.name}" has successfully progressed.`,
      ],
    ],
  );
  assert.deepEqual(await messages(cluster, 'ScalingReplicaSet'), [
    `Scaled up replica set ${set?.metadata.name} from 0 to 3`,
  ]);
  assert.equal((await messages(cluster, 'SuccessfulCreate')).length, 3);
  const [scheduled] = await messages(cluster, 'Scheduled');
  assert.match(scheduled ?? '', /^Successfully assigned default\/web-\S+ to a$/);
  await cluster.stop();
});

test('a new template rolls out without ever having too few or too many pods', async () => {
  const cluster = await withNode();
  const { client, clock } = cluster;
  await client.create(deployments, web());
  await clock.run(1000);
  let [fewest, most] = [3, 3];
  cluster.caches.of(pods).subscribe(() => {
    const all = [...cluster.caches.of(pods).list('default')].filter(
      (pod) => pod.metadata.deletionTimestamp === undefined,
    );
    const ready = all.filter((pod) => pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'));
    fewest = Math.min(fewest, ready.length);
    most = Math.max(most, all.length);
  });
  await setImage(cluster, 'two');
  await clock.run(5000);
  assert.deepEqual(await images(cluster), ['two', 'two', 'two'], cluster.complaints.join('\n'));
  assert.deepEqual([fewest, most], [3, 4]);
  await cluster.stop();
});

test('going back to a former template uses its ReplicaSet again, with a new revision and the old one in its history', async () => {
  const cluster = await withNode();
  const { client, clock } = cluster;
  await client.create(deployments, web());
  await clock.run(1000);
  for (const image of ['two', 'one']) {
    await setImage(cluster, image);
    await clock.run(5000);
  }
  const sets = (await client.list(replicasets, { namespace: 'default' })).items;
  const revisions = sets.map(({ metadata, spec }) => [
    metadata.annotations?.['deployment.kubernetes.io/revision'],
    metadata.annotations?.['deployment.kubernetes.io/revision-history'],
    spec?.replicas,
  ]);
  revisions.sort();
  assert.deepEqual(
    revisions,
    [
      ['2', undefined, 0],
      ['3', '1', 3],
    ],
    cluster.complaints.join('\n'),
  );
  await cluster.stop();
});

test('old ReplicaSets beyond the history limit are removed', async () => {
  const cluster = await withNode();
  const { client, clock } = cluster;
  await client.create(deployments, web());
  for (const image of ['two', 'three', 'four', 'five']) {
    await clock.run(5000);
    await setImage(cluster, image);
  }
  await clock.run(5000);
  assert.equal(
    (await client.list(replicasets, { namespace: 'default' })).items.length,
    3,
    cluster.complaints.join('\n'),
  );
  await cluster.stop();
});

test('Recreate ends all old pods before it makes new ones', async () => {
  const cluster = await withNode();
  const { client, clock } = cluster;
  await client.create(deployments, web({ strategy: { type: 'Recreate' } }));
  await clock.run(1000);
  let mixed = 0;
  cluster.caches.of(pods).subscribe(() => {
    const kinds = new Set([...cluster.caches.of(pods).list('default')].map((pod) => pod.spec?.containers[0]?.image));
    if (kinds.size > 1) mixed++;
  });
  await setImage(cluster, 'two');
  await clock.run(5000);
  assert.deepEqual(await images(cluster), ['two', 'two', 'two'], cluster.complaints.join('\n'));
  assert.equal(mixed, 0);
  await cluster.stop();
});

test('a paused Deployment does not roll out, but scales', async () => {
  const cluster = await withNode();
  const { client, clock } = cluster;
  await client.create(deployments, web());
  await clock.run(1000);
  await client.patch(deployments, key, { spec: { paused: true, replicas: 2 } }, { type: 'merge' });
  await setImage(cluster, 'two');
  await clock.run(5000);
  assert.deepEqual(await images(cluster), ['one', 'one'], cluster.complaints.join('\n'));
  const progressing = (await client.get(deployments, key)).status?.conditions?.find((c) => c.type === 'Progressing');
  assert.equal(progressing?.message, 'Deployment is paused');
  await client.patch(deployments, key, { spec: { paused: null } }, { type: 'merge' });
  await clock.run(5000);
  assert.deepEqual(await images(cluster), ['two', 'two'], cluster.complaints.join('\n'));
  await cluster.stop();
});

test('a rollout that cannot go on says so after its deadline, and pods say why they wait', async () => {
  const cluster = await withNode();
  const { client, clock } = cluster;
  await client.create(deployments, web({ progressDeadlineSeconds: 20 }));
  await clock.run(1000);
  const containers = [{ name: 'c', image: 'one', resources: { requests: { cpu: '64' } } }];
  await client.patch(deployments, key, { spec: { template: { spec: { containers } } } }, { type: 'strategic' });
  await clock.run(30_000);
  const { status } = await client.get(deployments, key);
  const progressing = status?.conditions?.find((condition) => condition.type === 'Progressing');
  assert.equal(progressing?.reason, 'ProgressDeadlineExceeded', cluster.complaints.join('\n'));
  const expected =
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
  assert.deepEqual(await messages(cluster, 'FailedScheduling'), [expected]);
  const { items } = await client.list(pods, { namespace: 'default' });
  const waiting = items.find((pod) => pod.spec?.nodeName === undefined);
  const condition = waiting?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  assert.deepEqual([condition?.status, condition?.reason, condition?.message], ['False', 'Unschedulable', expected]);
  await cluster.stop();
});

test('a Service has the endpoints of its ready pods, and loses those of pods that go', async () => {
  const cluster = await withNode();
  const { client, clock } = cluster;
  await client.create(services, {
    metadata: { ...key },
    spec: {
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
      clusterIP: '10.96.0.77',
    },
  });
  await clock.settle();
  const slicesOf = async (): Promise<[number, string[]]> => {
    const { items } = await client.list(endpointslices, { labelSelector: 'kubernetes.io/service-name=web' });
    return [items.length, items.flatMap((slice) => (slice.endpoints ?? []).map(({ addresses }) => addresses[0] ?? ''))];
  };
  assert.deepEqual(await slicesOf(), [1, []], cluster.complaints.join('\n'));
  await client.create(deployments, web());
  await clock.run(1000);
  const [count, addresses] = await slicesOf();
  assert.deepEqual([count, addresses.length], [1, 3], cluster.complaints.join('\n'));
  const old = await client.get(endpoints, key);
  assert.deepEqual(
    old.subsets?.map(({ addresses: a, ports }) => [a?.length, ports?.[0]?.port]),
    [[3, 8080]],
  );
  await client.patch(deployments, key, { spec: { replicas: 1 } }, { type: 'merge' });
  await clock.run(1000);
  assert.equal((await slicesOf())[1].length, 1, cluster.complaints.join('\n'));
  await cluster.stop();
});

test('a deleted Deployment takes its ReplicaSets and pods along', async () => {
  const cluster = await withNode();
  const { client, clock } = cluster;
  await client.create(deployments, web());
  await clock.run(1000);
  await client.delete(deployments, key);
  await clock.run(1000);
  assert.deepEqual(await images(cluster), [], cluster.complaints.join('\n'));
  assert.equal((await client.list(replicasets, { namespace: 'default' })).items.length, 0);
  await cluster.stop();
});
