/**
 * How long until a pod runs: created through the API of a server with a real node, image on the node, until a watch says
 * Running and Ready. One at a time, and 16 at once. As root on Linux with containerd and runc.
 *
 *     node bench/pod-start.ts        BENCH_RUNS=20
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import type { Client } from '#client/client.ts';
import { type BenchServer, startServer, wheelhouse } from './server.ts';

const runs = Number(process.env['BENCH_RUNS'] ?? 20);
const atOnce = 16;
const image = 'localhost/bench:1';
const timeoutMs = 60_000;

if (process.getuid?.() !== 0 || !['/usr/bin/containerd', '/usr/local/bin/containerd'].some(existsSync))
  process.stdout.write('skipped: real pods take root and containerd\n');
else await main();

async function main(): Promise<void> {
  const server = await startServer(['--node']);
  try {
    wheelhouse(server, 'image', 'build', join(import.meta.dirname, '../examples/01-hello/image'), '-t', image);
    await measure(server);
  } finally {
    await server.stop();
  }
}

async function measure({ client, readyMs }: BenchServer): Promise<void> {
  await start(client, ['warm-0']);
  const single: number[] = [];
  for (let i = 0; i < runs; i++) single.push(...(await start(client, [`one-${i}`])));
  const together = await start(
    client,
    Array.from({ length: atOnce }, (_, i) => `many-${i}`),
  );
  console.table([
    { what: 'up with a real node, from the start of the process', ms: Math.round(readyMs), target: '' },
    { what: 'one at a time: p50', ms: percentile(single, 0.5), target: '≤ 400 ms' },
    { what: 'one at a time: p99', ms: percentile(single, 0.99), target: '≤ 1,000 ms' },
    { what: `${atOnce} at once: the last`, ms: percentile(together, 1), target: '≤ 2,000 ms' },
  ]);
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] as number);
}

/** Milliseconds of each from its create to Ready; deletes them when all are. */
async function start(client: Client, names: readonly string[]): Promise<number[]> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeoutMs);
  const since = (await client.list(pods, { namespace: 'default' })).metadata.resourceVersion as string;
  const times = readyTimes(client, new Set(names), { since, signal: limit.signal });
  const startMs = performance.now();
  await Promise.all(names.map((name) => client.create(pods, pod(name))));
  const readyAt = await times;
  clearTimeout(timer);
  const gone = names.map((name) => client.delete(pods, { namespace: 'default', name }, { gracePeriodSeconds: 0 }));
  await Promise.all(gone);
  return readyAt.map((ms) => ms - startMs);
}

async function readyTimes(
  client: Client,
  waiting: Set<string>,
  { since, signal }: { since: string; signal: AbortSignal },
): Promise<number[]> {
  const times: number[] = [];
  for await (const { object } of client.watch(pods, { namespace: 'default', resourceVersion: since, signal })) {
    const isReady = object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    if (isReady === true && waiting.delete(object.metadata.name as string)) times.push(performance.now());
    if (waiting.size === 0) return times;
  }
  throw new Error(`not ready within ${timeoutMs / 1000} s: ${[...waiting].join(', ')}`);
}

function pod(name: string): Pod {
  const container = { name: 'c', image, imagePullPolicy: 'Never' as const, command: ['/bin/busybox', 'sleep', '3600'] };
  return {
    metadata: { namespace: 'default', name },
    spec: { terminationGracePeriodSeconds: 0, containers: [container] },
  };
}
