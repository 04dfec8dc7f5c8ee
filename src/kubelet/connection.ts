/** What the API server asks of this node: logs, exec, attach, port-forward, dial; refusals in upstream's words. */
import type { ExecIO, ExecRequest, NodeConnection, PodReference } from '#api/node-connection.ts';
import type { PodLogOptions } from '#api/pod-log-options.ts';
import { badRequest, StatusError } from '#api/status.ts';
import type { Duplex } from '#base/streams.ts';
import type { Kubelet } from '#kubelet/kubelet.ts';
import { readLog } from '#kubelet/logs/read-log.ts';
import type { KubeletPorts } from '#kubelet/options.ts';
import { findContainer, readySandbox } from '#kubelet/pods/pod-runtime.ts';
import type { ContainerStatus } from '#kubelet/runtime.ts';

export class KubeletConnection implements NodeConnection {
  readonly #kubelet: Kubelet;
  readonly #ports: KubeletPorts;

  constructor(kubelet: Kubelet, ports: KubeletPorts) {
    this.#kubelet = kubelet;
    this.#ports = ports;
  }

  async *logs(
    pod: PodReference,
    container: string,
    options: PodLogOptions,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const status = this.#logged(pod, container, options.previous);
    const current = (): ContainerStatus | undefined =>
      this.#kubelet.runtimeOf(pod.uid).containers.find(({ id }) => id === status.id);
    const source = {
      files: this.#ports.logFiles,
      path: status.logPath,
      nowMs: this.#ports.clock.now(),
      isFinished: () => current()?.state !== 'running',
      onProgress: (listener: () => void) =>
        this.#kubelet.onRuntimeChange((uid) => {
          if (uid === pod.uid) listener();
        }),
    };
    yield* readLog(source, options, signal);
  }

  async exec(request: ExecRequest, io: ExecIO, signal: AbortSignal): Promise<{ exitCode: number }> {
    const status = this.#running(request.pod, request.container);
    return this.#ports.runtime.exec(status.id, request, io, signal);
  }

  async attach(request: ExecRequest, io: ExecIO, signal: AbortSignal): Promise<void> {
    const status = this.#running(request.pod, request.container);
    await this.#ports.runtime.attach(status.id, request, io, signal);
  }

  async portForward(pod: PodReference, port: number): Promise<Duplex> {
    const sandbox = readySandbox(this.#kubelet.runtimeOf(pod.uid));
    if (sandbox === undefined)
      throw new StatusError(
        500,
        'InternalError',
        `unable to do port forwarding: pod is not running. Current status=${this.#phase(pod)}`,
      );
    return this.#ports.runtime.portForward(sandbox.id, port);
  }

  dial(host: string, port: number): Promise<Duplex> {
    return this.#ports.probes.dial(host, port);
  }

  #phase({ namespace, name }: PodReference): string {
    return this.#kubelet.podOf(namespace, name)?.status?.phase ?? 'Unknown';
  }

  #running(pod: PodReference, container: string): ContainerStatus {
    const found = this.#kubelet
      .runtimeOf(pod.uid)
      .containers.find(({ name, state }) => name === container && state === 'running');
    if (found === undefined) throw new StatusError(500, 'InternalError', `container not found ("${container}")`);
    return found;
  }

  #logged(pod: PodReference, container: string, previous: boolean): ContainerStatus {
    const found = this.#kubelet
      .runtimeOf(pod.uid)
      .containers.filter(({ name, state }) => name === container && state !== 'created');
    const object = this.#kubelet.podOf(pod.namespace, pod.name);
    if (object !== undefined && findContainer(object, container) === undefined)
      throw badRequest(`container "${container}" in pod "${pod.name}" is not available`);
    const status = previous
      ? found[found[0]?.state === 'running' ? 1 : isWaitingToRestart(object, container) ? 0 : 1]
      : found[0];
    if (status !== undefined) return status;
    if (previous) throw badRequest(`previous terminated container "${container}" in pod "${pod.name}" not found`);
    const all = [...(object?.status?.initContainerStatuses ?? []), ...(object?.status?.containerStatuses ?? [])];
    const reason = all.find(({ name }) => name === container)?.state?.waiting?.reason;
    if (reason === 'ErrImagePull' || reason === 'ImagePullBackOff')
      throw badRequest(
        `container "${container}" in pod "${pod.name}" is waiting to start: trying and failing to pull image`,
      );
    throw badRequest(
      `container "${container}" in pod "${pod.name}" is waiting to start: ${reason ?? 'ContainerCreating'}`,
    );
  }
}

/** Its last run has ended and the next one has not begun: that run is the "previous" one. */
function isWaitingToRestart(pod: ReturnType<Kubelet['podOf']>, container: string): boolean {
  const status = pod?.status?.containerStatuses?.find(({ name }) => name === container);
  return status?.state?.waiting !== undefined && status.lastState?.terminated !== undefined;
}
