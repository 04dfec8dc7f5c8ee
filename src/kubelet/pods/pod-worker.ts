/**
 * The life of one pod on this node, one step after the other:
 *
 *   syncing ──(deleted, over, failed)──▶ terminating ──(all dead)──▶ terminated ──(deleted)──▶ removed
 *
 * Whatever happens (a change of the pod, an event of the runtime, a probe, a timer) only wakes the worker; what to do
 * follows from what is there.
 */
import { pods } from '#api/generated/resources.ts';
import type { PodStatus } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isConflict, isNotFound } from '#api/status.ts';
import { errorMessage } from '#base/logger.ts';
import { podCgroupPath } from '#kubelet/resources/pod-resources.ts';
import { ownConditions } from '#kubelet/status/conditions.ts';
import { podStatus } from '#kubelet/status/pod-status.ts';
import { jsonEqual } from '#kubelet/status/status-writer.ts';
import { gracePeriodSeconds, hurry, killPod } from '#kubelet/pods/kill.ts';
import { PodContext, type NodeParts } from '#kubelet/pods/pod-context.ts';
import { isTerminalPhase, latestContainer, type ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';
import { podLogDirectory } from '#kubelet/pods/sandbox-config.ts';
import { PodSync } from '#kubelet/pods/sync-pod.ts';

type State = 'syncing' | 'terminating' | 'terminated' | 'removed';
interface Failure {
  readonly reason: string;
  readonly message: string;
}

/**
 * 1. Steps never overlap; a wake during a step causes one more.
 * 2. States only move forward.
 * 3. The API object is deleted only after its containers are dead, its volumes are gone and its last status is written.
 */
export class PodWorker {
  readonly #context: PodContext;
  readonly #sync: PodSync;
  readonly #onRemoved: () => void;
  #state: State = 'syncing';
  #failure: Failure | undefined;
  #isAdmitted = false;
  #isGone = false;
  #isDraining = false;
  #killing: { graceSeconds: number; done: boolean } | undefined;
  #dirty = false;
  #isRunning = false;
  #cancelTimer: () => void = () => {};
  #stopped = false;
  readonly #removed = Promise.withResolvers<void>();

  /** `onRemoved` is called once, when nothing of the pod is left. */
  constructor(node: NodeParts, pod: ReadonlyPod, onRemoved: () => void) {
    this.#context = new PodContext(node, pod);
    this.#sync = new PodSync(this.#context);
    this.#onRemoved = onRemoved;
    this.#isAdmitted = this.#context.runtime.sandboxes.length > 0;
  }

  get pod(): ReadonlyPod {
    return this.#context.pod;
  }

  /** What it asks for does not fit in yet. */
  get hasDeferredResize(): boolean {
    return this.#state === 'syncing' && this.#context.resize.isDeferred;
  }

  get state(): State {
    return this.#state;
  }

  /** The API has a newer version of the pod. What we have written there ourselves is no news. */
  update(pod: ReadonlyPod): void {
    const before = this.#context.desired;
    this.#context.pod = pod;
    const reported = this.#context.status.latest;
    this.#context.status.observe(pod);
    if (isNews(before, pod) || !isAsReported(pod, reported)) this.wake();
  }

  /** The API object is gone: everything of it here goes, too. */
  gone(): void {
    this.#isGone = true;
    this.#context.end();
    this.wake();
  }

  /** Ends the containers gracefully and removes everything here; the API object stays. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    this.#context.end();
    this.wake();
    await this.#removed.promise;
  }

  wake(): void {
    if (this.#stopped || this.#state === 'removed') return;
    this.#dirty = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#loop().finally(() => {
      this.#isRunning = false;
      if (this.#dirty && !this.#stopped) this.wake();
    });
  }

  /** Stops working; containers are left alone. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#context.volumes.close();
  }

  async #loop(): Promise<void> {
    while (this.#dirty && !this.#stopped) {
      this.#dirty = false;
      this.#cancelTimer();
      try {
        await this.#step();
      } catch (error) {
        this.#context.node.ports.log.warn('a step of a pod failed', {
          pod: this.pod.metadata.name,
          error: errorMessage(error),
        });
        this.#wakeAt(this.#context.clock.now() + 2_000);
      }
    }
  }

  async #step(): Promise<void> {
    if (this.#state === 'syncing') await this.#stepSyncing();
    if (this.#state === 'terminating') await this.#stepTerminating();
    if (this.#state === 'terminated') await this.#stepTerminated();
  }

  async #stepSyncing(): Promise<void> {
    const context = this.#context;
    this.#checkAdmission();
    this.#checkDeadline();
    if (this.#mustEnd()) {
      this.#state = 'terminating';
      return;
    }
    this.#reviewResize();
    this.#report();
    const result = await this.#sync.run();
    if (this.#stopped) return;
    this.#settleResize();
    this.#report();
    if (result.isOver || isTerminalPhase(context.status.latest.phase)) this.#state = 'terminating';
    else this.#wakeAt(result.nextAtMs);
  }

  #reviewResize(): void {
    const { resize, desired, node } = this.#context;
    resize.review(
      desired,
      (pod) => node.admit(pod),
      (...event) => this.#context.event(...event),
    );
    this.#settleResize();
  }

  #settleResize(): void {
    const { resize, pod, runtime, node } = this.#context;
    const isRunning = (name: string): boolean => latestContainer(runtime, name)?.state === 'running';
    if (resize.settle(pod, isRunning, (...event) => this.#context.event(...event))) node.resourcesFreed();
  }

  #mustEnd(): boolean {
    const { pod, status } = this.#context;
    return (
      this.#isGone ||
      this.#isDraining ||
      this.#failure !== undefined ||
      pod.metadata.deletionTimestamp !== undefined ||
      isTerminalPhase(pod.status?.phase) ||
      isTerminalPhase(status.latest.phase)
    );
  }

  #checkAdmission(): void {
    if (
      this.#isAdmitted ||
      this.pod.metadata.deletionTimestamp !== undefined ||
      isTerminalPhase(this.pod.status?.phase)
    )
      return;
    const refusal = this.#context.node.admit(this.pod);
    this.#isAdmitted = refusal === undefined;
    if (refusal === undefined) return;
    this.#failure = { reason: refusal.reason, message: `Pod was rejected: ${refusal.message}` };
    this.#context.event('Warning', refusal.reason, refusal.message);
  }

  #checkDeadline(): void {
    const deadline = this.pod.spec?.activeDeadlineSeconds;
    const start = this.#context.status.latest.startTime;
    if (deadline === undefined || start === undefined || this.#failure !== undefined) return;
    const endMs = Date.parse(start) + deadline * 1000;
    if (this.#context.clock.now() < endMs) return;
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#failure = { reason: 'DeadlineExceeded', message };
    this.#context.event('Normal', 'DeadlineExceeded', message);
  }

  async #stepTerminating(): Promise<void> {
    const context = this.#context;
    const graceSeconds = gracePeriodSeconds(context);
    if (this.#killing === undefined) {
      const killing = { graceSeconds, done: false };
      this.#killing = killing;
      const finish = (): void => {
        killing.done = true;
        this.wake();
      };
      killPod(context, graceSeconds).then(finish, (error) => {
        context.event('Warning', 'FailedKillPod', `error killing pod: ${errorMessage(error)}`);
        this.#killing = undefined;
        this.#wakeAt(context.clock.now() + 2_000);
      });
    } else if (graceSeconds < this.#killing.graceSeconds && !this.#killing.done) {
      this.#killing.graceSeconds = graceSeconds;
      void hurry(context, graceSeconds);
    }
    this.#report();
    if (this.#killing?.done === true) await this.#finishTermination();
  }

  async #finishTermination(): Promise<void> {
    const context = this.#context;
    const { probes, ports, options, images, restarts } = context.node;
    this.#report();
    probes.remove(context.uid);
    await context.volumes.remove();
    if (context.pod.spec?.volumes?.some(({ image }) => image !== undefined) === true)
      await ports.runtime.removeImageViews(context.uid);
    await ports.cgroups.remove(podCgroupPath(options.cgroupRoot, context.pod));
    images.forget(context.uid);
    restarts.forget(`${context.uid}_`);
    this.#state = 'terminated';
  }

  async #stepTerminated(): Promise<void> {
    const context = this.#context;
    const isDeleted = context.pod.metadata.deletionTimestamp !== undefined;
    if (!isDeleted && !this.#isGone && !this.#isDraining) return;
    await this.#removeFromRuntime();
    await context.node.ports.volumes.removeTree(podLogDirectory(context.node.options.logDirectory, context.pod));
    if (isDeleted && !this.#isGone) {
      await context.status.flush();
      await this.#deleteObject();
    }
    this.#state = 'removed';
    this.#stopped = true;
    this.#removed.resolve();
    this.#onRemoved();
  }

  async #removeFromRuntime(): Promise<void> {
    const { ports, cache } = this.#context.node;
    for (const container of this.#context.runtime.containers) {
      await ports.runtime.removeContainer(container.id);
      cache.forget(container.id);
    }
    for (const sandbox of this.#context.runtime.sandboxes) {
      await ports.runtime.removeSandbox(sandbox.id);
      cache.forget(sandbox.id);
    }
  }

  async #deleteObject(): Promise<void> {
    const { namespace = '', name = '', uid = '' } = this.pod.metadata;
    try {
      await this.#context.node.ports.client.delete(
        pods,
        { namespace, name },
        { gracePeriodSeconds: 0, preconditions: { uid } },
      );
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** Works out the status and has it written, and lets the probes follow it. */
  #report(): void {
    const context = this.#context;
    if (this.#isDraining || this.#isGone) return;
    const status = podStatus({
      pod: context.pod,
      runtime: context.runtime,
      waiting: context.waiting,
      probes: context.node.probes,
      resize: context.resize,
      old: context.status.latest,
      isTerminal: this.#state !== 'syncing' && this.#killing?.done === true,
      hostIPs: context.node.options.nodeIPs,
      nowMs: context.clock.now(),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    });
    // A phase that says "over" is only true once nothing runs any more.
    const isAlive = context.runtime.containers.some(({ state }) => state === 'running');
    const kept = isAlive && isTerminalPhase(status.phase) && !isTerminalPhase(context.status.latest.phase);
    context.status.set(kept ? { ...status, phase: context.status.latest.phase ?? 'Running' } : status);
    context.node.probes.update(context.pod, status);
  }

  #wakeAt(atMs: number | undefined): void {
    const deadline = this.pod.spec?.activeDeadlineSeconds;
    const start = this.#context.status.latest.startTime;
    const deadlineMs =
      deadline === undefined || start === undefined || this.#state !== 'syncing'
        ? undefined
        : Date.parse(start) + deadline * 1000;
    const times = [atMs, deadlineMs].filter((time) => time !== undefined);
    if (times.length === 0 || this.#stopped) return;
    this.#cancelTimer();
    this.#cancelTimer = this.#context.clock.after(Math.max(0, Math.min(...times) - this.#context.clock.now()), () =>
      this.wake(),
    );
  }
}

