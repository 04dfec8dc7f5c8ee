/** One container from nothing to running: back-off, image, config, create, start, postStart; with upstream's events and reasons. */
import type { Secret } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { errorMessage } from '#base/logger.ts';
import { durationText } from '#kubelet/backoff.ts';
import { matchingCredentials } from '#kubelet/images/credentials.ts';
import { ImageError } from '#kubelet/images/image-puller.ts';
import type { ImageStatus, SandboxConfig } from '#kubelet/runtime.ts';
import { containerConfig } from '#kubelet/pods/container-config.ts';
import { killContainer } from '#kubelet/pods/kill.ts';
import { runHook } from '#kubelet/pods/lifecycle-hooks.ts';
import type { PodContext } from '#kubelet/pods/pod-context.ts';
import { containerHash, latestContainer, podText, type ReadonlyContainer } from '#kubelet/pods/pod-runtime.ts';

export interface SandboxToStartIn {
  readonly id: string;
  readonly config: SandboxConfig;
  readonly hostsFile: string | undefined;
}

/** Not started; `reason` and `message` become the waiting state. */
class StartError extends Error {
  override name = 'StartError';
  readonly reason: string;
  readonly retryAtMs: number;

  constructor(reason: string, message: string, retryAtMs: number) {
    super(message);
    this.reason = reason;
    this.retryAtMs = retryAtMs;
  }
}

const retryMs = 10_000;

/** Resolves with undefined when it runs, else with the instant to try again; the reason is in `context.waiting`. */
export async function startContainer(
  context: PodContext,
  container: ReadonlyContainer,
  sandbox: SandboxToStartIn,
): Promise<number | undefined> {
  try {
    checkRestartBackoff(context, container);
    const image = await orEnding(context, ensureImage(context, container, sandbox.config));
    await mountImageVolumes(context, container, sandbox.config);
    context.ending.throwIfAborted();
    await createAndStart(context, container, { sandbox, image });
    context.waiting.delete(container.name);
    return undefined;
  } catch (error) {
    const known = error instanceof StartError || error instanceof ImageError;
    const reason = known ? error.reason : 'RunContainerError';
    if (error instanceof ImageError) context.event('Warning', 'Failed', `Error: ${error.reason}`, container.name);
    context.waiting.set(container.name, { reason, message: errorMessage(error) });
    return known ? error.retryAtMs : context.clock.now() + retryMs;
  }
}

/** A pull may take minutes: a pod that is deleted meanwhile does not wait for it. */
function orEnding<T>(context: PodContext, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(context.ending.reason);
    context.ending.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => context.ending.removeEventListener('abort', onAbort));
  });
}

function checkRestartBackoff(context: PodContext, container: ReadonlyContainer): void {
  const { restarts } = context.node;
  const last = context.runtime.containers.find(({ name, state }) => name === container.name && state === 'exited');
  if (last === undefined) return;
  const key = `${context.uid}_${container.name}_${containerHash(container)}`;
  const nowMs = context.clock.now();
  const untilMs = restarts.waitsUntil(key, last.finishedAtMs, nowMs);
  if (untilMs === undefined) {
    restarts.next(key, last.finishedAtMs, nowMs);
    return;
  }
  context.event(
    'Warning',
    'BackOff',
    `Back-off restarting failed container ${container.name} in pod ${podText(context.pod)}`,
    container.name,
  );
  const delay = durationText(restarts.delayMs(key));
  throw new StartError(
    'CrashLoopBackOff',
    `back-off ${delay} restarting failed container=${container.name} pod=${podText(context.pod)}`,
    untilMs,
  );
}

function ensureImage(context: PodContext, container: ReadonlyContainer, sandbox: SandboxConfig): Promise<ImageStatus> {
  return context.node.images.ensure({
    podUid: context.uid,
    container,
    sandbox,
    credentials: async (image) => matchingCredentials(image, await pullSecrets(context)),
    event: (type, reason, message) => context.event(type, reason, message, container.name),
  });
}

/** The images that the container mounts as volumes, pulled by the same rules as its own. */
async function mountImageVolumes(
  context: PodContext,
  container: ReadonlyContainer,
  sandbox: SandboxConfig,
): Promise<void> {
  const { runtime, volumes } = context.node.ports;
  for (const volume of context.pod.spec?.volumes ?? []) {
    const isUsed = container.volumeMounts?.some(({ name }) => name === volume.name) === true;
    const { reference = '', pullPolicy: imagePullPolicy } = volume.image ?? {};
    if (!isUsed || reference === '') continue;
    const source = { ...container, image: reference, imagePullPolicy } as ReadonlyContainer;
    const image = await orEnding(context, ensureImage(context, source, sandbox));
    const mounts = await runtime.viewImage(image.id, context.uid, volume.name);
    await volumes.mount(context.volumes.imagePath(volume.name), mounts);
  }
}

