/**
 * Processes die and come back: kill -9 of the agent, of containerd and of the server, each in the middle of a rolling
 * update, which completes without a further command while no container is restarted because of it; two clusters on one
 * machine; starts that cannot be; an end that leaves nothing.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { loadAllYaml } from '#lang/yaml/to-json.ts';
import type { Deployment } from '#api/generated/apps/v1.ts';
import type { Pod, Service } from '#api/generated/core/v1.ts';
import { deployments, pods, services } from '#api/generated/resources.ts';
import type { Client } from '#client/client.ts';
import { hello, image, service } from '../clients/manifests.ts';
import { eventually, noRealNode, type RealCluster, run, startRealCluster, wheelhouse } from './harness.ts';
import { leftoversOf } from './leftovers.ts';

const rolloutMs = 30_000;

describe('process life', { ...(noRealNode === undefined ? {} : { skip: noRealNode }), timeout: 150_000 }, () => {
  let cluster: RealCluster;

  before(async () => {
    cluster = await startRealCluster();
    await cluster.buildImage(image);
    await withClient(cluster, async (client) => {
      const bystander = deploymentOf('bystander', 2, 'quiet');
      await client.create(deployments, bystander);
      await client.create(deployments, deploymentOf('hello', 3, 'zero'));
      await client.create(services, serviceOf());
      await rolledOut(client, 'bystander');
      await rolledOut(client, 'hello');
    });
  });

  for (const victim of ['agent', 'containerd'] as const) {
    test(`kill -9 of the ${victim} during a rolling update: it is started again and the update completes`, async () => {
      await withClient(cluster, async (client) => {
        const untouched = await containersOf(client, 'bystander');
        await beginUpdate(client, `after-${victim}`);
        const pid = cluster.pidOf(victim);
        process.kill(pid, 'SIGKILL');
        await rolledOut(client, 'hello');
        assert.notEqual(cluster.pidOf(victim), pid);
        await assertNothingRestarted(client, untouched);
      });
    });
  }

  test('kill -9 of the server during a rolling update: the same up goes on where it was', async () => {
    const before = await withClient(cluster, async (client) => {
      const containers = await containersOf(client, 'bystander');
      await beginUpdate(client, 'after-server');
      return { containers, agent: cluster.pidOf('agent'), containerd: cluster.pidOf('containerd') };
    });
    await cluster.killServer();
    await cluster.up();
    await withClient(cluster, async (client) => {
      await rolledOut(client, 'hello');
      await assertNothingRestarted(client, before.containers);
      assert.equal(
        (await client.get(deployments, key('hello'))).spec?.template.spec?.containers[0]?.env?.[0]?.value,
        'after-server',
      );
    });
    assert.deepEqual([cluster.pidOf('agent'), cluster.pidOf('containerd')], [before.agent, before.containerd]);
  });

  test('a second up on the same data is refused in one sentence', async () => {
    const second = await run(process.execPath, [wheelhouse, ...cluster.upArguments]);
    assert.notEqual(second.code, 0);
    assert.match(
      second.stderr,
      /^error: a cluster runs on \S+ already \(pid \d+, https:\S+\): wheelhouse down ends it\n$/,
    );
    await withClient(cluster, (client) => client.get(deployments, key('hello')));
  });

  test('a busy port is refused in one sentence, and nothing is left of that start', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(blocker.address() as { port: number }).port}`;
    const dataDir = mkdtempSync('/tmp/wheelhouse-cluster-');
    const refused = await run(process.execPath, [wheelhouse, 'up', '--data-dir', dataDir, '--listen', address]);
    blocker.close();
    assert.notEqual(refused.code, 0);
    assert.match(
      refused.stderr,
      new RegExp(`^error: the address ${address} is in use by another process: \\S.*--listen\\n$`),
    );
    const { id } = JSON.parse(readFileSync(`${dataDir}/instance.json`, 'utf8')) as { id: string };
    assert.deepEqual(await leftoversOf({ id, dataDir, links: [`wh-${id}`] }), []);
    rmSync(dataDir, { recursive: true });
  });

  test('two clusters on one machine do not disturb each other', async () => {
    const other = await startRealCluster();
    try {
      await other.buildImage(image);
      await withClient(other, async (client) => {
        await client.create(deployments, deploymentOf('hello', 1, 'of the other'));
        await client.create(services, serviceOf());
        await rolledOut(client, 'hello');
        assert.equal(await answerOf(client), 'of the other\n');
      });
      await withClient(cluster, async (client) => assert.equal(await answerOf(client), 'after-server\n'));
    } finally {
      assert.deepEqual(await other.takeDown(), []);
    }
    await withClient(cluster, async (client) => assert.equal(await answerOf(client), 'after-server\n'));
  });

  test('clusters that start at the same time take ranges of their own', async () => {
    const others = await Promise.all([startRealCluster(), startRealCluster()]);
    const ranges = [cluster, ...others].flatMap(({ instance: { network } }) => [
      network?.podCIDR,
      network?.serviceCIDR,
    ]);
    assert.equal(new Set(ranges).size, 6, ranges.join(' '));
    assert.deepEqual(await Promise.all(others.map((other) => other.takeDown())), [[], []]);
  });

  test('SIGINT ends everything and leaves nothing on the machine', async () => {
    assert.deepEqual(await cluster.takeDown(), []);
  });

  after(() => cluster.abandon());
});

const key = (name: string): { namespace: string; name: string } => ({ namespace: 'default', name });

async function withClient<T>(cluster: RealCluster, work: (client: Client) => Promise<T>): Promise<T> {
  const { client, close } = await cluster.connect();
  try {
    return await work(client);
  } finally {
    close();
  }
}

function deploymentOf(name: string, replicas: number, word: string): Deployment {
  const text = hello({ replicas, word }).replaceAll('hello', name);
  const [deployment] = loadAllYaml(text) as Deployment[];
  return { ...(deployment as Deployment), metadata: key(name) };
}

function serviceOf(): Service {
  return { ...(loadAllYaml(service)[0] as Service), metadata: key('hello') };
}

/** Resolves when the first pod of the new template was made and old ones are still there. */
async function beginUpdate(client: Client, word: string): Promise<void> {
  const patch = {
    spec: { template: { spec: { containers: [{ name: 'hello', env: [{ name: 'WORD', value: word }] }] } } },
  };
  const { metadata } = await client.patch(deployments, key('hello'), patch, { type: 'strategic' });
  for await (const { object } of client.watch(deployments, {
    namespace: 'default',
    fieldSelector: 'metadata.name=hello',
  })) {
    const { observedGeneration = 0, updatedReplicas = 0 } = object.status ?? {};
    if (observedGeneration < (metadata.generation ?? 0) || updatedReplicas === 0) continue;
    assert.ok(updatedReplicas < 3, 'the update was over before anything could be killed');
    return;
  }
}

