/** A control plane in process on virtual time, for tests of controllers and scheduler: the real server, store and clients. */
import { type Random, SeededRandom } from '#base/random.ts';
import { type Logger, silentLogger } from '#base/logger.ts';
import { noMetrics } from '#base/metrics.ts';
import type { Node, Pod } from '#api/generated/core/v1.ts';
import { nodes, pods } from '#api/generated/resources.ts';
import type { TokenIssuer } from '#api/resource.ts';
import type { Client } from '#client/client.ts';
import type { Caches } from '#client/cache.ts';
import { discoverResources } from '#client/discovery.ts';
import { ControlPlane } from '#cluster/control-plane.ts';
import type { IssuerDocuments } from '#apiserver/discovery/paths.ts';
import { VirtualClock } from '#sim/virtual-clock.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { Store } from '#storage/store.ts';

const noTokens: TokenIssuer & IssuerDocuments = {
  issue: () => Promise.reject(new Error('no tokens here')),
  authenticate: () => Promise.resolve(undefined),
  openidConfiguration: () => ({}),
  jwks: () => ({}),
};

export interface TestCluster {
  readonly client: Client;
  readonly caches: Caches;
  readonly clock: VirtualClock;
  readonly random: Random;
  /** Lines of warnings and errors, for messages of failed assertions. */
  readonly complaints: string[];
  stop(): Promise<void>;
}

/** Started, with its system namespaces. */
export async function startCluster(seed = 1, options = { controllers: true }): Promise<TestCluster> {
  const clock = new VirtualClock();
  const random = new SeededRandom(seed);
  const complaints: string[] = [];
  const store = await Store.open(new MemoryBackend(), [], { clock });
  const plane = new ControlPlane(
    {
      store,
      clock,
      random,
      log: complaining(complaints),
      metrics: noMetrics,
      tokens: noTokens,
      nodes: { connect: () => undefined },
      openApi: { index: () => new Map(), v3: () => undefined, v2: () => new Uint8Array() },
      rootCA: 'PEM',
    },
    {
      serviceCIDR: '10.96.0.0/16',
      podCIDR: '10.244.0.0/16',
      apiServerEndpoint: undefined,
      dnsAddress: undefined,
      clusterDomain: 'cluster.local',
      runControllers: options.controllers,
      serverAddress: () => '127.0.0.1:6443',
    },
  );
  await plane.start();
  // The first discovery hashes on other threads, which virtual time cannot see; later ones find the hashes.
  await discoverResources(plane.client);
  await clock.settle();
  return { client: plane.client, caches: plane.caches, clock, random, complaints, stop: () => plane.stop() };
}

function complaining(lines: string[]): Logger {
  const add = (message: string, fields?: object): void => void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const logger: Logger = { ...silentLogger, warn: add, error: add, with: () => logger };
  return logger;
}

/** A node that is ready and has room. */
export async function addNode(
  cluster: TestCluster,
  name: string,
  allocatable: Record<string, string> = {},
): Promise<Node> {
  await cluster.client.create(nodes, {
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec: {},
  });
  const now = new Date(cluster.clock.now()).toISOString().replace(/\.\d+Z/, 'Z');
  const all = { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '10Gi', ...allocatable };
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  const status = { allocatable: all, capacity: all, conditions: [{ ...condition, message: '' }] };
  const options = { type: 'strategic', subresource: 'status' } as const;
  const written = await cluster.client.patch(nodes, { namespace: '', name }, { status }, options);
  await cluster.clock.settle();
  return written;
}

/** Plays the agent: every bound pod runs and is ready, every terminating one is gone. */
export function playAgent(cluster: TestCluster): void {
  let lastAddress = 1;
  cluster.caches.of(pods).subscribe(({ new: pod }) => {
    if (pod?.spec?.nodeName === undefined) return;
    const { namespace = '', name = '' } = pod.metadata;
    if (pod.metadata.deletionTimestamp !== undefined) {
      void cluster.client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0 }).catch(() => undefined);
    } else if (pod.status?.phase === 'Pending') {
      const now = new Date(cluster.clock.now()).toISOString().replace(/\.\d+Z/, 'Z');
      const podIP = `10.244.${lastAddress >> 8}.${lastAddress++ & 255}`;
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: now }];
      const status: Pod['status'] = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], startTime: now, conditions };
      void cluster.client
        .patch(pods, { namespace, name }, { status }, { type: 'strategic', subresource: 'status' })
        .catch(() => undefined);
    }
  });
}
