/**
 * The agent process: containerd under it, the kubelet and the service proxy in it, the tunnel to the API server.
 * SIGTERM ends the process and leaves containers alone (the next agent adopts them); SIGINT ends the pods gracefully
 * first and takes everything off the machine but the data.
 */
import { rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nodes, pods, services } from '#api/generated/resources.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import { createEventRecorder } from '#client/event-recorder.ts';
import { createClient } from '#client/handler-client.ts';
import { createReflectorCaches } from '#client/reflector-caches.ts';
import { Reflector } from '#client/reflector.ts';
import { createCgroupHost } from '#host/cgroups/cgroup-host.ts';
import {
  type ContainerdOptions,
  removeContainerdState,
  snapshotterFor,
  startContainerd,
} from '#host/containerd/containerd.ts';
import { ContainerdRuntime } from '#host/containerd/containerd-runtime.ts';
import { createHttpHandler, type HttpClientOptions } from '#host/http/client.ts';
import { createLogger, type LogLevel } from '#host/logger.ts';
import { NftDataplane } from '#host/nftables/dataplane.ts';
import { probeTransport } from '#host/probes/probe-transport.ts';
import { collectWhenQuiet } from '#host/process/collect-when-quiet.ts';
import { stopDaemon } from '#host/process/daemon.ts';
import { machineInfo } from '#host/process/machine-info.ts';
import { systemClock } from '#host/system-clock.ts';
import { systemRandom } from '#host/system-random.ts';
import { startTunnelAgent } from '#host/tunnel/agent.ts';
import { logFiles } from '#host/volumes/log-files.ts';
import { isMountPoint, mountTmpfs, unmountBelow } from '#host/volumes/mounts.ts';
import { volumeHost } from '#host/volumes/volume-host.ts';
import { KubeletConnection } from '#kubelet/connection.ts';
import { Kubelet } from '#kubelet/kubelet.ts';
import { NodeRegistration } from '#kubelet/node/node-registration.ts';
import type { KubeletOptions, KubeletPorts } from '#kubelet/options.ts';
import { ServiceProxy } from '#proxy/service-proxy.ts';

export interface AgentConfig {
  readonly instanceId: string;
  readonly nodeName: string;
  readonly nodeAddress: string;
  /** The API server: `https://host:port`, or `unix:/path`. */
  readonly server: string;
  readonly authority: string;
  /** Of the node (system:node:NAME). */
  readonly certificate: string;
  readonly key: string;
  /** Of the service proxy (system:kube-proxy): the node itself may not watch endpoints. */
  readonly proxy: { readonly certificate: string; readonly key: string };
  /** Volumes, images and logs. */
  readonly dataDirectory: string;
  /** Short: sockets lie below it. */
  readonly runDirectory: string;
  readonly pidDirectory: string;
  readonly containerdSocket: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
  readonly logLevel: LogLevel;
  /** The objects of an earlier run are gone: what still runs of it goes, too. */
  readonly removeForeignPods: boolean;
}

const maxPods = 110;
const quietMs = 5_000;
const restartMs = { first: 200, longest: 10_000 };

