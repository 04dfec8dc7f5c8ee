/** The end of containers: preStop, SIGTERM, the grace period, SIGKILL; sidecars after the others, in reverse order. */
import { sleep } from '#base/clock.ts';
import { errorMessage } from '#base/logger.ts';
import type { ContainerStatus } from '#kubelet/runtime.ts';
import { runHook } from '#kubelet/pods/lifecycle-hooks.ts';
import type { PodContext } from '#kubelet/pods/pod-context.ts';
import { findContainer, isRestartableInit, type ReadonlyContainer } from '#kubelet/pods/pod-runtime.ts';

export interface KillOptions {
  /** Of the Killing event; '' says that it is stopped. */
  readonly message: string;
  readonly graceSeconds: number;
}

/** Even a forced deletion leaves a process the time to end by itself. */
const smallestGraceSeconds = 2;

/** Resolves when the container is dead and the cache shows it. */
export async function killContainer(context: PodContext, status: ContainerStatus, options: KillOptions): Promise<void> {
  const { ports, cache } = context.node;
  const container = findContainer(context.pod, status.name);
  const startedMs = context.clock.monotonic();
  context.event(
    'Normal',
    'Killing',
    options.message === '' ? `Stopping container ${status.name}` : options.message,
    status.name,
  );
  if (container?.lifecycle?.preStop !== undefined && options.graceSeconds > 0 && status.state === 'running') {
    await preStop(context, { container, containerId: status.id, graceSeconds: options.graceSeconds });
  }
  const spentSeconds = Math.floor((context.clock.monotonic() - startedMs) / 1000);
  const graceSeconds = Math.max(options.graceSeconds - spentSeconds, smallestGraceSeconds);
  await ports.runtime.stopContainer(status.id, graceSeconds * 1000);
  await cache.refreshContainer(status.id);
}

async function preStop(
  context: PodContext,
  { container, containerId, graceSeconds }: { container: ReadonlyContainer; containerId: string; graceSeconds: number },
): Promise<void> {
  const handler = container.lifecycle?.preStop;
  if (handler === undefined) return;
  const timeout = new AbortController();
  const cancel = context.clock.after(graceSeconds * 1000, () => timeout.abort(new Error('timeout')));
  const hook = runHook(context, { handler, container, containerId }, timeout.signal).catch((error) => {
    if (timeout.signal.aborted) return;
    context.node.ports.log.info('preStop hook failed', { container: container.name, error: errorMessage(error) });
    context.event('Warning', 'FailedPreStopHook', 'PreStopHook failed', container.name);
  });
  await Promise.race([hook, sleep(context.clock, graceSeconds * 1000, timeout.signal).catch(() => undefined)]);
  cancel();
  timeout.abort();
}

/** Ends all containers of the pod, then its sandboxes. */
export async function killPod(context: PodContext, graceSeconds: number): Promise<void> {
  const { ports, cache } = context.node;
  const startedMs = context.clock.monotonic();
  const left = (): number => Math.max(graceSeconds - Math.floor((context.clock.monotonic() - startedMs) / 1000), 0);
  const alive = context.runtime.containers.filter(
    ({ state }) => state === 'running' || state === 'unknown' || state === 'created',
  );
  const sidecars = (context.pod.spec?.initContainers ?? []).filter(isRestartableInit).map(({ name }) => name);
  await Promise.all(
    alive.filter(({ name }) => !sidecars.includes(name)).map((status) => endContainer(context, status, left())),
  );
  for (const name of sidecars.toReversed()) {
    for (const status of alive.filter((candidate) => candidate.name === name))
      await endContainer(context, status, left());
  }
  for (const sandbox of context.runtime.sandboxes) {
    if (!sandbox.ready) continue;
    await ports.runtime.stopSandbox(sandbox.id);
    await cache.refreshSandbox(sandbox.id);
  }
}

async function endContainer(context: PodContext, status: ContainerStatus, graceSeconds: number): Promise<void> {
  if (status.state !== 'created') return killContainer(context, status, { message: '', graceSeconds });
  await context.node.ports.runtime.removeContainer(status.id);
  context.node.cache.forget(status.id);
}

/** The client has shortened the grace period of a pod that is ending: what still runs gets the new one. */
export async function hurry(context: PodContext, graceSeconds: number): Promise<void> {
  const running = context.runtime.containers.filter(({ state }) => state === 'running');
  const timeoutMs = Math.max(graceSeconds, smallestGraceSeconds) * 1000;
  await Promise.all(
    running.map(({ id }) => context.node.ports.runtime.stopContainer(id, timeoutMs).catch(() => undefined)),
  );
}

/** By the deletion, else by the spec. A deletion with 0 leaves one second. */
export function gracePeriodSeconds(context: PodContext): number {
  const { deletionTimestamp, deletionGracePeriodSeconds } = context.pod.metadata;
  if (deletionTimestamp !== undefined && deletionGracePeriodSeconds !== undefined)
    return Math.max(deletionGracePeriodSeconds, 1);
  return context.pod.spec?.terminationGracePeriodSeconds ?? 30;
}
