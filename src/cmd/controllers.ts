/**
 * `wheelhouse controllers --kubeconfig FILE`: controllers, garbage collector and scheduler in a process of their own, over
 * watches. Several may be started; one works, by the Lease kube-system/wheelhouse-controllers, the others wait for it.
 */
import { hostname } from 'node:os';
import { nameSuffix } from '#base/random.ts';
import { noMetrics } from '#base/metrics.ts';
import { createClient } from '#client/handler-client.ts';
import { lead } from '#client/lease.ts';
import { createReflectorCaches } from '#client/reflector-caches.ts';
import { runGarbageCollector } from '#controller/garbage-collector/garbage-collector.ts';
import { runControllers } from '#controller/manager.ts';
import { createHttpHandler } from '#host/http/client.ts';
import { readKubeconfig } from '#host/kubeconfig-file.ts';
import { createLogger } from '#host/logger.ts';
import { systemClock } from '#host/system-clock.ts';
import { systemRandom } from '#host/system-random.ts';
import { createControllers } from '#kinds/controllers.ts';
import { runScheduler } from '#scheduler/scheduler.ts';

export interface ControllersFlags {
  readonly kubeconfig: string;
  readonly context?: string;
}

const key = { namespace: 'kube-system', name: 'wheelhouse-controllers' };

/** Until SIGINT or SIGTERM. Throws when the Lease is lost: whatever supervises the process starts it again. */
export async function controllers({ kubeconfig, context }: ControllersFlags): Promise<void> {
  const clock = systemClock;
  const random = systemRandom;
  const log = createLogger({ level: 'warn' });
  const found = await readKubeconfig(kubeconfig, { ...(context === undefined ? {} : { context }), clock });
  const http = createHttpHandler(found);
  const clientFor = (userAgent: string) => createClient(http.handle, { userAgent });
  const client = clientFor('wheelhouse-controllers');
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(name)));
  const identity = `${hostname()}_${nameSuffix(random, 8)}`;
  process.stdout.write(`waiting for the lease ${key.namespace}/${key.name} of ${found.server}\n`);
  try {
    await lead({ client, clock, log, signal: stop.signal }, { key, identity }, async (signal) => {
      const caches = createReflectorCaches({ client, clock, random, log, signal });
      const ports = { client, clientFor, caches, clock, random, log, metrics: noMetrics, signal };
      const runs = [
        runControllers(createControllers({ rootCA: found.authority ?? '' }), ports),
        runGarbageCollector(ports),
        runScheduler({ ...ports, client: clientFor('kube-scheduler') }),
      ];
      await Promise.all(runs.map((run) => run.started));
      process.stdout.write(`ready ${found.server} controllers run as ${identity}\n`);
      await Promise.all(runs.map((run) => run.stopped));
    });
  } finally {
    http.close();
  }
}
