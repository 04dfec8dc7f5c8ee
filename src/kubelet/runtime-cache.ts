/**
 * What the runtime has, by pod: filled by one list at the start, then changed by events and by the kubelet's own actions.
 * Exited containers carry their termination message.
 *
 * Answers may come in another order than they were asked for: a status never goes back to an earlier stage.
 */
import { labels, type PodRuntime, sandboxAttempt } from '#kubelet/pods/pod-runtime.ts';
import type { ContainerStatus, Runtime, SandboxStatus } from '#kubelet/runtime.ts';

interface Entry {
  readonly sandboxes: Map<string, SandboxStatus>;
  readonly containers: Map<string, ContainerStatus>;
}

const stages: readonly ContainerStatus['state'][] = ['unknown', 'created', 'running', 'exited'];

export class RuntimeCache {
  readonly #runtime: Runtime;
  readonly #withMessage: (status: ContainerStatus) => Promise<ContainerStatus>;
  #pods = new Map<string, Entry>();
  readonly #podOf = new Map<string, string>();

  constructor(runtime: Runtime, withMessage: (status: ContainerStatus) => Promise<ContainerStatus>) {
    this.#runtime = runtime;
    this.#withMessage = withMessage;
  }

  /** Looks at everything again. Answers the uids of all pods that the runtime has or had. */
  async relist(): Promise<Set<string>> {
    const state = await this.#runtime.list();
    const before = new Set(this.#pods.keys());
    const containers = await Promise.all(state.containers.map((status) => this.#complete(status)));
    this.#pods = new Map();
    this.#podOf.clear();
    for (const sandbox of state.sandboxes) this.#setSandbox(sandbox);
    for (const container of containers) this.#setContainer(container);
    return new Set([...before, ...this.#pods.keys()]);
  }

  /** Newest first. */
  of(uid: string): PodRuntime {
    const entry = this.#pods.get(uid);
    if (entry === undefined) return { sandboxes: [], containers: [] };
    return {
      sandboxes: [...entry.sandboxes.values()].sort(
        (a, b) => sandboxAttempt(b) - sandboxAttempt(a) || b.createdAtMs - a.createdAtMs,
      ),
      containers: [...entry.containers.values()].sort((a, b) => b.attempt - a.attempt || b.createdAtMs - a.createdAtMs),
    };
  }

  /** Containers of all pods. */
  all(): ContainerStatus[] {
    return [...this.#pods.values()].flatMap(({ containers }) => [...containers.values()]);
  }

  running(): ContainerStatus[] {
    return this.all().filter(({ state }) => state === 'running');
  }

  uids(): string[] {
    return [...this.#pods.keys()];
  }

  /** The pod of a container or sandbox. */
  podOf(id: string): string | undefined {
    return this.#podOf.get(id);
  }

  async refreshSandbox(id: string): Promise<void> {
    const status = await this.#runtime.sandboxStatus(id);
    if (status === undefined) this.forget(id);
    else this.#setSandbox(status);
  }

  async refreshContainer(id: string): Promise<void> {
    const status = await this.#runtime.containerStatus(id);
    if (status === undefined) this.forget(id);
    else this.#setContainer(await this.#complete(status));
  }

  /** An event named this id: it is a container's, or a sandbox's that may just be in the making. Answers its pod. */
  async refresh(id: string): Promise<string | undefined> {
    const uid = this.#podOf.get(id);
    if (uid !== undefined && this.#pods.get(uid)?.sandboxes.has(id) === true) await this.refreshSandbox(id);
    else {
      const status = await this.#runtime.containerStatus(id);
      if (status !== undefined) this.#setContainer(await this.#complete(status));
    }
    return this.#podOf.get(id);
  }

  forget(id: string): void {
    const uid = this.#podOf.get(id);
    if (uid === undefined) return;
    this.#podOf.delete(id);
    const entry = this.#pods.get(uid);
    entry?.containers.delete(id);
    entry?.sandboxes.delete(id);
    if (entry !== undefined && entry.containers.size + entry.sandboxes.size === 0) this.#pods.delete(uid);
  }

  async #complete(status: ContainerStatus): Promise<ContainerStatus> {
    if (status.state !== 'exited') return status;
    const known = this.#pods.get(this.#podOf.get(status.id) ?? '')?.containers.get(status.id);
    return known?.state === 'exited' ? known : this.#withMessage(status);
  }

  #entry(id: string, uid: string): Entry {
    this.#podOf.set(id, uid);
    let entry = this.#pods.get(uid);
    if (entry === undefined) this.#pods.set(uid, (entry = { sandboxes: new Map(), containers: new Map() }));
    return entry;
  }

  #setSandbox(status: SandboxStatus): void {
    const uid = status.labels[labels.podUid];
    if (uid === undefined) return;
    const { sandboxes } = this.#entry(status.id, uid);
    const known = sandboxes.get(status.id);
    // One that was seen in the making is not ready either, but has had no address yet.
    const wasStopped = known?.ready === false && known.ips.length > 0;
    if (!wasStopped) sandboxes.set(status.id, status);
  }

  #setContainer(status: ContainerStatus): void {
    const uid = status.labels[labels.podUid];
    if (uid === undefined) return;
    const { containers } = this.#entry(status.id, uid);
    const known = containers.get(status.id);
    if (known === undefined || stages.indexOf(status.state) >= stages.indexOf(known.state))
      containers.set(status.id, status);
  }
}