/** Resolves when the agent has ended; `order` says how. */
export async function runAgent(config: AgentConfig, order: Promise<'leave' | 'drain'>): Promise<void> {
  const log = createLogger({ level: config.logLevel });
  const stop = new AbortController();
  const containerd = containerdOptions(config);
  const supervised = await superviseContainerd(containerd, log, stop.signal);
  const memoryDirectory = await prepareFolders(config);
  const runtime = new ContainerdRuntime({
    socketPath: config.containerdSocket,
    scratchDirectory: join(config.runDirectory, 'x'),
    snapshotter: snapshotterFor(config.dataDirectory),
    log,
  });
  const server: HttpClientOptions = {
    server: config.server,
    authority: config.authority,
    certificate: config.certificate,
    key: config.key,
  };
  const http = createHttpHandler(server);
  const { options, ports } = kubeletParts(config, {
    log,
    runtime,
    handle: http.handle,
    memoryDirectory,
    signal: stop.signal,
  });
  const kubelet = new Kubelet(options, ports);
  const tunnel = startTunnelAgent({ server, node: new KubeletConnection(kubelet, ports), clock: systemClock, log });
  const proxyHttp = createHttpHandler({ ...server, ...config.proxy });
  const proxy = startProxy(config, kubelet, { ports, handle: proxyHttp.handle });
  const registration = new NodeRegistration(options, ports);
  await Promise.race([
    Promise.all([registration.start().then(() => kubelet.start()), proxy.started, tunnel.connected]),
    order,
  ]);
  log.info('the agent is up', { node: config.nodeName });
  const collect = collectWhenQuiet(quietMs, stop.signal);
  stop.signal.addEventListener(
    'abort',
    runtime.subscribe(() => collect()),
  );
  const how = await order;
  if (how === 'drain') await kubelet.drain();
  proxy.stop();
  stop.abort();
  kubelet.stop();
  tunnel.close();
  http.close();
  proxyHttp.close();
  runtime.close();
  if (how === 'drain') await cleanUp(config, { containerd, supervised, removeRules: () => proxy.remove() });
  rmSync(join(config.pidDirectory, 'agent.pid'), { force: true });
}

function containerdOptions(config: AgentConfig): ContainerdOptions {
  return {
    dataDirectory: join(config.dataDirectory, 'containerd'),
    stateDirectory: join(config.runDirectory, 'containerd'),
    pidFile: join(config.pidDirectory, 'containerd.pid'),
    podNetwork: { name: `wheelhouse-${config.instanceId}`, podCidr: nodePodCidr(config.podCIDR) },
  };
}

/** The first /24 of the cluster's range. */
function nodePodCidr(clusterCidr: string): string {
  const [address = '', bits = '24'] = clusterCidr.split('/');
  return Number(bits) >= 24 ? clusterCidr : `${address}/24`;
}

interface Supervised {
  /** Of the containerd that runs now. */
  pid: number;
}

/** Starts (or adopts) containerd, and starts it again when it ends. */
async function superviseContainerd(options: ContainerdOptions, log: Logger, signal: AbortSignal): Promise<Supervised> {
  const first = await startContainerd(options);
  const supervised: Supervised = { pid: first.daemon.pid };
  const watch = async (): Promise<void> => {
    let { exited } = first.daemon;
    let waitMs = restartMs.first;
    for (;;) {
      await exited;
      if (signal.aborted) return;
      log.warn('containerd ended and is started again', { afterMs: waitMs });
      await delay(waitMs);
      if (signal.aborted) return;
      try {
        const { daemon } = await startContainerd(options);
        supervised.pid = daemon.pid;
        exited = daemon.exited;
        waitMs = restartMs.first;
      } catch (error) {
        log.error('containerd could not be started', { error: errorMessage(error) });
        waitMs = Math.min(waitMs * 2, restartMs.longest);
      }
    }
  };
  void watch();
  return supervised;
}

/** Answers the folder in memory, for secrets and tokens. */
async function prepareFolders(config: AgentConfig): Promise<string> {
  await mkdir(join(config.dataDirectory, 'pods'), { recursive: true, mode: 0o711 });
  const memory = join(config.runDirectory, 'memory');
  await mkdir(memory, { recursive: true, mode: 0o711 });
  if (!isMountPoint(memory)) await mountTmpfs(memory, ['mode=0711', 'size=25%']);
  return memory;
}

interface Parts {
  readonly log: Logger;
  readonly runtime: ContainerdRuntime;
  readonly handle: Parameters<typeof createClient>[0];
  readonly memoryDirectory: string;
  readonly signal: AbortSignal;
}

