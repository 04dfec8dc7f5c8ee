/**
 * Keeps the node table and the queue in step with the caches, and wakes the pods that a change may help.
 *
 * An assumed pod is one whose binding is under way: it counts on its node from the decision on, and is confirmed when the
 * cache shows it there, or forgotten when the binding fails.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Logger } from '#base/logger.ts';
import type { Node, Pod } from '#api/generated/core/v1.ts';
import { nodes, pods } from '#api/generated/resources.ts';
import type { CacheEvent, Caches } from '#client/cache.ts';
import { guarded } from '#client/guarded.ts';
import { isPodFinished } from '#controller/pods.ts';
import { NodeTable } from '#scheduler/node-table.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import { isGated, podInfo } from '#scheduler/pod-info.ts';
import type { QueuedPod, SchedulingQueue } from '#scheduler/scheduling-queue.ts';
import { needsOf } from '#scheduler/base-scores.ts';
import { insufficient } from '#scheduler/select-node.ts';

/**
 * 1. A pod is either in the queue, assumed, or on a node of the table, or none of ours.
 * 2. `nominations` holds only pods that are not bound.
 */
export class ClusterState {
  readonly table = new NodeTable();
  readonly nominations = new Map<string, { info: PodInfo; nodeName: string }>();
  readonly #queue: SchedulingQueue;
  readonly #schedulerName: string;
  readonly #log: Logger;
  readonly #trying = new Set<QueuedPod>();
  readonly #placed = new Map<string, PodInfo>();

  constructor(queue: SchedulingQueue, schedulerName: string, log: Logger) {
    this.#queue = queue;
    this.#log = log;
    this.#schedulerName = schedulerName;
  }

  /** Subscribes now; resolves when everything that exists is in. Returns how to stop. */
  async start(caches: Caches): Promise<() => void> {
    const podCache = caches.of(pods);
    const nodeCache = caches.of(nodes);
    const stops = [
      podCache.subscribe(guarded(this.#log, (event) => this.#podEvent(event))),
      nodeCache.subscribe(guarded(this.#log, (event) => this.#nodeEvent(event))),
    ];
    await Promise.all([podCache.synced, nodeCache.synced]);
    for (const node of nodeCache.list()) this.#nodeEvent({ old: undefined, new: node });
    for (const pod of podCache.list()) this.#podEvent({ old: undefined, new: pod });
    return () => {
      for (const stop of stops) stop();
    };
  }

  begin(pod: QueuedPod): void {
    this.#trying.add(pod);
  }
  end(pod: QueuedPod): void {
    this.#trying.delete(pod);
  }

  assume(info: PodInfo, nodeName: string): void {
    this.nominations.delete(info.uid);
    this.#place(info, nodeName);
  }
  /** The binding failed. */
  forget(info: PodInfo): void {
    this.#unplace(info.uid);
  }

  /** Nominated pods of at least this priority on a slot. */
  nominatedAt(slot: number, info: PodInfo): readonly PodInfo[] {
    if (this.nominations.size === 0) return none;
    const found: PodInfo[] = [];
    for (const { info: other, nodeName } of this.nominations.values()) {
      if (other.uid === info.uid || other.priority < info.priority) continue;
      if (this.table.slotOf(nodeName) === slot) found.push(other);
    }
    return found;
  }

  #podEvent(event: CacheEvent<Pod>): void {
    const pod = event.new;
    if (pod === undefined) {
      if (event.old !== undefined) this.#podGone(event.old);
      return;
    }
    // A namesake with another uid: the deletion and the creation came as one change.
    if (event.old !== undefined && event.old.metadata.uid !== pod.metadata.uid) this.#podGone(event.old);
    if (isPodFinished(pod)) this.#podGone(pod);
    else if ((pod.spec?.nodeName ?? '') !== '') this.#podBound(pod, event.old);
    else this.#podWaiting(pod, event.old);
  }

  #podBound(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod> | undefined): void {
    const uid = pod.metadata.uid ?? '';
    const nodeName = pod.spec?.nodeName ?? '';
    this.nominations.delete(uid);
    this.#queue.remove(uid);
    const placed = this.#placed.get(uid);
    if (placed !== undefined && isSamePlacement(placed.pod, pod) && placedOn(old, nodeName)) return;
    const info = podInfo(pod);
    this.#place(info, nodeName);
    if (placed === undefined) this.#wake((waiting) => dependsOnPods(waiting));
  }

  #podWaiting(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod> | undefined): void {
    const uid = pod.metadata.uid ?? '';
    if (pod.spec?.schedulerName !== undefined && pod.spec.schedulerName !== this.#schedulerName) return;
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#podGone(pod);
      return;
    }
    if (this.#placed.has(uid)) return;
    if (old !== undefined && this.#queue.has(uid) && !isRelevantChange(old, pod)) return;
    const info = podInfo(pod);
    const nominated = pod.status?.nominatedNodeName ?? '';
    if (nominated !== '') this.nominations.set(uid, { info, nodeName: nominated });
    this.#queue.put(info, isGated(pod));
  }

  #podGone(pod: DeepReadonly<Pod>): void {
    const uid = pod.metadata.uid ?? '';
    this.#queue.remove(uid);
    const wasNominated = this.nominations.delete(uid);
    const nodeName = this.#unplace(uid);
    if (nodeName !== undefined) this.#roomOn(nodeName);
    else if (wasNominated) this.#wake((waiting) => dependsOnRoom(waiting));
  }

  #nodeEvent(event: CacheEvent<Node>): void {
    const node = event.new;
    if (node === undefined) {
      this.table.removeNode(event.old?.metadata.name ?? '');
      return;
    }
    const isChange = event.old === undefined || isSchedulingChange(event.old, node);
    this.table.setNode(node);
    if (!isChange) return;
    this.#wake(() => true);
  }

  #place(info: PodInfo, nodeName: string): void {
    this.#unplace(info.uid);
    this.table.setPod(info, nodeName);
    this.#placed.set(info.uid, info);
  }