/** Anything but our own statuses: spec, labels, deletion, a phase or condition that somebody else has set. */
function isNews(before: ReadonlyPod, now: ReadonlyPod): boolean {
  if (
    before.metadata.generation !== now.metadata.generation ||
    before.metadata.deletionTimestamp !== now.metadata.deletionTimestamp
  )
    return true;
  if (before.metadata.deletionGracePeriodSeconds !== now.metadata.deletionGracePeriodSeconds) return true;
  if (
    !jsonEqual(
      [before.spec, before.metadata.labels, before.metadata.annotations],
      [now.spec, now.metadata.labels, now.metadata.annotations],
    )
  )
    return true;
  if (isTerminalPhase(now.status?.phase) && !isTerminalPhase(before.status?.phase)) return true;
  return !jsonEqual(foreignConditions(before), foreignConditions(now));
}

function foreignConditions(pod: ReadonlyPod): unknown[] {
  return (pod.status?.conditions ?? []).filter(({ type }) => !ownConditions.has(type));
}

/** False: somebody has changed a condition or the phase that is ours to say. */
function isAsReported(pod: ReadonlyPod, latest: DeepReadonly<PodStatus>): boolean {
  const own = (status: DeepReadonly<PodStatus> | undefined): string =>
    (status?.conditions ?? [])
      .map(({ type, status: value }) => (ownConditions.has(type) ? `${type}=${value}` : ''))
      .sort()
      .join(' ');
  return own(pod.status).trim() === own(latest).trim() && pod.status?.phase === latest.phase;
}
