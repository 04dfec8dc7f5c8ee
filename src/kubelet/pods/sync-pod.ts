/** One sync of a pod that shall run: folders, cgroup, volumes, sandbox, then what the plan says. */
import { errorMessage } from '#base/logger.ts';
import { actuateResize } from '#kubelet/resources/actuate-resize.ts';
import { podCgroupPath, podCgroupValues } from '#kubelet/resources/pod-resources.ts';
import { MountError } from '#kubelet/volumes/pod-volumes.ts';
import { killContainer, killPod } from '#kubelet/pods/kill.ts';
import { type PodPlan, planPod } from '#kubelet/pods/plan.ts';
import type { PodContext } from '#kubelet/pods/pod-context.ts';
import { hostsFile } from '#kubelet/pods/pod-dns.ts';
import { type ReadonlyContainer, readySandbox } from '#kubelet/pods/pod-runtime.ts';
import { podLogDirectory, sandboxConfig } from '#kubelet/pods/sandbox-config.ts';
import { type SandboxToStartIn, startContainer } from '#kubelet/pods/start-container.ts';

export interface SyncResult {
  /** Nothing of the pod shall run any more. */
  readonly isOver: boolean;
  /** Come back then, if nothing wakes the pod before. */
  readonly nextAtMs: number | undefined;
}

const mountRetryMs = 1_000;
const longestRetryMs = 30_000;
const hostsLimitBytes = 1 << 20;
const probeKillReasons = new Set(['liveness', 'startup']);

/** 1. Sandboxes of one pod are made one at a time: the caller does not overlap syncs. */
export class PodSync {
  readonly #context: PodContext;
  #prepared = false;
  #failures = 0;
  #resolvConf = '';

  constructor(context: PodContext) {
    this.#context = context;
  }

