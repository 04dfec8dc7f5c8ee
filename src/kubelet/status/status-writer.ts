/** Brings a pod's status to the API server: strategic merge patches, one at a time, only what differs, newest wins. */
import type { PodStatus } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import { isConflict, isNotFound } from '#api/status.ts';
import { type Clock, sleep } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { Client } from '#client/client.ts';
import type { ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';
import { resizeConditions } from '#kubelet/status/conditions.ts';

export interface StatusWriterPorts {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * 1. At most one patch is under way; what is set meanwhile is written next, intermediate values are skipped.
 * 2. `written` is what the API server is known to have.
 * 3. A pod that is gone there, or has another uid, ends the writer silently.
 */
export class StatusWriter {
  readonly #ports: StatusWriterPorts;
  readonly #pod: ReadonlyPod;
  #written: DeepReadonly<PodStatus>;
  #wanted: PodStatus | undefined;
  #running: Promise<void> | undefined;
  #gone = false;
  /** Of the last answer. */
  #version: string | undefined;

  constructor(ports: StatusWriterPorts, pod: ReadonlyPod) {
    this.#ports = ports;
    this.#pod = pod;
    this.#written = pod.status ?? {};
  }

  /** What was set last, written or not. */
  get latest(): DeepReadonly<PodStatus> {
    return this.#wanted ?? this.#written;
  }

  set(status: PodStatus): void {
    if (this.#gone || jsonEqual(status, this.latest)) return;
    this.#wanted = status;
    this.#running ??= this.#run();
  }

  /**
   * The API server has this version of the pod: if it is newer than what was written and says something else (node
   * lifecycle marks pods of silent nodes unready), the next `set` writes again.
   */
  observe(pod: ReadonlyPod): void {
    if (this.#running !== undefined || !isNewer(pod.metadata.resourceVersion, this.#version)) return;
    this.#written = pod.status ?? {};
  }

  /** Resolves when everything set so far is written, or cannot be any more. */
  async flush(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    let delayMs = 250;
    while (this.#wanted !== undefined && !this.#gone && !this.#ports.signal.aborted) {
      const status = this.#wanted;
      try {
        await this.#patch(status);
        this.#written = status;
        if (this.#wanted === status) this.#wanted = undefined;
        delayMs = 250;
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) this.#gone = true;
        else await this.#retryLater(error, delayMs);
        delayMs = Math.min(delayMs * 2, 10_000);
      }
    }
    // In the same turn as the last look at what is wanted: what is set from now on starts a new run.
    this.#running = undefined;
  }

  async #retryLater(error: unknown, delayMs: number): Promise<void> {
    const { namespace, name } = this.#pod.metadata;
    this.#ports.log.warn('could not write the status of a pod', {
      pod: `${namespace}/${name}`,
      error: errorMessage(error),
    });
    await sleep(this.#ports.clock, delayMs, this.#ports.signal).catch(() => undefined);
  }

  async #patch(status: PodStatus): Promise<void> {
    const { namespace = '', name = '', uid } = this.#pod.metadata;
    const patch = { metadata: { uid }, status: statusPatch(this.#written, status) };
    const answer = await this.#ports.client.patch(pods, { namespace, name }, patch, {
      type: 'strategic',
      subresource: 'status',
      signal: this.#ports.signal,
    });
    this.#version = answer.metadata.resourceVersion;
  }
}

/** Revisions are opaque, but ours and upstream's are decimal numbers that grow. */
function isNewer(version: string | undefined, than: string | undefined): boolean {
  if (version === undefined || than === undefined) return true;
  return version.length === than.length ? version > than : version.length > than.length;
}

/** What changes `from` into `to`: absent fields become null, equal ones are left out; conditions are merged by type. */
export function statusPatch(from: DeepReadonly<PodStatus>, to: PodStatus): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(to))
    if (!jsonEqual(value, from[field as keyof PodStatus])) patch[field] = value;
  for (const field of Object.keys(from)) if (!(field in to)) patch[field] = null;
  if (patch['conditions'] !== undefined)
    patch['conditions'] = conditionsPatch(from.conditions ?? [], to.conditions ?? []);
  if (patch['podIPs'] !== undefined && patch['podIPs'] !== null)
    patch['podIPs'] = [{ $patch: 'replace' }, ...(patch['podIPs'] as object[])];
  if (patch['hostIPs'] !== undefined && patch['hostIPs'] !== null) patch['hostIPs'] = to.hostIPs;
  return patch;
}

function conditionsPatch(
  from: DeepReadonly<NonNullable<PodStatus['conditions']>>,
  to: NonNullable<PodStatus['conditions']>,
): object[] {
  const changed: object[] = [];
  for (const condition of to) {
    const before = from.find(({ type }) => type === condition.type);
    if (before !== undefined && jsonEqual(before, condition)) continue;
    const cleared = Object.keys(before ?? {}).filter((field) => !(field in condition) && field !== 'lastProbeTime');
    changed.push({ ...Object.fromEntries(cleared.map((field) => [field, null])), ...condition });
  }
  // Those of others are not ours to take away, even if we have not seen them yet.
  for (const { type } of from)
    if (resizeConditions.has(type) && !to.some((condition) => condition.type === type))
      changed.push({ $patch: 'delete', type });
  return changed;
}

/** Deep equality of JSON; null and absent are the same. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b || (a == null && b == null)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of Object.keys(left)) if (!jsonEqual(left[key], right[key])) return false;
  for (const key of Object.keys(right)) if (!(key in left) && right[key] != null) return false;
  return true;
}
