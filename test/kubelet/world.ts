/** A kubelet over a fake runtime and machine, on virtual time, with the real API server's registry in memory behind it. */
import type { ContainerStatus, Node, Pod } from '#api/generated/core/v1.ts';
import { nodes as nodesRef, pods as podsRef, services as servicesRef } from '#api/generated/resources.ts';
import { type Handler, systemMasters } from '#api/handler.ts';
import type { HasMetadata } from '#api/object.ts';
import type { Resource, Subresources } from '#api/resource.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { requestInfoOf } from '#apiserver/chain/request-info.ts';
import { Registry } from '#apiserver/registry/registry.ts';
import type { Clock } from '#base/clock.ts';
import { silentLogger } from '#base/logger.ts';
import { noMetrics } from '#base/metrics.ts';
import { SeededRandom } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import { createClient } from '#client/handler-client.ts';
import { Reflector } from '#client/reflector.ts';
import { Kubelet } from '#kubelet/kubelet.ts';
import type { KubeletOptions, KubeletPorts } from '#kubelet/options.ts';
import { lease } from '#kinds/coordination/lease/resource.ts';
import { configMap } from '#kinds/core/configmap/resource.ts';
import { secret } from '#kinds/core/secret/resource.ts';
import { FakeCgroups, FakeLogFiles, FakeProbes, FakeVolumeHost, simulatedMachine } from '#sim/machine.ts';
import { FakeRuntime } from '#sim/runtime.ts';
import { VirtualClock } from '#sim/virtual-clock.ts';
import { MemoryBackend } from '#storage/memory-backend.ts';
import { Store } from '#storage/store.ts';

interface Plain extends HasMetadata {
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

function plain(
  kind: string,
  plural: string,
  more: Partial<Resource<Plain>> & { subresources?: Subresources<Plain> } = {},
): Resource<Plain> {
  return {
    group: '',
    version: 'v1',
    kind,
    plural,
    singular: kind.toLowerCase(),
    namespaced: true,
    schema: `io.k8s.api.core.v1.${kind}`,
    ...more,
  };
}

const pods = plain('Pod', 'pods', {
  prepareForCreate(object) {
    object.status = { phase: 'Pending' };
  },
  gracePeriodSeconds: (object, requested) =>
    requested ?? (object.spec?.['terminationGracePeriodSeconds'] as number | undefined) ?? 30,
  subresources: { status: true },
  selectableFieldNames: ['spec.nodeName', 'status.phase'],
  selectableFields: (object) => ({
    'spec.nodeName': String(object.spec?.['nodeName'] ?? ''),
    'status.phase': String(object.status?.['phase'] ?? ''),
  }),
});

export const nodeName = 'node-1';

/** The real registry over a store in memory, with the kinds a kubelet meets. */
export async function createApi(clock: Clock): Promise<Client> {
  const store = await Store.open(new MemoryBackend(), [], { clock });
  const registry = new Registry({
    store,
    resources: [
      pods,
      plain('Node', 'nodes', { namespaced: false, subresources: { status: true } }),
      plain('Service', 'services'),
      configMap,
      secret,
      lease,
    ] as unknown as Resource[],
    admission: [],
    schemas: builtinSchemas,
    clock,
    random: new SeededRandom(7),
    log: silentLogger,
    metrics: noMetrics,
    settings: { serviceCIDRs: [], nodePortRange: { from: 30000, to: 32767 }, serviceAccountIssuer: '' },
    authorizer: { authorize: () => ({ decision: 'allow', reason: '' }) },
    tokens: { issue: () => Promise.reject(new Error('none')), authenticate: () => Promise.resolve(undefined) },
    nodes: { connect: () => undefined },
  });
  const handle: Handler = (request) => registry.serve(requestInfoOf(request), request, systemMasters);
  return createClient(handle, { userAgent: 'test', user: systemMasters });
}

export class World {
  readonly clock = new VirtualClock();
  readonly runtime = new FakeRuntime(this.clock);
  readonly volumes = new FakeVolumeHost();
  readonly logFiles = new FakeLogFiles();
  readonly cgroups = new FakeCgroups();
  readonly probes = new FakeProbes();
  /** `Normal Started Container started`, oldest first. */
  readonly events: string[] = [];
  readonly client: Client;
  kubelet: Kubelet;
  ports: KubeletPorts;
  #stop = new AbortController();

