/**
 * The nodes of an instance: the real one (its network, its agent process, the cluster's DNS on its private address), the
 * simulated ones, or none.
 */
import { dirname, join } from 'node:path';
import type { Logger } from '#base/logger.ts';
import { ClusterView } from '#dns/cluster-view.ts';
import { nodes } from '#api/generated/resources.ts';
import { addressIn, type ClusterOptions, dnsServiceAddress } from '#cluster/settings.ts';
import type { AgentConfig } from '#cmd/agent.ts';
import { obstacle } from '#cmd/doctor.ts';
import { Failure } from '#cmd/failure.ts';
import { type Instance, updateInstance } from '#cmd/instance.ts';
import type { UpOptions } from '#cmd/up/options.ts';
import type { RunningServer } from '#cmd/up/server.ts';
import { startSimulatedNodes } from '#cmd/up/simulated-nodes.ts';
import { SupervisedAgent } from '#cmd/up/supervised-agent.ts';
import { createForwarder, machineNameServers, serveDns } from '#host/dns/server.ts';
import {
  keepNetwork,
  type NetworkPlan,
  planNetwork,
  setUpNetwork,
  tearDownNetwork,
} from '#host/network/instance-network.ts';
import { withFileLock } from '#host/process/file-lock.ts';

export interface NodeChoice {
  readonly instance: Instance;
  readonly isReal: boolean;
  readonly simulated: number;
  /** Why there is no real node though one could be expected. */
  readonly notice?: string;
  readonly cluster: Omit<ClusterOptions, 'apiServerEndpoint'> & { readonly nodeAddress: string | undefined };
}

export interface RunningNodes {
  readonly ready: Promise<void>;
  readonly facts: { readonly containerdSocket?: string; readonly nodeName?: string };
  pids(): { readonly agent?: number; readonly containerd?: number };
  /** `leavePods`: the agent and its containers go on; the next start adopts them. */
  stop(options?: { readonly leavePods: boolean }): Promise<void>;
}

const clusterDomain = 'cluster.local';
const defaultServiceCIDR = '10.96.0.0/16';
const defaultPodCIDR = '10.244.0.0/16';
const simulatedByDefault = 1;
const lockMs = 10_000;

/** Decides what runs here, and picks the address ranges once. */
export async function chooseNode(instance: Instance, options: UpOptions): Promise<NodeChoice> {
  const cause = options.realNode === false ? undefined : obstacle();
  if (options.realNode === true && cause !== undefined)
    throw new Failure(`no real node can run here: ${cause}; wheelhouse doctor tells what to do`);
  const isReal = options.realNode !== false && cause === undefined;
  if (!isReal) {
    const simulated =
      options.realNode === undefined && options.simulatedNodes === 0 ? simulatedByDefault : options.simulatedNodes;
    const cluster = {
      serviceCIDR: options.serviceCIDR ?? instance.record.network?.serviceCIDR ?? defaultServiceCIDR,
      podCIDR: options.podCIDR ?? instance.record.network?.podCIDR ?? defaultPodCIDR,
      clusterDomain,
      dnsAddress: undefined,
      nodeAddress: undefined,
    };
    return {
      instance,
      isReal,
      simulated,
      cluster,
      ...(cause === undefined ? {} : { notice: `no real node can run here (${cause}): nodes are simulated` }),
    };
  }
  const { plan, instance: chosen } = await claimNetwork(instance, options);
  return {
    instance: chosen,
    isReal,
    simulated: options.simulatedNodes,
    cluster: {
      serviceCIDR: plan.serviceCIDR,
      podCIDR: plan.podCIDR,
      nodeAddress: plan.nodeAddress,
      dnsAddress: plan.nodeAddress,
      clusterDomain,
    },
  };
}