function kubeletParts(
  config: AgentConfig,
  { log, runtime, handle, memoryDirectory, signal }: Parts,
): { options: KubeletOptions; ports: KubeletPorts } {
  const [clock, random] = [systemClock, systemRandom];
  const client = createClient(handle, { userAgent: 'kubelet' });
  const reflectorPorts = { client, clock, random, log, signal };
  const options: KubeletOptions = {
    nodeName: config.nodeName,
    nodeIPs: [config.nodeAddress],
    clusterDNS: config.clusterDNS,
    clusterDomain: config.clusterDomain,
    rootDirectory: config.dataDirectory,
    memoryDirectory,
    logDirectory: join(config.dataDirectory, 'logs'),
    cgroupRoot: `/wheelhouse-${config.instanceId}`,
    maxPods,
    podCidr: nodePodCidr(config.podCIDR),
    labels: {},
    taints: [],
  };
  const ports: KubeletPorts = {
    clock,
    random,
    log,
    client,
    events: createEventRecorder({ client, clock, log, signal }, { component: 'kubelet', host: config.nodeName }),
    pods: new Reflector(pods, reflectorPorts, { fieldSelector: `spec.nodeName=${config.nodeName}` }),
    services: new Reflector(services, reflectorPorts),
    node: new Reflector(nodes, reflectorPorts, { fieldSelector: `metadata.name=${config.nodeName}` }),
    runtime,
    volumes: volumeHost,
    logFiles,
    cgroups: createCgroupHost(log),
    probes: probeTransport,
    machine: machineInfo(config.dataDirectory),
    signal,
  };
  return { options, ports };
}

interface RunningProxy {
  readonly started: Promise<void>;
  stop(): void;
  /** Takes its rules off the machine. */
  remove(): Promise<void>;
}

function startProxy(
  config: AgentConfig,
  kubelet: Kubelet,
  { ports, handle }: { ports: KubeletPorts; handle: Parameters<typeof createClient>[0] },
): RunningProxy {
  const { clock, random, log, signal, services: serviceCache } = ports;
  const client = createClient(handle, { userAgent: 'kube-proxy' });
  const others = createReflectorCaches({ client, clock, random, log, signal });
  // The kubelet watches Services already: one watch serves both.
  const caches: typeof others = {
    of: (resource) => (resource.plural === 'services' ? (serviceCache as never) : others.of(resource)),
  };
  const dataplane = new NftDataplane(
    { table: `wheelhouse-${config.instanceId}`, podCIDR: config.podCIDR, serviceCIDR: config.serviceCIDR },
    log,
  );
  const hostPorts = {
    hostPorts: () => kubelet.hostPorts().flatMap(({ podIP, ports: list }) => list.map((port) => ({ ...port, podIP }))),
    subscribe: (listener: () => void) => kubelet.onRuntimeChange(() => listener()),
  };
  const proxy = new ServiceProxy(caches, dataplane, clock, log, { nodeName: config.nodeName, hostPorts });
  return { started: proxy.start(), stop: () => proxy.stop(), remove: () => dataplane.remove() };
}

interface CleanUp {
  readonly containerd: ContainerdOptions;
  readonly supervised: Supervised;
  removeRules(): Promise<void>;
}

async function cleanUp(config: AgentConfig, { containerd, supervised, removeRules }: CleanUp): Promise<void> {
  await removeRules().catch(() => undefined);
  await stopDaemon(supervised.pid, containerd.pidFile, 10_000);
  await removeContainerdState({ stateDirectory: containerd.stateDirectory });
  await unmountBelow(config.runDirectory);
  await unmountBelow(config.dataDirectory);
  await rm(join(config.runDirectory, 'memory'), { recursive: true, force: true });
  await rm(join(config.runDirectory, 'x'), { recursive: true, force: true });
  const cgroups = createCgroupHost(createLogger({ level: 'error' }));
  await cgroups.remove(`/wheelhouse-${config.instanceId}`);
}
