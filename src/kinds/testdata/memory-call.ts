/** The ports of a hook over objects in memory: what tests of kinds run their hooks with. */
import type { HasMetadata, ObjectKey } from '#api/object.ts';
import type { HookCall, Reader, Writer } from '#api/resource.ts';
import { groupResource, type ResourceRef } from '#api/resource-ref.ts';
import { alreadyExists, notFound } from '#api/status.ts';
import type { Clock } from '#base/clock.ts';
import { deepFreeze } from '#base/immutable.ts';
import { SeededRandom } from '#base/random.ts';

/** A cluster of plain objects. */
export class MemoryCluster {
  readonly #objects = new Map<string, HasMetadata>();

  put<T extends HasMetadata>(resource: ResourceRef<T>, object: T): void {
    const { namespace = '', name = '' } = object.metadata;
    this.#objects.set(keyText(resource, { namespace, name }), deepFreeze(object));
  }

  names(resource: ResourceRef): string[] {
    return this.#of(resource).map(({ metadata }) => metadata.name ?? '');
  }

  call(overrides: Partial<HookCall> = {}): HookCall {
    return {
      user: { name: 'admin', groups: ['system:masters'] },
      nowMs: 0,
      settings: {
        serviceCIDRs: ['10.96.0.0/24'],
        nodePortRange: { from: 30_000, to: 30_100 },
        serviceAccountIssuer: 'https://kubernetes.default.svc.cluster.local',
      },
      dryRun: false,
      signal: new AbortController().signal,
      clock: stoppedClock,
      random: new SeededRandom(1),
      reader: this.reader,
      writer: this.#writer,
      authorizer: { authorize: () => ({ decision: 'no-opinion', reason: '' }) },
      tokens: {
        issue: () => Promise.resolve({ token: 't', expirationTimestamp: '' }),
        authenticate: () => Promise.resolve(undefined),
      },
      nodes: undefined as never,
      warn() {},
      ...overrides,
    };
  }

  readonly reader: Reader = {
    get: (resource, key) => this.#objects.get(keyText(resource, key)) as never,
    list: (resource, namespace) =>
      this.#of(resource).filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace) as never,
  };

  readonly #writer: Writer = {
    create: async (resource, object) => {
      const { namespace = '', name = '' } = object.metadata;
      if (this.#objects.has(keyText(resource, { namespace, name }))) throw alreadyExists(resource, name);
      this.put(resource, object);
      return object as never;
    },
    update: async () => {
      throw new Error('not used by these kinds');
    },
    delete: async (resource, key) => {
      if (!this.#objects.delete(keyText(resource, key))) throw notFound(resource, key.name);
    },
  };

  #of(resource: ResourceRef): HasMetadata[] {
    const prefix = `${groupResource(resource)}|`;
    return [...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
  }
}

function keyText(resource: { group: string; plural: string }, { namespace, name }: ObjectKey): string {
  return `${groupResource(resource)}|${namespace}|${name}`;
}

const stoppedClock: Clock = {
  now: () => 0,
  monotonic: () => 0,
  after: (_delayMs, callback) => {
    queueMicrotask(callback);
    return () => {};
  },
  turn: () => Promise.resolve(),
};
