/**
 * Runs controllers: subscribes to the caches they name, maps each change to keys, and calls reconcile for one key after
 * another, several keys at once.
 *
 *   const run = runControllers([deploymentController], { client, caches, clock, random, log, metrics, signal });
 *   await run.started;
 */
import type { Clock } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { Logger } from '#base/logger.ts';
import { errorMessage } from '#base/logger.ts';
import type { Metrics } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { Cache, CacheListener, Caches } from '#client/cache.ts';
import type { Client } from '#client/client.ts';
import { guarded } from '#client/guarded.ts';
import { createEventRecorder } from '#client/event-recorder.ts';
import type { Controller, ControllerContext } from '#controller/controller.ts';
import { ControllerExpectations } from '#controller/expectations.ts';
import { WorkQueue, idOf } from '#controller/queue.ts';
import { ownedListener } from '#controller/owned.ts';
import { objectKey } from '#client/object-index.ts';
import { work, workerMetrics } from '#controller/worker.ts';

export interface ControllerPorts {
  readonly client: Client;
  /** A client that goes by the controller's name; {@link ControllerPorts.client} for all unless given. */
  readonly clientFor?: (controllerName: string) => Client;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Stops all of them: running reconciles are told by their context's signal. */
  readonly signal: AbortSignal;
}

export interface ControllerRun {
  /** All caches are synced and the workers run. Resolves, too, when the run is stopped before. */
  readonly started: Promise<void>;
  /** All workers have returned. */
  readonly stopped: Promise<void>;
  /** No controller has a key waiting or under way; delayed retries do not count. */
  isIdle(): boolean;
}

/** Starts all controllers, each as soon as the caches it names are synced. Names must differ. */
export function runControllers(controllers: readonly Controller[], ports: ControllerPorts): ControllerRun {
  const metrics = workerMetrics(ports.metrics);
  const runs = controllers.map((controller) => {
    const queue = new WorkQueue(ports.clock);
    const ctx = contextOf(controller, queue, ports);
    const started = start(controller, queue, ctx, ports).catch((error: unknown) => {
      // A kind this server does not have: there is nothing to control.
      ctx.log.info('controller not started', { error: errorMessage(error) });
      queue.close();
    });
    const stopped = started.then(() => {
      const workers = Array.from({ length: controller.workers ?? 5 }, () => work(controller, queue, ctx, metrics));
      return Promise.all(workers);
    });
    ports.signal.addEventListener('abort', () => queue.close(), { once: true });
    return { queue, started, stopped };
  });
  return {
    started: Promise.all(runs.map((run) => run.started)).then(() => undefined),
    stopped: Promise.all(runs.map((run) => run.stopped)).then(() => undefined),
    isIdle: () => runs.every((run) => run.queue.isIdle),
  };
}

function contextOf(controller: Controller, queue: WorkQueue, ports: ControllerPorts): ControllerContext {
  const client = ports.clientFor?.(controller.name) ?? ports.client;
  const log = ports.log.with({ controller: controller.name });
  const { clock, random, signal, caches } = ports;
  return {
    client,
    clock,
    random,
    log,
    events: createEventRecorder({ client, clock, log, signal }, { component: controller.name }),
    cache: (resource) => caches.of(resource),
    enqueue: (key, afterMs = 0) => queue.addAfter(key, afterMs),
    expectations: new ControllerExpectations(clock),
    signal,
  };
}

async function start(
  controller: Controller,
  queue: WorkQueue,
  ctx: ControllerContext,
  ports: ControllerPorts,
): Promise<void> {
  const stop = new Promise<void>((resolve) => {
    if (ports.signal.aborted) resolve();
    ports.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const own: Cache<HasMetadata> = ctx.cache(controller.for);
  const owned = (controller.owns ?? []).map((resource) => ctx.cache(resource as ResourceRef<HasMetadata>));
  const watched = (controller.watches ?? []).map((watch) => ({ watch, cache: ctx.cache(watch.resource) }));
  const read = (controller.reads ?? []).map((resource) => ctx.cache(resource as ResourceRef<HasMetadata>));
  const caches = [own, ...owned, ...watched.map((entry) => entry.cache), ...read];

  own.subscribe(guarded(ctx.log, (event) => enqueueSelf(event.new ?? event.old, queue, ctx, event.new === undefined)));
  for (const cache of owned)
    cache.subscribe(guarded(ctx.log, ownedListener(controller.for, own, queue, ctx.expectations)));
  for (const { watch, cache } of watched) {
    const listener: CacheListener<HasMetadata> = (event) => {
      for (const key of watch.keys(event.new, event.old, ctx)) queue.add(key);
    };
    cache.subscribe(guarded(ctx.log, listener));
  }
  await Promise.race([Promise.all(caches.map((cache) => cache.synced)), stop]);
  if (ports.signal.aborted) return;
  // A cache that was complete before we subscribed told us nothing about what it holds.
  for (const object of own.list()) queue.add(objectKey(object));
  for (const { watch, cache } of watched) {
    for (const object of cache.list()) for (const key of watch.keys(object, undefined, ctx)) queue.add(key);
  }
  if (controller.atStart === true) queue.add({ namespace: '', name: '' });
}

function enqueueSelf(
  object: DeepReadonly<HasMetadata> | undefined,
  queue: WorkQueue,
  ctx: ControllerContext,
  isGone: boolean,
): void {
  if (object === undefined) return;
  const key = objectKey(object);
  if (isGone) ctx.expectations.forget(idOf(key));
  queue.add(key);
}