/** Picks and takes the ranges of this cluster, one cluster of this machine after the other. */
async function claimNetwork(
  instance: Instance,
  options: UpOptions,
): Promise<{ plan: NetworkPlan; instance: Instance }> {
  const stateDir = dirname(instance.runDir);
  const kept = instance.record.network;
  const wishes = {
    ...(options.serviceCIDR === undefined ? {} : { serviceCIDR: options.serviceCIDR }),
    ...(options.podCIDR === undefined ? {} : { podCIDR: options.podCIDR }),
  };
  const isSame =
    kept !== undefined &&
    (wishes.serviceCIDR ?? kept.serviceCIDR) === kept.serviceCIDR &&
    (wishes.podCIDR ?? kept.podCIDR) === kept.podCIDR;
  try {
    return await withFileLock(join(stateDir, 'network.lock'), lockMs, async () => {
      const plan = isSame
        ? await keepNetwork(instance.record.id, kept).catch((error: Error) => {
            // Objects in memory hold no address of an earlier start.
            if (options.isEphemeral) return planNetwork(wishes);
            throw error;
          })
        : await planNetwork(wishes);
      await setUpNetwork(instance.record.id, plan, stateDir);
      return { plan, instance: plan === kept ? instance : updateInstance(instance, { network: plan }) };
    });
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}

/** Starts what was chosen; `ready` resolves when every node is Ready and DNS answers. */
export async function startNode(
  server: RunningServer,
  choice: NodeChoice,
  options: UpOptions,
  log: Logger,
): Promise<RunningNodes> {
  const simulated = startSimulatedNodes(server.controlPlane, choice.simulated, log);
  if (!choice.isReal) {
    return { ready: simulated.ready, facts: {}, pids: () => ({}), stop: async () => simulated.stop() };
  }
  const view = new ClusterView(server.controlPlane.caches, clusterDomain);
  const address = choice.cluster.nodeAddress as string;
  const forward = createForwarder(machineNameServers([address, dnsServiceAddress(choice.cluster)]));
  const dns = await serveDns(view, { zone: clusterDomain, forward }, address, 53);
  const agent = await startAgent(server, choice, options, log);
  const nodeName = choice.instance.record.nodeName;
  const ready = Promise.all([simulated.ready, view.synced, nodeReady(server, nodeName)]).then(() => undefined);
  return {
    ready,
    facts: { containerdSocket: agent.config.containerdSocket, nodeName },
    pids: () => agent.pids(),
    stop: async (stopOptions) => {
      simulated.stop();
      if (stopOptions?.leavePods === true) agent.leave();
      else await agent.drain();
      view.close();
      await dns.close();
      if (stopOptions?.leavePods !== true)
        await tearDownNetwork(choice.instance.record.id, dirname(choice.instance.runDir));
    },
  };
}

async function startAgent(
  server: RunningServer,
  choice: NodeChoice,
  options: UpOptions,
  log: Logger,
): Promise<SupervisedAgent> {
  const { instance, cluster } = choice;
  const { nodeName, id } = instance.record;
  const identity = await server.pki.keptClient('agent', {
    commonName: `system:node:${nodeName}`,
    organizations: ['system:nodes'],
  });
  const proxy = await server.pki.keptClient('proxy', { commonName: 'system:kube-proxy', organizations: [] });
  const config: AgentConfig = {
    instanceId: id,
    nodeName,
    nodeAddress: cluster.nodeAddress as string,
    server: `https://${cluster.nodeAddress}:${new URL(server.url).port}`,
    authority: server.pki.authority,
    certificate: identity.certificate,
    key: identity.key,
    proxy: { certificate: proxy.certificate, key: proxy.key },
    dataDirectory: join(instance.dataDir, 'agent'),
    runDirectory: instance.runDir,
    pidDirectory: join(instance.dataDir, 'run'),
    containerdSocket: join(instance.runDir, 'containerd/containerd.sock'),
    podCIDR: cluster.podCIDR,
    serviceCIDR: cluster.serviceCIDR,
    clusterDNS: [addressIn(cluster.serviceCIDR, 10)],
    clusterDomain,
    logLevel: options.logLevel,
    removeForeignPods: options.isEphemeral,
  };
  return SupervisedAgent.start(join(instance.dataDir, 'run/agent.json'), config, log);
}

function nodeReady(server: RunningServer, name: string): Promise<void> {
  const cache = server.controlPlane.caches.of(nodes);
  const isReady = (): boolean =>
    cache
      .get({ namespace: '', name })
      ?.status?.conditions?.some((item) => item.type === 'Ready' && item.status === 'True') === true;
  return new Promise((resolve) => {
    if (isReady()) return resolve();
    const stop = cache.subscribe(() => {
      if (!isReady()) return;
      stop();
      resolve();
    });
  });
}
