/** Probes of all pods: which workers there are follows from the pods' statuses; what they found is asked by the pods' syncs. */
import type { ContainerStatus, PodStatus } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { EventRecorder } from '#client/events.ts';
import type { ProbeResult, ProbeResults } from '#kubelet/pods/plan.ts';
import {
  containerFieldPath,
  findContainer,
  isTerminalPhase,
  type ReadonlyContainer,
  type ReadonlyPod,
} from '#kubelet/pods/pod-runtime.ts';
import { type ProbeType, ProbeWorker } from '#kubelet/probes/probe-worker.ts';
import type { ProbeOutcome, ProbePorts } from '#kubelet/probes/run-probe.ts';

export interface ProbeManagerPorts extends ProbePorts {
  readonly events: EventRecorder;
  /** A result has changed: the pod should be synced. */
  onResult(podUid: string): void;
}
interface Probed {
  readonly containerId: string;
  readonly workers: Map<ProbeType, ProbeWorker>;
  readonly results: Map<ProbeType, ProbeResult>;
}
interface ProbedPod {
  pod: ReadonlyPod;
  podIP: string;
  /** By container name. */
  readonly containers: Map<string, Probed>;
}

const types: readonly ProbeType[] = ['liveness', 'readiness', 'startup'];
const titles = { liveness: 'Liveness', readiness: 'Readiness', startup: 'Startup' } as const;

/** 1. Results belong to a container id: a new container starts without any. */
export class ProbeManager implements ProbeResults {
  readonly #ports: ProbeManagerPorts;
  readonly #pods = new Map<string, ProbedPod>();
  readonly #results = new Map<string, Map<ProbeType, ProbeResult>>();

  constructor(ports: ProbeManagerPorts) {
    this.#ports = ports;
  }

  liveness(containerId: string): ProbeResult | undefined {
    return this.#results.get(containerId)?.get('liveness');
  }

  startup(containerId: string): ProbeResult | undefined {
    return this.#results.get(containerId)?.get('startup');
  }

  readiness(containerId: string): ProbeResult | undefined {
    return this.#results.get(containerId)?.get('readiness');
  }

  /** A restarted agent believes what was reported before, so that nothing that is ready becomes unready for a moment. */
  adopt(pod: ReadonlyPod): void {
    for (const status of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
      if (status.state?.running === undefined || status.containerID === undefined) continue;
      const results = this.#resultsOf(status.containerID.replace('containerd://', ''));
      if (status.ready) results.set('readiness', 'success');
      if (status.started === true) results.set('startup', 'success');
    }
  }

  /** Starts and ends workers so that they fit the status. */
  update(pod: ReadonlyPod, status: DeepReadonly<PodStatus>): void {
    const uid = pod.metadata.uid ?? '';
    if (isTerminalPhase(status.phase)) return this.remove(uid);
    const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    const probed = statuses.filter((container) =>
      types.some((type) => probeOf(findContainer(pod, container.name), type) !== undefined),
    );
    if (probed.length === 0) return;
    let entry = this.#pods.get(uid);
    if (entry === undefined) this.#pods.set(uid, (entry = { pod, podIP: '', containers: new Map() }));
    entry.pod = pod;
    entry.podIP = status.podIP ?? '';
    for (const container of probed) this.#updateContainer(entry, container);
  }

  remove(podUid: string): void {
    const entry = this.#pods.get(podUid);
    if (entry === undefined) return;
    for (const probed of entry.containers.values()) this.#drop(probed);
    this.#pods.delete(podUid);
  }

  close(): void {
    for (const uid of this.#pods.keys()) this.remove(uid);
  }

  #updateContainer(entry: ProbedPod, status: DeepReadonly<ContainerStatus>): void {
    const containerId = status.containerID?.replace('containerd://', '') ?? '';
    let probed = entry.containers.get(status.name);
    if (probed !== undefined && (probed.containerId !== containerId || status.state?.running === undefined)) {
      this.#drop(probed);
      entry.containers.delete(status.name);
      probed = undefined;
    }
    if (status.state?.running === undefined || containerId === '') return;
    if (probed === undefined) {
      probed = { containerId, workers: new Map(), results: this.#resultsOf(containerId) };
      entry.containers.set(status.name, probed);
    }
    for (const type of types) this.#updateWorker(entry, { probed, status, type });
  }

  #updateWorker(
    entry: ProbedPod,
    { probed, status, type }: { probed: Probed; status: DeepReadonly<ContainerStatus>; type: ProbeType },
  ): void {
    const container = findContainer(entry.pod, status.name);
    const probe = probeOf(container, type);
    if (container === undefined || probe === undefined) return;
    const isDeleted = entry.pod.metadata.deletionTimestamp !== undefined && type !== 'readiness';
    const isWanted = !isDeleted && (type === 'startup' ? status.started !== true : status.started === true);
    const worker = probed.workers.get(type);
    if (!isWanted) {
      worker?.stop();
      probed.workers.delete(type);
      return;
    }
    if (
      worker !== undefined ||
      (type === 'liveness' && probed.results.get(type) === 'failure') ||
      (type === 'startup' && probed.results.has(type))
    )
      return;
    const startedAtMs = Date.parse(status.state?.running?.startedAt ?? '') || this.#ports.clock.now();
    const made = new ProbeWorker(this.#ports, {
      type,
      probe,
      startedAtMs,
      target: () => ({ container, containerId: probed.containerId, podIP: entry.podIP }),
      result: (result) => this.#setResult(entry, { probed, type, result }),
      report: (outcome) => this.#report(entry.pod, { container, type, outcome }),
    });
    probed.workers.set(type, made);
  }

  #setResult(
    entry: ProbedPod,
    { probed, type, result }: { probed: Probed; type: ProbeType; result: ProbeResult },
  ): void {
    if (probed.results.get(type) === result) return;
    probed.results.set(type, result);
    this.#ports.onResult(entry.pod.metadata.uid ?? '');
  }

  #report(
    pod: ReadonlyPod,
    { container, type, outcome }: { container: ReadonlyContainer; type: ProbeType; outcome: ProbeOutcome },
  ): void {
    const title = titles[type];
    const details = { fieldPath: containerFieldPath(pod, container.name) };
    if (outcome.result === 'warning')
      this.#ports.events.event(pod, 'Warning', 'ProbeWarning', `${title} probe warning: ${outcome.output}`, details);
    else if (outcome.result === 'failure')
      this.#ports.events.event(pod, 'Warning', 'Unhealthy', `${title} probe failed: ${outcome.output}`, details);
    else
      this.#ports.events.event(
        pod,
        'Warning',
        'Unhealthy',
        `${title} probe errored and resulted in unknown state: ${outcome.output}`,
        details,
      );
  }

  #resultsOf(containerId: string): Map<ProbeType, ProbeResult> {
    let results = this.#results.get(containerId);
    if (results === undefined) this.#results.set(containerId, (results = new Map()));
    return results;
  }

  #drop(probed: Probed): void {
    for (const worker of probed.workers.values()) worker.stop();
    this.#results.delete(probed.containerId);
  }
}

function probeOf(container: ReadonlyContainer | undefined, type: ProbeType): ReadonlyContainer['livenessProbe'] {
  if (type === 'liveness') return container?.livenessProbe;
  return type === 'readiness' ? container?.readinessProbe : container?.startupProbe;
}
