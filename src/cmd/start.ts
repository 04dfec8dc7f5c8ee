/**
 * `npm start`: a cluster, the hello example on it, and the proof that it answers through its Service by DNS name from
 * another pod. Prints how long each step took. Stays in the foreground; `--once` takes everything down again.
 */
import { randomBytes } from 'node:crypto';
import { enableCompileCache } from 'node:module';
import { join, resolve } from 'node:path';

enableCompileCache();
const startedAt = performance.now();
const { withFailures } = await import('#cmd/failure.ts');
await withFailures(start);

async function start(): Promise<void> {
  const [{ startCluster }, { upOptions }, { runHello }] = await Promise.all([
    import('#cmd/up/up.ts'),
    import('#cmd/up/options.ts'),
    import('#cmd/hello.ts'),
  ]);
  const isOnce = process.argv.includes('--once');
  const root = resolve(import.meta.dirname, '../..');
  const step = stepTimer();
  const options = upOptions({ dataDir: join(root, '.wheelhouse'), controllers: true, ephemeral: false, detach: false });
  const stopEarly = Promise.withResolvers<never>();
  const onSignal = (): void => stopEarly.reject(new Error('interrupted'));
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const cluster = await startCluster(options);
  step('cluster ready');
  let failure: unknown;
  try {
    const word = randomBytes(4).toString('hex');
    const answered = await Promise.race([
      runHello(cluster, { word, example: join(root, 'examples/01-hello'), step }),
      stopEarly.promise,
    ]);
    process.stdout.write(`word ${word}\n${answered.map((pod) => `pod ${pod}\n`).join('')}`);
    process.stdout.write(`${cluster.ready}\n`);
    if (!isOnce) {
      process.stdout.write(
        `try: kubectl --kubeconfig ${cluster.server.kubeconfig} get pods -A    (Ctrl-C ends the cluster)\n`,
      );
      await stopEarly.promise;
    }
  } catch (error) {
    failure = error;
  }
  await cluster.stop();
  step('taken down');
  if (failure instanceof Error && failure.message !== 'interrupted') throw failure;
  process.exit(failure === undefined || !isOnce ? 0 : 130);
}

/** Prints each step with the milliseconds since the last one. */
function stepTimer(): (what: string) => void {
  let last = startedAt;
  return (what) => {
    const now = performance.now();
    process.stdout.write(`${what.padEnd(28)} ${String(Math.round(now - last)).padStart(6)} ms\n`);
    last = now;
  };
}