async function pullSecrets(context: PodContext): Promise<DeepReadonly<Secret>[]> {
  const names = (context.pod.spec?.imagePullSecrets ?? []).map(({ name = '' }) => name).filter((name) => name !== '');
  const found: DeepReadonly<Secret>[] = [];
  const missing: string[] = [];
  for (const name of names) {
    const secret = await context.sources.secret(name);
    if (secret === undefined) missing.push(name);
    else found.push(secret);
  }
  if (missing.length > 0) {
    const text = `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`;
    context.event('Warning', 'FailedToRetrieveImagePullSecret', text);
  }
  return found;
}

async function createAndStart(
  context: PodContext,
  container: ReadonlyContainer,
  { sandbox, image }: { sandbox: SandboxToStartIn; image: ImageStatus },
): Promise<void> {
  const { ports, cache } = context.node;
  const fail = (reason: string, error: unknown): StartError => {
    context.event('Warning', 'Failed', `Error: ${errorMessage(error)}`, container.name);
    return new StartError(reason, errorMessage(error), context.clock.now() + retryMs);
  };
  const before = latestContainer(context.runtime, container.name);
  const config = await makeConfig(context, container, {
    attempt: before === undefined ? reportedRestarts(context, container) : before.attempt + 1,
    image,
    hostsFile: sandbox.hostsFile,
  }).catch((error) => {
    throw fail('CreateContainerConfigError', error);
  });
  const id = await ports.runtime.createContainer(sandbox.id, config, sandbox.config).catch((error) => {
    throw fail('CreateContainerError', error);
  });
  context.event('Normal', 'Created', 'Container created', container.name);
  try {
    await ports.runtime.startContainer(id);
  } catch (error) {
    await cache.refreshContainer(id);
    throw fail('RunContainerError', error);
  }
  context.resize.actuated(container.name, container.resources ?? {});
  context.event('Normal', 'Started', 'Container started', container.name);
  await cache.refreshContainer(id);
  await removeOldContainers(context, container.name);
  await postStart(context, container, id);
}

/** No container of that name exists, but the API may remember earlier ones: the count goes on. */
function reportedRestarts(context: PodContext, container: ReadonlyContainer): number {
  const status = context.status.latest;
  const known = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].find(
    ({ name }) => name === container.name,
  );
  if (known?.containerID === undefined || known.containerID === '') return known?.restartCount ?? 0;
  return known.state?.waiting === undefined ? known.restartCount + 1 : known.restartCount;
}

async function makeConfig(
  context: PodContext,
  container: ReadonlyContainer,
  { attempt, image, hostsFile }: { attempt: number; image: ImageStatus; hostsFile: string | undefined },
): ReturnType<typeof containerConfig> {
  const { ports, options, allocatable } = context.node;
  const target = context.pod.spec?.ephemeralContainers?.find(
    ({ name }) => name === container.name,
  )?.targetContainerName;
  const targetId = target === undefined || target === '' ? undefined : latestContainer(context.runtime, target)?.id;
  await ports.volumes.makeDirectory(
    `${options.logDirectory}/${context.pod.metadata.namespace}_${context.pod.metadata.name}_${context.uid}/${container.name}`,
    0o755,
  );
  return containerConfig(context.pod, container, {
    attempt,
    imageUser: image.user,
    sources: {
      configMap: (name) => context.sources.configMap(name),
      secret: (name) => context.sources.secret(name),
      services: ports.services.list(),
      addresses: context.addresses(),
      allocatable,
    },
    host: ports.volumes,
    machineMemoryBytes: ports.machine.memoryBytes,
    podDirectory: context.directory,
    volumePath: (name) => context.volumes.pathOf(name),
    isImageVolume: (name) => context.pod.spec?.volumes?.find((volume) => volume.name === name)?.image !== undefined,
    ...(targetId === undefined ? {} : { targetId }),
    ...(hostsFile === undefined ? {} : { hostsFile }),
  });
}

/** The current one and the one before it (for `logs --previous` and lastState) stay. */
async function removeOldContainers(context: PodContext, name: string): Promise<void> {
  const { ports, cache } = context.node;
  for (const old of context.runtime.containers
    .filter((status) => status.name === name && status.state === 'exited')
    .slice(1)) {
    await ports.runtime.removeContainer(old.id);
    await ports.volumes.removeTree(old.logPath);
    for (const path of await ports.logFiles.rotated(old.logPath)) await ports.logFiles.remove(path);
    cache.forget(old.id);
  }
}

async function postStart(context: PodContext, container: ReadonlyContainer, containerId: string): Promise<void> {
  const handler = container.lifecycle?.postStart;
  if (handler === undefined) return;
  try {
    await runHook(context, { handler, container, containerId }, context.ending);
  } catch (error) {
    if (context.ending.aborted) return;
    context.event('Warning', 'FailedPostStartHook', 'PostStartHook failed', container.name);
    const status = latestContainer(context.runtime, container.name);
    if (status !== undefined)
      await killContainer(context, status, {
        message: 'FailedPostStartHook',
        graceSeconds: context.pod.spec?.terminationGracePeriodSeconds ?? 30,
      });
    throw new StartError('PostStartHookError', errorMessage(error), context.clock.now() + retryMs);
  }
}
