/**
 * Deletes what nobody owns any more, and makes deletions wait for dependents (foreground) or spare them (orphan).
 * @see https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 *
 * Two queues, as upstream: objects whose owners are to be checked (attemptToDelete), and owners whose dependents are to be
 * set free (attemptToOrphan). Owners are checked with the server, not with the caches, before anything is deleted.
 */
import type { DeepReadonly } from '#base/immutable.ts';
import { errorMessage } from '#base/logger.ts';
import { customresourcedefinitions, apiservices } from '#api/generated/resources.ts';
import type { HasMetadata, OwnerReference } from '#api/object.ts';
import { isConflict, isInvalid, isNotFound } from '#api/status.ts';
import type { CacheEvent } from '#client/cache.ts';
import type { DiscoveredResource, Discovery } from '#client/discovery.ts';
import { discoverResources } from '#client/discovery.ts';
import type { ControllerPorts, ControllerRun } from '#controller/manager.ts';
import { WorkQueue } from '#controller/queue.ts';
import type { Item } from '#controller/garbage-collector/graph.ts';
import { OwnershipGraph, itemId, itemOf } from '#controller/garbage-collector/graph.ts';
import type { Owners } from '#controller/garbage-collector/verdict.ts';
import {
  blocks,
  foregroundFinalizer,
  hasFinalizer,
  isBeingDeleted,
  judge,
  orphanFinalizer,
  waitsForDependents,
} from '#controller/garbage-collector/verdict.ts';

const workersPerQueue = 10;
const absentOwnersKept = 500;
/** Kinds come in groups (a chart with ten CRDs): they are looked at together. */
const discoveryDelayMs = 500;

/** Starts it. It runs until `ports.signal`. */
export function runGarbageCollector(ports: ControllerPorts): ControllerRun {
  const collector = new GarbageCollector({
    ...ports,
    client: ports.clientFor?.('generic-garbage-collector') ?? ports.client,
    log: ports.log.with({ controller: 'garbage-collector' }),
  });
  const started = collector.start();
  ports.signal.addEventListener('abort', () => collector.close(), { once: true });
  return { started, stopped: started.then(() => collector.work()), isIdle: () => collector.isIdle };
}

/**
 * 1. An object is deleted only after the server said that each of its owners is gone (or waits for its dependents).
 * 2. Every deletion names the uid it was decided for.
 */
class GarbageCollector {
  readonly #ports: ControllerPorts;
  readonly #graph: OwnershipGraph;
  readonly #deletes: WorkQueue<Item>;
  readonly #orphans: WorkQueue<Item>;
  /** Owner uids the server did not know: uids do not come back. */
  readonly #absent = new Set<string>();
  #rediscovery: (() => void) | undefined;

  constructor(ports: ControllerPorts) {
    this.#ports = ports;
    this.#deletes = new WorkQueue<Item>(ports.clock, itemId);
    this.#orphans = new WorkQueue<Item>(ports.clock, itemId);
    this.#graph = new OwnershipGraph(ports.caches, ports.log, (resource, event) => this.#observe(resource, event));
  }

  get isIdle(): boolean {
    return this.#deletes.isIdle && this.#orphans.isIdle && this.#rediscovery === undefined;
  }

  async start(): Promise<void> {
    const discovery = await this.#discover();
    for (const kinds of [customresourcedefinitions, apiservices]) {
      const isServed = discovery?.resources.some(
        (resource) => resource.plural === kinds.plural && resource.group === kinds.group,
      );
      if (isServed === true) this.#ports.caches.of<HasMetadata>(kinds).subscribe(() => this.#rediscover());
    }
  }

  close(): void {
    this.#deletes.close();
    this.#orphans.close();
    this.#rediscovery?.();
  }