  private constructor(client: Client) {
    this.client = client;
    this.ports = this.#ports();
    this.kubelet = new Kubelet(options, this.ports);
  }

  static async start(): Promise<World> {
    const world = new World(await createApi(new VirtualClock()));
    await world.client.create(nodesRef, {
      metadata: { name: nodeName, labels: { zone: 'a' } },
      status: {},
    } as unknown as Node);
    await world.client.updateStatus(nodesRef, {
      ...(await world.client.get(nodesRef, { namespace: '', name: nodeName })),
      status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } },
    });
    await world.run(world.kubelet.start());
    return world;
  }

  /** kill -9 of the agent and a new one: the runtime and the API server go on. */
  async restart(): Promise<void> {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.ports = this.#ports();
    this.kubelet = new Kubelet(options, this.ports);
    await this.run(this.kubelet.start());
    await this.settle();
  }

  close(): void {
    this.#stop.abort();
  }

  /** Creates a pod on the node; containers are `{ name: 'main', image: 'app' }` unless said otherwise. */
  async create(
    name: string,
    spec: Partial<NonNullable<Pod['spec']>> = {},
    metadata: Partial<Pod['metadata']> = {},
  ): Promise<Pod> {
    const full = {
      nodeName,
      restartPolicy: 'Always',
      containers: [{ name: 'main', image: 'app', imagePullPolicy: 'IfNotPresent' }],
      ...spec,
    } as NonNullable<Pod['spec']>;
    const pod = await this.client.create(podsRef, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', ...metadata },
      spec: full,
    });
    await this.settle();
    return pod;
  }

  async delete(name: string, gracePeriodSeconds?: number): Promise<void> {
    await this.client.delete(
      podsRef,
      { namespace: 'default', name },
      gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds },
    );
    await this.settle();
  }

  find(name: string): Promise<Pod | undefined> {
    return this.client.find(podsRef, { namespace: 'default', name });
  }

  async get(name: string): Promise<Pod> {
    return this.client.get(podsRef, { namespace: 'default', name });
  }

  /** `Running ready=true restarts=0 main:running`: what a test compares. */
  async summary(name: string): Promise<string> {
    const { status = {} } = await this.get(name);
    const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
    const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    return [status.phase, `ready=${ready}`, ...all.map(containerText)].join(' ');
  }

  /** Lets everything that is pending happen, without time passing. */
  async settle(): Promise<void> {
    for (let i = 0; i < 8; i++) await this.clock.settle();
  }

  async advance(ms: number): Promise<void> {
    await this.clock.run(ms);
    await this.settle();
  }

  /** Lets `work` end while time stands still. */
  async run(work: Promise<void>): Promise<void> {
    let done = false;
    const ended = work.finally(() => {
      done = true;
    });
    while (!done) await this.clock.settle();
    await ended;
  }

  #ports(): KubeletPorts {
    const { clock, client } = this;
    const random = new SeededRandom(1);
    const common = { client, clock, random, log: silentLogger, signal: this.#stop.signal };
    return {
      clock,
      random,
      log: silentLogger,
      client,
      events: { event: (_object, type, reason, message) => void this.events.push(`${type} ${reason} ${message}`) },
      pods: new Reflector(podsRef, common, { fieldSelector: `spec.nodeName=${nodeName}` }),
      services: new Reflector(servicesRef, common),
      node: new Reflector(nodesRef, common),
      runtime: this.runtime,
      volumes: this.volumes,
      logFiles: this.logFiles,
      cgroups: this.cgroups,
      probes: this.probes,
      machine: simulatedMachine,
      signal: this.#stop.signal,
    };
  }
}

export const options: KubeletOptions = {
  nodeName,
  nodeIPs: ['192.0.2.10'],
  clusterDNS: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  rootDirectory: '/data',
  memoryDirectory: '/memory',
  logDirectory: '/logs',
  cgroupRoot: '/wheelhouse-test',
  maxPods: 110,
  labels: {},
  taints: [],
};

function containerText(status: ContainerStatus): string {
  const { running, waiting, terminated } = status.state ?? {};
  const state =
    running !== undefined
      ? 'running'
      : waiting !== undefined
        ? `waiting(${waiting.reason})`
        : `terminated(${terminated?.exitCode})`;
  return `${status.name}:${state}${status.restartCount > 0 ? `#${status.restartCount}` : ''}`;
}
