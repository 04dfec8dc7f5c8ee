/**
 * The volumes of one pod: made before its containers start, kept current while it runs (a change of a ConfigMap, a Secret
 * or the pod's labels rewrites the files; tokens are renewed at four fifths of their life), removed at its end.
 */
import type { Volume } from '#api/generated/core/v1.ts';
import { serviceaccounts } from '#api/generated/resources.ts';
import type { Clock } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { Client } from '#client/client.ts';
import type { Allocatable, PodAddresses } from '#kubelet/env/field-path.ts';
import type { VolumeHost } from '#kubelet/machine.ts';
import type { ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';
import type { PodSources } from '#kubelet/sources/pod-sources.ts';
import { parseQuantity, quantityUnits } from '#lang/quantity/quantity.ts';
import { jsonEqual } from '#kubelet/status/status-writer.ts';
import { checkHostPath } from '#kubelet/volumes/host-path.ts';
import { configMapPayload, downwardPayload, type Payload, secretPayload } from '#kubelet/volumes/payload.ts';

type ReadonlyVolume = DeepReadonly<Volume>;
type Projection = NonNullable<NonNullable<NonNullable<ReadonlyVolume['projected']>['sources']>[number]>;

export interface PodVolumesPorts {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly host: VolumeHost;
  readonly sources: PodSources;
}
export interface VolumeContext {
  readonly directory: string;
  readonly memoryDirectory: string;
  readonly allocatable: Allocatable;
  addresses(): PodAddresses;
}
interface Token {
  readonly text: string;
  readonly renewAtMs: number;
}

/** A volume could not be set up; the message is the FailedMount event's. */
export class MountError extends Error {
  override name = 'MountError';
}

const dayMs = 86_400_000;

/**
 * 1. `mount` may be called again and again; what is there already is not made twice.
 * 2. Rewrites of one pod's volumes happen one after the other.
 * 3. After `close` nothing is written any more; the folders stay until `remove`.
 */
export class PodVolumes {
  readonly #ports: PodVolumesPorts;
  readonly #context: VolumeContext;
  #pod: ReadonlyPod;
  readonly #mounted = new Map<string, string>();
  readonly #tokens = new Map<string, Token>();
  #work: Promise<void> = Promise.resolve();
  #cancelTimer: () => void = () => {};
  #closed = false;

  constructor(ports: PodVolumesPorts, context: VolumeContext, pod: ReadonlyPod) {
    this.#ports = ports;
    this.#context = context;
    this.#pod = pod;
    ports.sources.onChange(() => this.refresh());
  }

  /** Host path of a volume that is mounted. */
  pathOf(name: string): string | undefined {
    return this.#mounted.get(name);
  }

  /** Where an image volume's files are mounted. */
  imagePath(name: string): string {
    return `${this.#context.directory}/volumes/kubernetes.io~image/${name}`;
  }

  /** Sets up all volumes; rejects with MountError at the first that cannot be. */
  async mount(pod: ReadonlyPod): Promise<void> {
    this.#pod = pod;
    for (const volume of pod.spec?.volumes ?? []) {
      if (this.#mounted.has(volume.name)) continue;
      try {
        this.#mounted.set(volume.name, await this.#setUp(volume));
      } catch (error) {
        throw new MountError(`MountVolume.SetUp failed for volume "${volume.name}" : ${errorMessage(error)}`);
      }
    }
  }

  /** The pod's labels or annotations may have changed: downward API files follow. */
  update(pod: ReadonlyPod): void {
    const changed = !jsonEqual(
      [pod.metadata.labels, pod.metadata.annotations],
      [this.#pod.metadata.labels, this.#pod.metadata.annotations],
    );
    this.#pod = pod;
    if (changed) this.refresh();
  }

  /** Writes all files anew, in the background, where they differ. */
  refresh(): void {
    if (this.#closed) return;
    this.#work = this.#work.then(async () => {
      for (const volume of this.#pod.spec?.volumes ?? []) {
        if (this.#closed || !this.#mounted.has(volume.name) || !isPayloadVolume(volume)) continue;
        await this.#write(volume).catch((error) =>
          this.#ports.log.warn('could not update a volume', { volume: volume.name, error: errorMessage(error) }),
        );
      }
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#ports.sources.release();
  }

  async remove(): Promise<void> {
    this.close();
    await this.#work;
    await this.#ports.host.removeTree(`${this.#context.memoryDirectory}/${this.#pod.metadata.uid}`);
    await this.#ports.host.removeTree(this.#context.directory);
  }

  async #setUp(volume: ReadonlyVolume): Promise<string> {
    if (volume.hostPath !== undefined) return checkHostPath(this.#ports.host, volume.hostPath);
    if (volume.emptyDir !== undefined) return this.#emptyDir(volume);
    if (isPayloadVolume(volume)) return this.#write(volume);
    // Its image is pulled with the containers', and mounted then.
    if (volume.image !== undefined) return this.imagePath(volume.name);
    throw new Error('no volume plugin matched');
  }

  async #emptyDir(volume: ReadonlyVolume): Promise<string> {
    const path = `${this.#context.directory}/volumes/kubernetes.io~empty-dir/${volume.name}`;
    await this.#ports.host.makeDirectory(path, 0o777);
    if (volume.emptyDir?.medium === 'Memory') {
      const limit = volume.emptyDir.sizeLimit;
      await this.#ports.host.mountTmpfs(path, limit === undefined ? undefined : quantityUnits(parseQuantity(limit)));
      await this.#ports.host.makeDirectory(path, 0o777);
    }
    const gid = this.#pod.spec?.securityContext?.fsGroup;
    if (gid !== undefined) await this.#ports.host.setGroup(path, gid);
    return path;
  }

  async #write(volume: ReadonlyVolume): Promise<string> {
    const kind =
      volume.secret !== undefined
        ? 'secret'
        : volume.configMap !== undefined
          ? 'configmap'
          : volume.downwardAPI !== undefined
            ? 'downward-api'
            : 'projected';
    const inMemory = kind === 'secret' || kind === 'projected';
    const base = inMemory ? `${this.#context.memoryDirectory}/${this.#pod.metadata.uid}` : this.#context.directory;
    const path = `${base}/volumes/kubernetes.io~${kind}/${volume.name}`;
    const files = await this.#payload(volume);
    const gid = this.#pod.spec?.securityContext?.fsGroup;
    if (this.#closed) return path;
    await this.#ports.host.writePayload(path, files, gid === undefined ? {} : { gid });
    return path;
  }

  async #payload(volume: ReadonlyVolume): Promise<Payload> {
    if (volume.configMap !== undefined)
      return this.#configMap(volume.configMap.name ?? '', {
        ...volume.configMap,
        defaultMode: volume.configMap.defaultMode ?? 0o644,
      });
    if (volume.secret !== undefined)
      return this.#secret(volume.secret.secretName ?? '', {
        ...volume.secret,
        defaultMode: volume.secret.defaultMode ?? 0o644,
      });
    if (volume.downwardAPI !== undefined)
      return this.#downward(volume.downwardAPI.items ?? [], volume.downwardAPI.defaultMode ?? 0o644);
    const defaultMode = volume.projected?.defaultMode ?? 0o644;
    const files: Payload = [];
    for (const source of volume.projected?.sources ?? [])
      files.push(...(await this.#projection(source, defaultMode, volume.name)));
    return files;
  }

  async #projection(source: Projection, defaultMode: number, volumeName: string): Promise<Payload> {
    if (source.configMap !== undefined)
      return this.#configMap(source.configMap.name ?? '', { ...source.configMap, defaultMode });
    if (source.secret !== undefined) return this.#secret(source.secret.name ?? '', { ...source.secret, defaultMode });
    if (source.downwardAPI !== undefined) return this.#downward(source.downwardAPI.items ?? [], defaultMode);
    if (source.serviceAccountToken !== undefined)
      return [await this.#token(source.serviceAccountToken, defaultMode, volumeName)];
    throw new Error('this projected volume source is not supported');
  }

  async #configMap(name: string, options: PayloadOptions): Promise<Payload> {
    const configMap = await this.#ports.sources.configMap(name);
    if (configMap === undefined && options.optional !== true) throw new Error(`configmap "${name}" not found`);
    return configMapPayload(configMap ?? { metadata: {} }, {
      items: options.items,
      defaultMode: options.defaultMode,
      optional: options.optional === true,
    });
  }

  async #secret(name: string, options: PayloadOptions): Promise<Payload> {
    const secret = await this.#ports.sources.secret(name);
    if (secret === undefined && options.optional !== true) throw new Error(`secret "${name}" not found`);
    return secretPayload(secret ?? { metadata: {} }, {
      items: options.items,
      defaultMode: options.defaultMode,
      optional: options.optional === true,
    });
  }

  #downward(items: NonNullable<NonNullable<ReadonlyVolume['downwardAPI']>['items']>, defaultMode: number): Payload {
    return downwardPayload(this.#pod, items, {
      addresses: this.#context.addresses(),
      allocatable: this.#context.allocatable,
      defaultMode,
    });
  }

  async #token(
    source: NonNullable<Projection['serviceAccountToken']>,
    defaultMode: number,
    volumeName: string,
  ): Promise<Payload[number]> {
    const key = `${volumeName}/${source.path}`;
    let token = this.#tokens.get(key);
    if (token === undefined || token.renewAtMs <= this.#ports.clock.now()) {
      token = await this.#requestToken(source);
      this.#tokens.set(key, token);
      this.#scheduleRenewal();
    }
    const uid = commonUser(this.#pod);
    const isPrivate = uid !== undefined || this.#pod.spec?.securityContext?.fsGroup !== undefined;
    return {
      path: source.path,
      mode: isPrivate ? 0o600 : defaultMode,
      bytes: new TextEncoder().encode(token.text),
      ...(uid === undefined ? {} : { uid }),
    };
  }

  async #requestToken(source: NonNullable<Projection['serviceAccountToken']>): Promise<Token> {
    const { namespace = '', name = '', uid = '' } = this.#pod.metadata;
    const account = this.#pod.spec?.serviceAccountName ?? 'default';
    const expirationSeconds = source.expirationSeconds ?? 3600;
    const spec = {
      audiences: source.audience === undefined || source.audience === '' ? [] : [source.audience],
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
    };
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
    type Answer = { status?: { token: string; expirationTimestamp?: string } };
    const answer = await this.#ports.client.createSubresource<typeof request, Answer>(
      serviceaccounts,
      { namespace, name: account },
      'token',
      request,
    );
    const nowMs = this.#ports.clock.now();
    const expiresAtMs =
      answer.status?.expirationTimestamp === undefined
        ? nowMs + expirationSeconds * 1000
        : Date.parse(answer.status.expirationTimestamp);
    return { text: answer.status?.token ?? '', renewAtMs: nowMs + Math.min((expiresAtMs - nowMs) * 0.8, dayMs) };
  }

  #scheduleRenewal(): void {
    this.#cancelTimer();
    const nextMs = Math.min(...[...this.#tokens.values()].map(({ renewAtMs }) => renewAtMs));
    const delayMs = Math.max(nextMs - this.#ports.clock.now(), 10_000);
    this.#cancelTimer = this.#ports.clock.after(delayMs, () => {
      this.refresh();
      this.#scheduleRenewal();
    });
  }
}

interface PayloadOptions {
  readonly items?: DeepReadonly<{ key: string; path: string; mode?: number }[]>;
  readonly defaultMode: number;
  readonly optional?: boolean;
}

function isPayloadVolume(volume: ReadonlyVolume): boolean {
  return (
    volume.configMap !== undefined ||
    volume.secret !== undefined ||
    volume.downwardAPI !== undefined ||
    volume.projected !== undefined
  );
}

/** The one user that all containers run as, if it is said in the spec. */
function commonUser(pod: ReadonlyPod): number | undefined {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const users = new Set(
    containers.map(({ securityContext }) => securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser),
  );
  return users.size === 1 ? [...users][0] : undefined;
}