  #unplace(uid: string): string | undefined {
    this.#placed.delete(uid);
    return this.table.removePod(uid);
  }

  /** Room was made on a node: pods refused for want of room are tried again if they fit there now. */
  #roomOn(nodeName: string): void {
    const slot = this.table.slotOf(nodeName);
    if (slot === undefined) return;
    this.#wake((waiting) => {
      if (dependsOnPods(waiting)) return true;
      if (!dependsOnRoom(waiting)) return false;
      const needs = needsOf(waiting.info, this.table);
      return insufficient(this.table, slot, { needs, expected: none }).reasons.length === 0;
    });
  }

  #wake(mayHelp: (pod: QueuedPod) => boolean): void {
    this.#queue.noteChange(this.#trying);
    this.#queue.moveWhere(mayHelp);
  }
}

const none: readonly PodInfo[] = [];

function dependsOnRoom(pod: QueuedPod): boolean {
  return pod.rejectedBy.has('NodeResourcesFit') || pod.rejectedBy.has('NodePorts');
}
function dependsOnPods(pod: QueuedPod): boolean {
  return pod.rejectedBy.has('InterPodAffinity') || pod.rejectedBy.has('PodTopologySpread');
}

function placedOn(old: DeepReadonly<Pod> | undefined, nodeName: string): boolean {
  return old === undefined || (old.spec?.nodeName ?? '') === '' || old.spec?.nodeName === nodeName;
}

/** Nothing changed that counts on a node: most updates are of the status. */
function isSamePlacement(a: DeepReadonly<Pod>, b: DeepReadonly<Pod>): boolean {
  if (a.metadata.deletionTimestamp !== b.metadata.deletionTimestamp) return false;
  if (JSON.stringify(a.metadata.labels) !== JSON.stringify(b.metadata.labels)) return false;
  return a.metadata.generation === b.metadata.generation || JSON.stringify(a.spec) === JSON.stringify(b.spec);
}

/** Our own writes to the status of a waiting pod must not wake it. */
function isRelevantChange(old: DeepReadonly<Pod>, pod: DeepReadonly<Pod>): boolean {
  return (
    JSON.stringify(old.spec) !== JSON.stringify(pod.spec) ||
    JSON.stringify(old.metadata.labels) !== JSON.stringify(pod.metadata.labels)
  );
}

function isSchedulingChange(old: DeepReadonly<Node>, node: DeepReadonly<Node>): boolean {
  return (
    old.spec?.unschedulable !== node.spec?.unschedulable ||
    JSON.stringify(old.spec?.taints) !== JSON.stringify(node.spec?.taints) ||
    JSON.stringify(old.metadata.labels) !== JSON.stringify(node.metadata.labels) ||
    JSON.stringify(old.status?.allocatable) !== JSON.stringify(node.status?.allocatable)
  );
}
