/** One worker: takes keys from a queue and reconciles them, one after another. */
import type { Clock } from '#base/clock.ts';
import { errorMessage } from '#base/logger.ts';
import type { Counter, Histogram, Metrics } from '#base/metrics.ts';
import type { ObjectKey } from '#api/object.ts';
import { isConflict } from '#api/status.ts';
import type { Controller, ControllerContext } from '#controller/controller.ts';
import { TerminalError } from '#controller/controller.ts';
import type { WorkQueue } from '#controller/queue.ts';
import { idOf } from '#controller/queue.ts';

export interface WorkerMetrics {
  readonly duration: Histogram;
  readonly retries: Counter;
}

/** Under upstream's names. */
export function workerMetrics(metrics: Metrics): WorkerMetrics {
  return {
    duration: metrics.histogram(
      'workqueue_work_duration_seconds',
      'How long in seconds processing an item from workqueue takes.',
      ['name'],
      [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10],
    ),
    retries: metrics.counter('workqueue_retries_total', 'Total number of retries handled by workqueue', ['name']),
  };
}

/** How long reconciles may follow each other in one turn of the event loop. */
const sliceMs = 5;

/** Works until the queue is closed. Never rejects. */
export async function work(
  controller: Controller,
  queue: WorkQueue,
  ctx: ControllerContext,
  metrics: WorkerMetrics,
): Promise<void> {
  const labels = { name: controller.name };
  let sliceStart = ctx.clock.monotonic();
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    const startMs = ctx.clock.monotonic();
    await reconcileOnce(controller, queue, ctx, key, () => metrics.retries.inc(labels));
    queue.done(key);
    const endMs = ctx.clock.monotonic();
    metrics.duration.observe((endMs - startMs) / 1000, labels);
    if (endMs - sliceStart > sliceMs) sliceStart = await turned(ctx.clock);
  }
}

async function turned(clock: Clock): Promise<number> {
  await clock.turn();
  return clock.monotonic();
}

async function reconcileOnce(
  controller: Controller,
  queue: WorkQueue,
  ctx: ControllerContext,
  key: ObjectKey,
  onRetry: () => void,
): Promise<void> {
  try {
    const result = await controller.reconcile(key, ctx);
    queue.forget(key);
    if (result !== undefined) queue.addAfter(key, result.requeueAfterMs);
  } catch (error) {
    if (ctx.signal.aborted) return;
    if (error instanceof TerminalError) {
      ctx.log.error('reconcile gave up', { key: idOf(key), error: errorMessage(error) });
      queue.forget(key);
      return;
    }
    onRetry();
    queue.retry(key);
    const fields = { key: idOf(key), failures: queue.failures(key), error: errorMessage(error) };
    if (isConflict(error)) ctx.log.debug('reconcile met a newer version', fields);
    else ctx.log.warn('reconcile failed', fields);
  }
}
