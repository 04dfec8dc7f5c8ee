/**
 * The scheduler: takes one pod after another from the queue, decides in memory, and binds in the background.
 *
 *   queue.pop → selectNode → assume → POST binding → confirmed by the cache
 *                         ↘ no node: preemption, condition PodScheduled=False, event FailedScheduling, wait for a change
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/logger.ts';
import { errorMessage } from '#base/logger.ts';
import type { Metrics } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import { pods } from '#api/generated/resources.ts';
import { isConflict, isNotFound } from '#api/status.ts';
import type { Caches } from '#client/cache.ts';
import type { Client } from '#client/client.ts';
import { createEventRecorder } from '#client/event-recorder.ts';
import type { EventRecorder } from '#client/events.ts';
import { BaseScoreCache } from '#scheduler/base-scores.ts';
import { ClusterState } from '#scheduler/cluster-state.ts';
import { rejectionMessage, reportFailure, truncated } from '#scheduler/failure.ts';
import type { Plugin } from '#scheduler/plugin.ts';
import { defaultPlugins } from '#scheduler/plugins/default-plugins.ts';
import { preempt } from '#scheduler/preemption.ts';
import type { QueuedPod } from '#scheduler/scheduling-queue.ts';
import { SchedulingQueue } from '#scheduler/scheduling-queue.ts';
import type { Rejection, Selector } from '#scheduler/select-node.ts';
import { selectNode } from '#scheduler/select-node.ts';
import { VerdictCache } from '#scheduler/verdicts.ts';

export interface SchedulerPorts {
  readonly client: Client;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
  /** `default-scheduler` unless said otherwise: pods of other names are left alone. */
  readonly schedulerName?: string;
}
export interface SchedulerRun {
  readonly started: Promise<void>;
  readonly stopped: Promise<void>;
  /** Nothing is active and no binding is under way. */
  isIdle(): boolean;
}

/** Bindings under way at once. */
const bindingsAtOnce = 256;
const sliceMs = 5;

/** Starts it. It ends with `ports.signal`. */
export function runScheduler(ports: SchedulerPorts): SchedulerRun {
  const scheduler = new Scheduler(ports);
  const started = scheduler.start();
  const stopped = started.then(() => scheduler.loop());
  ports.signal.addEventListener('abort', () => scheduler.stop(), { once: true });
  return { started, stopped, isIdle: () => scheduler.isIdle };
}

/**
 * 1. Decisions are made one after another; each sees all earlier ones.
 * 2. At most {@link bindingsAtOnce} bindings are under way.
 */
class Scheduler {
  readonly #ports: SchedulerPorts;
  readonly #name: string;
  readonly #queue: SchedulingQueue;
  readonly #state: ClusterState;
  readonly #selector: Selector;
  readonly #events: EventRecorder;
  readonly #attempts;
  #bindings = 0;
  #bindingDone: (() => void) | undefined;

  constructor(ports: SchedulerPorts) {
    this.#ports = ports;
    this.#name = ports.schedulerName ?? 'default-scheduler';
    this.#queue = new SchedulingQueue(ports.clock);
    this.#state = new ClusterState(this.#queue, this.#name, ports.log);
    const plugins: readonly Plugin[] = defaultPlugins(this.#state.table, ports.caches);
    this.#selector = {
      table: this.#state.table,
      scores: new BaseScoreCache(this.#state.table, new VerdictCache(this.#state.table)),
      plugins,
      nominated: (slot, info) => this.#state.nominatedAt(slot, info),
      hasNominations: () => this.#state.nominations.size > 0,
      random: ports.random,
    };
    this.#events = createEventRecorder(ports, { component: this.#name });
    this.#attempts = ports.metrics.counter(
      'scheduler_schedule_attempts_total',
      "Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
      ['result', 'profile'],
    );
  }

  get isIdle(): boolean {
    return this.#queue.activeCount === 0 && this.#bindings === 0;
  }

  async start(): Promise<void> {
    await this.#state.start(this.#ports.caches);
  }

