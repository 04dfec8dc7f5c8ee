/** Makes sure that an image is on the node: pull policies, credentials, back-off, and the events upstream writes about it. */
import type { Clock } from '#base/clock.ts';
import { errorMessage } from '#base/logger.ts';
import { Backoff } from '#kubelet/backoff.ts';
import type { ReadonlyContainer } from '#kubelet/pods/pod-runtime.ts';
import type { ImageStatus, RegistryAuth, Runtime, SandboxConfig } from '#kubelet/runtime.ts';

export interface ImageRequest {
  readonly podUid: string;
  readonly container: ReadonlyContainer;
  readonly sandbox: SandboxConfig;
  /** Asked for only when a pull is needed. */
  credentials(image: string): Promise<readonly RegistryAuth[]>;
  event(type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** Why there is no image; `reason` is the container's waiting reason. */
export class ImageError extends Error {
  override name = 'ImageError';
  readonly reason: 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'InvalidImageName' | 'ImageInspectError';
  /** When to try again. */
  readonly retryAtMs: number;

  constructor(reason: ImageError['reason'], message: string, retryAtMs: number) {
    super(message);
    this.reason = reason;
    this.retryAtMs = retryAtMs;
  }
}

const referencePattern =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,})?$/;
const inspectRetryMs = 10_000;
/** Soon after a failure the reason becomes ImagePullBackOff. */
const showBackOffMs = 2_000;

/** 1. The same image is pulled once at a time for the same credentials; others wait for that pull. */
export class ImagePuller {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #backoff = new Backoff();
  readonly #lastError = new Map<string, string>();
  readonly #pulls = new Map<string, Promise<string>>();

  constructor(runtime: Runtime, clock: Clock) {
    this.#runtime = runtime;
    this.#clock = clock;
  }

  /** Resolves with the image; rejects with ImageError. */
  async ensure(request: ImageRequest): Promise<ImageStatus> {
    const requested = request.container.image ?? '';
    if (!referencePattern.test(requested)) {
      const message = `Failed to apply default image tag "${requested}": couldn't parse image name "${requested}": invalid reference format`;
      request.event('Warning', 'InspectFailed', message);
      throw new ImageError('InvalidImageName', message, this.#clock.now() + 300_000);
    }
    const image = withDefaultTag(requested);
    const policy = request.container.imagePullPolicy ?? (image.endsWith(':latest') ? 'Always' : 'IfNotPresent');
    const present = policy === 'Always' ? undefined : await this.#inspect(image, request);
    if (present !== undefined) {
      request.event(
        'Normal',
        'Pulled',
        `Container image "${requested}" already present on machine and can be accessed by the pod`,
      );
      return present;
    }
    if (policy === 'Never') {
      const message = `Container image "${requested}" is not present with pull policy of Never`;
      request.event('Warning', 'ErrImageNeverPull', message);
      throw new ImageError('ErrImageNeverPull', message, this.#clock.now() + inspectRetryMs);
    }
    return this.#pullWithBackoff(image, request);
  }

  forget(podUid: string): void {
    this.#backoff.forget(`${podUid}_`);
    for (const key of this.#lastError.keys()) if (key.startsWith(`${podUid}_`)) this.#lastError.delete(key);
  }

  async #inspect(image: string, request: ImageRequest): Promise<ImageStatus | undefined> {
    try {
      return await this.#runtime.imageStatus(image);
    } catch (error) {
      const message = `Failed to inspect image "${image}": ${errorMessage(error)}`;
      request.event('Warning', 'InspectFailed', message);
      throw new ImageError('ImageInspectError', message, this.#clock.now() + inspectRetryMs);
    }
  }

  async #pullWithBackoff(image: string, request: ImageRequest): Promise<ImageStatus> {
    const requested = request.container.image ?? '';
    const key = `${request.podUid}_${requested}`;
    const waitUntilMs = this.#backoff.waitsUntilSinceNext(key, this.#clock.now());
    if (waitUntilMs !== undefined) {
      const message = `Back-off pulling image "${requested}"`;
      request.event('Normal', 'BackOff', message);
      const last = this.#lastError.get(key);
      throw new ImageError('ImagePullBackOff', last === undefined ? message : `${message}: ${last}`, waitUntilMs);
    }
    this.#lastError.delete(key);
    request.event('Normal', 'Pulling', `Pulling image "${requested}"`);
    const startedMs = this.#clock.monotonic();
    try {
      const credentials = await request.credentials(image);
      const reference = await this.#pullShared(image, credentials, request.sandbox);
      const status = (await this.#runtime.imageStatus(reference)) ?? (await this.#runtime.imageStatus(image));
      if (status === undefined) throw new Error(`image "${image}" is not there after it was pulled`);
      const took = millisecondsText(this.#clock.monotonic() - startedMs);
      request.event(
        'Normal',
        'Pulled',
        `Successfully pulled image "${requested}" in ${took} (${took} including waiting). Image size: ${status.sizeBytes} bytes.`,
      );
      return status;
    } catch (error) {
      const message = errorMessage(error);
      request.event('Warning', 'Failed', `Failed to pull image "${requested}": ${message}`);
      this.#backoff.next(key, this.#clock.now(), this.#clock.now());
      this.#lastError.set(key, `ErrImagePull: ${message}`);
      throw new ImageError('ErrImagePull', message, this.#clock.now() + showBackOffMs);
    }
  }

  #pullShared(image: string, credentials: readonly RegistryAuth[], sandbox: SandboxConfig): Promise<string> {
    const key = `${image} ${credentials.map(({ username, password }) => `${username}:${password}`).join(' ')}`;
    const running = this.#pulls.get(key);
    if (running !== undefined) return running;
    const pull = this.#pullWithAny(image, credentials, sandbox).finally(() => this.#pulls.delete(key));
    this.#pulls.set(key, pull);
    return pull;
  }

  async #pullWithAny(image: string, credentials: readonly RegistryAuth[], sandbox: SandboxConfig): Promise<string> {
    if (credentials.length === 0) return this.#runtime.pullImage(image, undefined, sandbox);
    let failure: unknown;
    for (const auth of credentials) {
      try {
        return await this.#runtime.pullImage(image, auth, sandbox);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
}

export function withDefaultTag(image: string): string {
  if (image.includes('@')) return image;
  return image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
}

function millisecondsText(ms: number): string {
  const whole = Math.floor(ms);
  return whole < 1000 ? `${whole}ms` : `${whole / 1000}s`;
}
