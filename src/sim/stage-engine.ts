/**
 * Drives the pods of all simulated nodes through stages: one subscription, one timer per waiting pod, nothing while
 * nothing changes.
 *
 * Invariants: 1. a pod has at most one stage under way. 2. Only pods on nodes of this engine are touched.
 * 3. A failed write is tried again when the pod changes or after a second.
 */
import type { Pod } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import type { ObjectKey } from '#api/object.ts';
import { isConflict, isNotFound } from '#api/status.ts';
import { type Clock, timestamp } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { Cache } from '#client/cache.ts';
import type { Client } from '#client/client.ts';
import type { Stage } from '#sim/stages.ts';

export interface StageEnginePorts {
  readonly client: Client;
  readonly pods: Cache<Pod>;
  readonly clock: Clock;
  readonly log: Logger;
}

const retryMs = 1000;

export class StageEngine {
  readonly #ports: StageEnginePorts;
  readonly #stages: readonly Stage[];
  readonly #nodes = new Map<string, { hostIP: string }>();
  /** Keyed by uid: what cancels the wait, or undefined while a write is under way. */
  readonly #busy = new Map<string, (() => void) | undefined>();
  #addresses = 0;
  #stop: (() => void) | undefined;

  constructor(ports: StageEnginePorts, stages: readonly Stage[]) {
    this.#ports = ports;
    this.#stages = stages;
  }

  /** Its pods are driven from now on. */
  addNode(name: string, hostIP: string): void {
    this.#nodes.set(name, { hostIP });
  }

  start(): void {
    this.#stop = this.#ports.pods.subscribe((event) => {
      if (event.new !== undefined) this.#look(event.new);
      else if (event.old !== undefined) this.#forget(event.old.metadata.uid ?? '');
    });
    for (const pod of this.#ports.pods.list()) this.#look(pod);
  }

  stop(): void {
    this.#stop?.();
    for (const cancel of this.#busy.values()) cancel?.();
    this.#busy.clear();
  }

  #look(pod: DeepReadonly<Pod>): void {
    const uid = pod.metadata.uid ?? '';
    if (!this.#nodes.has(pod.spec?.nodeName ?? '') || this.#busy.has(uid)) return;
    const stage = this.#stages.find((candidate) => candidate.applies(pod));
    if (stage === undefined) return;
    const key = { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name ?? '' };
    this.#wait(uid, key, stage.delayMs);
  }

  #wait(uid: string, key: ObjectKey, delayMs: number): void {
    const act = (): void => {
      this.#busy.set(uid, undefined);
      void this.#act(uid, key);
    };
    this.#busy.set(uid, this.#ports.clock.after(delayMs, act));
  }

  #forget(uid: string): void {
    this.#busy.get(uid)?.();
    this.#busy.delete(uid);
  }

  async #act(uid: string, key: ObjectKey): Promise<void> {
    const { client, clock, log } = this.#ports;
    const pod = this.#ports.pods.get(key);
    const stage = pod?.metadata.uid === uid ? this.#stages.find((candidate) => candidate.applies(pod)) : undefined;
    if (pod === undefined || stage === undefined) return this.#forget(uid);
    const hostIP = this.#nodes.get(pod.spec?.nodeName ?? '')?.hostIP ?? '';
    const next = stage.next(pod, { now: timestamp(clock.now()), podIP: this.#nextAddress(), hostIP });
    try {
      if (next === 'delete') await client.delete(pods, key, { gracePeriodSeconds: 0, preconditions: { uid } });
      else await client.updateStatus(pods, { ...(pod as Pod), status: next });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) {
        log.warn('a simulated pod could not be changed', { ...key, error: errorMessage(error) });
        this.#wait(uid, key, retryMs);
        return;
      }
    }
    this.#busy.delete(uid);
    const now = this.#ports.pods.get(key);
    if (now !== undefined) this.#look(now);
  }

  /** Unique within 10.128.0.0/9. */
  #nextAddress(): string {
    const n = ++this.#addresses;
    return `10.${128 + ((n >> 16) & 127)}.${(n >> 8) & 255}.${n & 255}`;
  }
}