  stop(): void {
    this.#queue.close();
    this.#bindingDone?.();
  }

  async loop(): Promise<void> {
    const { clock } = this.#ports;
    let sliceStart = clock.monotonic();
    while (!this.#queue.isClosed) {
      const pod = this.#queue.pop();
      if (pod === undefined) {
        await this.#queue.ready();
        sliceStart = clock.monotonic();
        continue;
      }
      this.#schedule(pod);
      if (this.#bindings >= bindingsAtOnce) await new Promise<void>((resolve) => (this.#bindingDone = resolve));
      if (clock.monotonic() - sliceStart > sliceMs) {
        await clock.turn();
        sliceStart = clock.monotonic();
      }
    }
  }

  #schedule(pod: QueuedPod): void {
    this.#state.begin(pod);
    const selection = selectNode(this.#selector, pod.info);
    if (selection.kind === 'rejected') {
      this.#attempts.inc({ result: 'unschedulable', profile: this.#name });
      void this.#reject(pod, selection.rejection).catch((error: unknown) => this.#failed(pod, error));
      return;
    }
    const nodeName = this.#state.table.nodeAt(selection.slot).metadata.name ?? '';
    this.#state.assume(pod.info, nodeName);
    this.#bindings++;
    void this.#bind(pod, nodeName).finally(() => {
      this.#bindings--;
      this.#bindingDone?.();
      this.#bindingDone = undefined;
    });
  }

  async #bind(pod: QueuedPod, nodeName: string): Promise<void> {
    const { key, uid, id } = pod.info;
    try {
      await this.#ports.client.createSubresource(pods, key, 'binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: key.name, namespace: key.namespace, uid },
        target: { kind: 'Node', name: nodeName },
      });
      this.#attempts.inc({ result: 'scheduled', profile: this.#name });
      this.#events.event(pod.info.pod, 'Normal', 'Scheduled', `Successfully assigned ${id} to ${nodeName}`);
      this.#queue.remove(uid);
      this.#state.end(pod);
    } catch (error) {
      this.#state.forget(pod.info);
      this.#failed(pod, error);
    }
  }

  /** Not the cluster's fault: tried again after a pause. A pod that is gone or was bound by another is left. */
  #failed(pod: QueuedPod, error: unknown): void {
    this.#state.end(pod);
    if (this.#ports.signal.aborted) return;
    if (isNotFound(error) || isConflict(error)) {
      if (isNotFound(error)) this.#queue.remove(pod.info.uid);
      else this.#queue.retry(pod);
      return;
    }
    const message = errorMessage(error);
    this.#attempts.inc({ result: 'error', profile: this.#name });
    this.#ports.log.warn('scheduling failed', { pod: pod.info.id, error: message });
    this.#events.event(pod.info.pod, 'Warning', 'FailedScheduling', truncated(message));
    this.#queue.retry(pod);
  }

  async #reject(pod: QueuedPod, rejection: Rejection): Promise<void> {
    const { client, caches, clock } = this.#ports;
    const preempted = await preempt(pod.info, rejection, {
      selector: this.#selector,
      state: this.#state,
      client,
      caches,
      clock,
      events: this.#events,
      schedulerName: this.#name,
    });
    const tail = preempted.message === '' ? '' : ` preemption: ${preempted.message}`;
    const message = `${rejectionMessage(rejection)}${rejection.nodeCount === 0 ? '' : tail}`;
    this.#state.end(pod);
    this.#queue.reject(pod, rejection.plugins);
    this.#events.event(pod.info.pod, 'Warning', 'FailedScheduling', truncated(message));
    const { nominatedNodeName } = preempted;
    const report = { reason: 'Unschedulable' as const, message, nowMs: clock.now() };
    await reportFailure(
      client,
      pod.info.pod,
      nominatedNodeName === undefined ? report : { ...report, nominatedNodeName },
    ).catch((error: unknown) => {
      this.#ports.log.debug('condition not written', { pod: pod.info.id, error: errorMessage(error) });
    });
  }
}
