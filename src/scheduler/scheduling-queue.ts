/**
 * Pods that wait for a node:
 *
 *   active          by priority, then by arrival: taken next
 *   backing off     tried in vain, something has changed since; active again after 1 s, 2 s, … 10 s from the last try
 *   unschedulable   tried in vain; waits for a change that may help
 *   gated           has scheduling gates; waits for an update of its own
 *
 * Only changes move pods; nothing is tried again because time has passed.
 */
import type { Clock } from '#base/clock.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

export interface QueuedPod {
  info: PodInfo;
  readonly sequence: number;
  attempts: number;
  /** Of the last try, ms. */
  triedAtMs: number;
  /** Plugins that refused nodes in the last try. */
  rejectedBy: ReadonlySet<string>;
  place: 'active' | 'backoff' | 'unschedulable' | 'gated' | 'trying';
  /** Changes since this try began may help. */
  movedWhileTrying: boolean;
}

const firstBackoffMs = 1000;
const longestBackoffMs = 10_000;

/**
 * 1. A pod (by uid) is in one place.
 * 2. The heap's first is the pod with the highest priority, and of those the oldest.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #pods = new Map<string, QueuedPod>();
  readonly #heap: QueuedPod[] = [];
  readonly #unschedulable = new Map<string, QueuedPod>();
  #sequence = 0;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get activeCount(): number {
    return this.#heap.length;
  }
  get isClosed(): boolean {
    return this.#closed;
  }
  has(uid: string): boolean {
    return this.#pods.has(uid);
  }

  /** A new pod, or a new version of one that waits: that may be what it waited for. */
  put(info: PodInfo, isGated: boolean): void {
    const present = this.#pods.get(info.uid);
    if (present === undefined) {
      const pod: QueuedPod = {
        info,
        sequence: this.#sequence++,
        attempts: 0,
        triedAtMs: 0,
        rejectedBy: new Set(),
        place: 'gated',
        movedWhileTrying: false,
      };
      this.#pods.set(info.uid, pod);
      if (!isGated) this.#activate(pod);
      return;
    }
    present.info = info;
    if (present.place === 'gated' && !isGated) this.#activate(present);
    else if (present.place === 'unschedulable') this.#move(present);
  }

  remove(uid: string): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return;
    this.#pods.delete(uid);
    this.#unschedulable.delete(uid);
    pod.place = 'trying';
  }

  /** The next pod if there is one; it is 'trying' until {@link reject}, {@link retry} or {@link remove}. */
  pop(): QueuedPod | undefined {
    for (let pod = popHeap(this.#heap); pod !== undefined; pod = popHeap(this.#heap)) {
      if (pod.place !== 'active' || this.#pods.get(pod.info.uid) !== pod) continue;
      pod.place = 'trying';
      pod.attempts++;
      pod.triedAtMs = this.#clock.now();
      pod.movedWhileTrying = false;
      return pod;
    }
    return undefined;
  }

  /** No node was right. It waits for an event of one of the plugins. */
  reject(pod: QueuedPod, plugins: ReadonlySet<string>): void {
    if (this.#pods.get(pod.info.uid) !== pod) return;
    pod.rejectedBy = plugins;
    pod.place = 'unschedulable';
    this.#unschedulable.set(pod.info.uid, pod);
    if (pod.movedWhileTrying) this.#move(pod);
  }

  /** Something went wrong that has nothing to do with the cluster's state: again after its back-off. */
  retry(pod: QueuedPod): void {
    if (this.#pods.get(pod.info.uid) !== pod) return;
    this.#unschedulable.set(pod.info.uid, pod);
    pod.place = 'unschedulable';
    this.#move(pod);
  }

  /** Something has changed: every waiting pod for which `mayHelp` holds is tried again after its back-off. */
  moveWhere(mayHelp: (pod: QueuedPod) => boolean): void {
    for (const pod of this.#unschedulable.values()) if (mayHelp(pod)) this.#move(pod);
  }

  /** Marks a pod that is being tried: a change has happened meanwhile. */
  noteChange(trying: Iterable<QueuedPod>): void {
    for (const pod of trying) pod.movedWhileTrying = true;
  }

  /** Resolves when a pod is active or the queue is closed. */
  ready(): Promise<void> {
    if (this.#heap.length > 0 || this.#closed) return Promise.resolve();
    return new Promise((resolve) => (this.#wake = resolve));
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  #move(pod: QueuedPod): void {
    this.#unschedulable.delete(pod.info.uid);
    const backoffMs = Math.min(firstBackoffMs * 2 ** Math.max(0, pod.attempts - 1), longestBackoffMs);
    const waitMs = pod.triedAtMs + backoffMs - this.#clock.now();
    if (waitMs <= 0) {
      this.#activate(pod);
      return;
    }
    pod.place = 'backoff';
    this.#clock.after(waitMs, () => {
      if (pod.place === 'backoff' && !this.#closed) this.#activate(pod);
    });
  }

  #activate(pod: QueuedPod): void {
    pod.place = 'active';
    pushHeap(this.#heap, pod);
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

function isBefore(a: QueuedPod, b: QueuedPod): boolean {
  return a.info.priority > b.info.priority || (a.info.priority === b.info.priority && a.sequence < b.sequence);
}

function pushHeap(heap: QueuedPod[], pod: QueuedPod): void {
  let at = heap.length;
  heap.push(pod);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = heap[parent] as QueuedPod;
    if (!isBefore(pod, other)) break;
    heap[at] = other;
    heap[parent] = pod;
    at = parent;
  }
}

function popHeap(heap: QueuedPod[]): QueuedPod | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let at = 0;
  heap[0] = last;
  for (;;) {
    const left = at * 2 + 1;
    if (left >= heap.length) return first;
    const right = left + 1;
    const child = right < heap.length && isBefore(heap[right] as QueuedPod, heap[left] as QueuedPod) ? right : left;
    const other = heap[child] as QueuedPod;
    if (!isBefore(other, last)) return first;
    heap[at] = other;
    heap[child] = last;
    at = child;
  }
}