/** The deployment's own account: everything is of the new template and available. */
function rolledOut(client: Client, name: string): Promise<Deployment> {
  return eventually(`the rollout of ${name}`, rolloutMs, async () => {
    const deployment = await client.get(deployments, key(name));
    const { observedGeneration, replicas, updatedReplicas, availableReplicas } = deployment.status ?? {};
    const wanted = deployment.spec?.replicas;
    const isDone = [replicas, updatedReplicas, availableReplicas].every((count) => count === wanted);
    return isDone && observedGeneration === deployment.metadata.generation ? deployment : undefined;
  });
}

/** `pod/containerID restarts` of each pod with that label. */
async function containersOf(client: Client, app: string): Promise<string[]> {
  const { items } = await client.list(pods, { namespace: 'default', labelSelector: `app=${app}` });
  return items
    .filter((pod) => pod.metadata.deletionTimestamp === undefined)
    .map(containerOf)
    .sort();
}

function containerOf(pod: Pod): string {
  const [status] = pod.status?.containerStatuses ?? [];
  return `${pod.metadata.name}/${status?.containerID} ${status?.restartCount}`;
}

async function assertNothingRestarted(client: Client, untouched: readonly string[]): Promise<void> {
  assert.deepEqual(await containersOf(client, 'bystander'), untouched);
  for (const line of await containersOf(client, 'hello')) assert.match(line, /containerd:\/\/\w+ 0$/);
}

async function answerOf(client: Client): Promise<string> {
  const { spec } = await client.get(services, key('hello'));
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), 5000);
  const answer = await fetch(`http://${spec?.clusterIP}/word`, { signal: timeout.signal });
  clearTimeout(timer);
  return answer.text();
}