  async work(): Promise<void> {
    const workers: Promise<void>[] = [];
    for (let i = 0; i < workersPerQueue; i++) {
      workers.push(this.#drain(this.#deletes, (item) => this.#attemptToDelete(item)));
      workers.push(this.#drain(this.#orphans, (item) => this.#attemptToOrphan(item)));
    }
    await Promise.all(workers);
  }

  #rediscover(): void {
    this.#rediscovery ??= this.#ports.clock.after(discoveryDelayMs, () => {
      void this.#discover().finally(() => (this.#rediscovery = undefined));
    });
  }

  async #discover(): Promise<Discovery | undefined> {
    try {
      const discovery = await discoverResources(this.#ports.client, this.#ports.signal);
      await this.#graph.sync(discovery.resources);
      return discovery;
    } catch (error) {
      if (!this.#ports.signal.aborted) this.#ports.log.warn('discovery failed', { error: errorMessage(error) });
      return undefined;
    }
  }

  /** Which objects a change concerns. */
  #observe(resource: DiscoveredResource, event: CacheEvent<HasMetadata>): void {
    const { old, new: now } = event;
    if (now === undefined) {
      if (old !== undefined) this.#gone(old);
      return;
    }
    if (old !== undefined && old.metadata.uid !== now.metadata.uid) this.#gone(old);
    const isNew = old === undefined || old.metadata.uid !== now.metadata.uid;
    const item = itemOf(resource, now);
    const begins = isBeingDeleted(now) && (isNew || !isBeingDeleted(old));
    const gainedFinalizer = (finalizer: string): boolean =>
      isBeingDeleted(now) && hasFinalizer(now, finalizer) && (begins || !hasFinalizer(old ?? now, finalizer));
    if (gainedFinalizer(orphanFinalizer)) this.#orphans.add(item);
    if (gainedFinalizer(foregroundFinalizer)) this.#startForeground(item);
    if (!isNew && isSameOwners(old, now)) return;
    if (!isNew) this.#wakeOwners(old);
    if (!isBeingDeleted(now) && this.#hasDoubtfulOwner(now)) this.#deletes.add(item);
  }

  #gone(object: DeepReadonly<HasMetadata>): void {
    for (const dependent of this.#graph.dependents(object.metadata.uid ?? '')) this.#deletes.add(dependent);
    this.#wakeOwners(object);
  }

  /** An owner that waits for its dependents has one less. */
  #wakeOwners(object: DeepReadonly<HasMetadata>): void {
    for (const reference of object.metadata.ownerReferences ?? []) {
      const resource = this.#graph.resourceOf(reference);
      if (resource === undefined) continue;
      const key = ownerKey(resource, reference, object);
      const owner = this.#graph.findOwner(resource, key);
      if (owner?.metadata.uid === reference.uid && waitsForDependents(owner))
        this.#deletes.add(itemOf(resource, owner));
    }
  }

  #startForeground(item: Item): void {
    for (const dependent of this.#graph.dependents(item.uid)) {
      if (blocks(dependent.object, item.uid)) this.#deletes.add(dependent);
    }
    this.#deletes.add(item);
  }

  #hasDoubtfulOwner(object: DeepReadonly<HasMetadata>): boolean {
    return (object.metadata.ownerReferences ?? []).some((reference) => {
      const resource = this.#graph.resourceOf(reference);
      if (resource === undefined) return true;
      const owner = this.#graph.findOwner(resource, ownerKey(resource, reference, object));
      return owner?.metadata.uid !== reference.uid || waitsForDependents(owner);
    });
  }

  async #drain(queue: WorkQueue<Item>, attempt: (item: Item) => Promise<void>): Promise<void> {
    for (let item = await queue.take(); item !== undefined; item = await queue.take()) {
      try {
        await attempt(item);
        queue.forget(item);
      } catch (error) {
        if (this.#ports.signal.aborted) return;
        const fields = { item: itemId(item), error: errorMessage(error) };
        if (isConflict(error)) this.#ports.log.debug('collecting met a newer version', fields);
        else this.#ports.log.warn('collecting failed', fields);
        queue.retry(item);
      }
      queue.done(item);
    }
  }

  async #attemptToDelete(item: Item): Promise<void> {
    const object = await this.#ports.client.find(item.resource, item.key);
    if (object === undefined || object.metadata.uid !== item.uid) return;
    if (waitsForDependents(object)) {
      await this.#finishForeground(item, object);
      return;
    }
    if (isBeingDeleted(object)) return;
    const references = object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const owners = await this.#classify(references, object);
    if (owners === undefined) return;
    const hasDependents = this.#graph.dependents(item.uid).next().done !== true;
    const verdict = judge(object, owners, hasDependents);
    if (verdict.kind === 'unlink') await this.#unlink(item, verdict.uids);
    if (verdict.kind !== 'delete') return;
    if (owners.waiting.length > 0 && this.#isInCircle(item)) await this.#unblock(item, object);
    await this.#delete(item, verdict.propagation);
  }

  /** A dependent already waits for its own: owners that wait for each other would wait forever. */
  #isInCircle(item: Item): boolean {
    for (const dependent of this.#graph.dependents(item.uid)) if (waitsForDependents(dependent.object)) return true;
    return false;
  }

  /** Its owners no longer wait for it. */
  async #unblock(item: Item, object: DeepReadonly<HasMetadata>): Promise<void> {
    const { ownerReferences = [], resourceVersion, uid } = object.metadata;
    const freed = ownerReferences.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
    const metadata = { ownerReferences: freed, resourceVersion, uid };
    try {
      await this.#ports.client.patch(item.resource, item.key, { metadata }, { type: 'merge' });
    } catch (error) {
      if (!isNotFound(error) && !isInvalid(error)) throw error;
    }
  }

  /** The last blocking dependent is gone: so may the owner. */
  async #finishForeground(item: Item, object: DeepReadonly<HasMetadata>): Promise<void> {
    let isBlocked = false;
    for (const dependent of this.#graph.dependents(item.uid)) {
      if (!blocks(dependent.object, item.uid)) continue;
      isBlocked = true;
      if (!waitsForDependents(dependent.object)) this.#deletes.add(dependent);
    }
    if (!isBlocked) await this.#removeFinalizer(item, object, foregroundFinalizer);
  }

  /** Undefined: a reference makes no sense (a cluster-wide object owned by a namespaced one); such are left alone. */
  async #classify(
    references: readonly DeepReadonly<OwnerReference>[],
    object: DeepReadonly<HasMetadata>,
  ): Promise<Owners | undefined> {
    const solid: DeepReadonly<OwnerReference>[] = [];
    const dangling: DeepReadonly<OwnerReference>[] = [];
    const waiting: DeepReadonly<OwnerReference>[] = [];
    for (const reference of references) {
      if (this.#absent.has(reference.uid)) {
        dangling.push(reference);
        continue;
      }
      const resource = this.#graph.resourceOf(reference);
      // A kind the server does not have (any more, or yet): nothing is known, so nothing is deleted.
      if (resource === undefined) throw new Error(`no resource for owner ${reference.apiVersion} ${reference.kind}`);
      if (resource.namespaced && (object.metadata.namespace ?? '') === '') return undefined;
      const owner = await this.#ports.client.find(resource, ownerKey(resource, reference, object));
      if (owner === undefined || owner.metadata.uid !== reference.uid) {
        this.#rememberAbsent(reference.uid);
        dangling.push(reference);
      } else (waitsForDependents(owner) ? waiting : solid).push(reference);
    }
    return { solid, dangling, waiting };
  }

  #rememberAbsent(uid: string): void {
    this.#absent.add(uid);
    if (this.#absent.size > absentOwnersKept) this.#absent.delete(this.#absent.values().next().value as string);
  }

  async #delete(item: Item, propagationPolicy: 'Orphan' | 'Background' | 'Foreground'): Promise<void> {
    try {
      const options = { propagationPolicy, preconditions: { uid: item.uid } };
      await this.#ports.client.delete(item.resource, item.key, options);
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** Drops references to the given owners. Strategic merge needs the kind's schema; JSON merge writes the whole list. */
  async #unlink(item: Item, uids: readonly string[]): Promise<void> {
    const object = await this.#ports.client.find(item.resource, item.key);
    if (object === undefined || object.metadata.uid !== item.uid) return;
    const left = (object.metadata.ownerReferences ?? []).filter((reference) => !uids.includes(reference.uid));
    const { resourceVersion, uid } = object.metadata;
    const metadata = { ownerReferences: left.length === 0 ? null : left, resourceVersion, uid };
    try {
      await this.#ports.client.patch(item.resource, item.key, { metadata }, { type: 'merge' });
    } catch (error) {
      if (!isNotFound(error) && !isInvalid(error)) throw error;
    }
  }

  async #attemptToOrphan(item: Item): Promise<void> {
    const results = await Promise.allSettled(
      [...this.#graph.dependents(item.uid)].map((dependent) => this.#unlink(dependent, [item.uid])),
    );
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
    const owner = await this.#ports.client.find(item.resource, item.key);
    if (owner !== undefined && owner.metadata.uid === item.uid) {
      await this.#removeFinalizer(item, owner, orphanFinalizer);
    }
  }

  async #removeFinalizer(item: Item, object: DeepReadonly<HasMetadata>, finalizer: string): Promise<void> {
    if (!hasFinalizer(object, finalizer)) return;
    const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    const { resourceVersion } = object.metadata;
    try {
      const patch = { metadata: { resourceVersion, finalizers } };
      await this.#ports.client.patch(item.resource, item.key, patch, { type: 'merge' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function ownerKey(
  resource: DiscoveredResource,
  reference: DeepReadonly<OwnerReference>,
  dependent: DeepReadonly<HasMetadata>,
): { namespace: string; name: string } {
  return { namespace: resource.namespaced ? (dependent.metadata.namespace ?? '') : '', name: reference.name };
}

function isSameOwners(a: DeepReadonly<HasMetadata>, b: DeepReadonly<HasMetadata>): boolean {
  const [x = [], y = []] = [a.metadata.ownerReferences, b.metadata.ownerReferences];
  if (x === y) return true;
  return (
    x.length === y.length &&
    x.every((owner, i) => owner.uid === y[i]?.uid && owner.blockOwnerDeletion === y[i]?.blockOwnerDeletion)
  );
}