  async run(): Promise<SyncResult> {
    const context = this.#context;
    const plan = planPod(context.pod, context.runtime, context.node.probes, (container) =>
      context.resize.stepFor(container),
    );
    if (plan.killPod && !plan.createSandbox) return { isOver: true, nextAtMs: undefined };
    try {
      if (!this.#prepared) await this.#prepare();
      const sandbox = await this.#sandbox(plan);
      this.#failures = 0;
      return { isOver: false, nextAtMs: await this.#startContainers(plan, sandbox) };
    } catch (error) {
      return { isOver: false, nextAtMs: this.#failed(error) };
    }
  }

  #failed(error: unknown): number {
    const context = this.#context;
    if (error instanceof MountError) context.event('Warning', 'FailedMount', error.message);
    else if (error instanceof SandboxError)
      context.event('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${error.message}`);
    else context.event('Warning', 'FailedSync', `error: ${errorMessage(error)}`);
    context.node.ports.log.info('sync of a pod failed', { pod: context.pod.metadata.name, error: errorMessage(error) });
    return context.clock.now() + Math.min(mountRetryMs * 2 ** this.#failures++, longestRetryMs);
  }

  async #prepare(): Promise<void> {
    const context = this.#context;
    const { ports, options } = context.node;
    this.#resolvConf = await ports.volumes.resolvConf();
    await ports.volumes.makeDirectory(context.directory, 0o750);
    await ports.volumes.makeDirectory(podLogDirectory(options.logDirectory, context.pod), 0o755);
    await ports.cgroups.ensure(podCgroupPath(options.cgroupRoot, context.pod), podCgroupValues(context.pod));
    await context.volumes.mount(context.pod);
    this.#prepared = true;
  }

  async #sandbox(plan: PodPlan): Promise<SandboxToStartIn> {
    const context = this.#context;
    const { options, ports } = context.node;
    const attempt = plan.createSandbox ? plan.attempt : plan.attempt - 1;
    const { clusterDNS, clusterDomain, logDirectory, cgroupRoot } = options;
    const config = sandboxConfig(context.pod, {
      attempt,
      clusterDNS,
      clusterDomain,
      logDirectory,
      cgroupRoot,
      resolvConf: this.#resolvConf,
    });
    if (plan.createSandbox) {
      if (context.runtime.sandboxes.length > 0) {
        context.event('Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
        await killPod(context, context.pod.spec?.terminationGracePeriodSeconds ?? 30);
      }
      const id = await ports.runtime.runSandbox(config).catch((error) => {
        throw new SandboxError(errorMessage(error));
      });
      await context.node.cache.refreshSandbox(id);
      await this.#removeOldSandboxes(id);
    }
    const sandbox = readySandbox(context.runtime);
    if (sandbox === undefined) throw new SandboxError('the sandbox has ended');
    return { id: sandbox.id, config, hostsFile: await this.#hostsFile(sandbox.ips) };
  }

  async #removeOldSandboxes(current: string): Promise<void> {
    const { ports, cache } = this.#context.node;
    for (const old of this.#context.runtime.sandboxes) {
      if (old.id === current || this.#context.runtime.containers.some(({ sandboxId }) => sandboxId === old.id))
        continue;
      await ports.runtime.removeSandbox(old.id);
      cache.forget(old.id);
    }
  }

  /** Pods on the host network get the node's own hosts, with their aliases. */
  async #hostsFile(ips: readonly string[]): Promise<string | undefined> {
    const context = this.#context;
    const { volumes } = context.node.ports;
    const path = `${context.directory}/etc-hosts`;
    if ((await volumes.fileType(path)) !== undefined) return path;
    const own =
      context.pod.spec?.hostNetwork === true ? await volumes.readTail('/etc/hosts', hostsLimitBytes) : undefined;
    const nodeHosts = context.pod.spec?.hostNetwork === true ? { nodeHosts: new TextDecoder().decode(own) } : {};
    const text = hostsFile(context.pod, ips, { clusterDomain: context.node.options.clusterDomain, ...nodeHosts });
    await volumes.writeFile(path, text, 0o644);
    return path;
  }

  async #startContainers(plan: PodPlan, sandbox: SandboxToStartIn): Promise<number | undefined> {
    const context = this.#context;
    const graceSeconds = (container: ReadonlyContainer, reason: string): number => {
      const probe =
        reason === 'liveness' ? container.livenessProbe : reason === 'startup' ? container.startupProbe : undefined;
      const own = probeKillReasons.has(reason) ? probe?.terminationGracePeriodSeconds : undefined;
      return own ?? context.pod.spec?.terminationGracePeriodSeconds ?? 30;
    };
    await Promise.all(
      plan.kill.map(({ status, container, message, reason }) =>
        killContainer(context, status, { message, graceSeconds: graceSeconds(container, reason) }),
      ),
    );
    await this.#resize(plan);
    const retries: number[] = [];
    for (const container of [...plan.ephemeralContainers, ...plan.initContainers, ...plan.containers]) {
      if (context.pod.metadata.deletionTimestamp !== undefined) break;
      const retryAtMs = await startContainer(context, container, sandbox);
      if (retryAtMs !== undefined) retries.push(retryAtMs);
    }
    return retries.length === 0 ? undefined : Math.min(...retries);
  }

  async #resize(plan: PodPlan): Promise<void> {
    const context = this.#context;
    if (plan.update.length === 0 && !plan.kill.some(({ reason }) => reason === 'resize')) return;
    const { pod, resize } = context;
    const { options, ports } = context.node;
    const { cgroupRoot } = options;
    const target = { pod, resize, containers: plan.update, cgroupRoot, machineMemoryBytes: ports.machine.memoryBytes };
    try {
      await actuateResize(target, ports);
    } catch (error) {
      resize.failed(pod, errorMessage(error), (...event) => context.event(...event));
      throw error;
    }
  }
}

class SandboxError extends Error {
  override name = 'SandboxError';
}
