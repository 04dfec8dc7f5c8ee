/**
 * A server of its own over HTTPS: simulated nodes and pods, memory, and, where the load generator's source is (KBENCH=DIR),
 * a namespace's life and the memory of 100 nodes and 10,000 pods as it is measured of the original.
 *
 *     node bench/wire.ts             BENCH_NODES=5000 BENCH_PODS=10000
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import type { Client } from '#client/client.ts';
import { type BenchServer, startServer } from './server.ts';

const nodeCount = Number(process.env['BENCH_NODES'] ?? 5000);
const podCount = Number(process.env['BENCH_PODS'] ?? 10_000);
const parallel = 64;
const cache = process.env['BENCH_CACHE'] ?? '/root/.cache/wheelhouse-bench';
const source = process.env['KBENCH'] ?? join(import.meta.dirname, '../../shared/bench');

const rows: Record<string, string | number>[] = [];
await simulated();
if (existsSync(source)) await generated();
else process.stdout.write(`skipped churn and scale-memory: no load generator in ${source} (KBENCH=DIR says where)\n`);
console.table(rows);

async function simulated(): Promise<void> {
  const server = await startServer(['--simulate', String(nodeCount)]);
  try {
    const readyCpu = server.cpuMs();
    add(`${nodeCount} simulated nodes Ready, from the start of the process`, server.readyMs, readyCpu, '≤ 12,000 ms');
    const startMs = performance.now();
    await runPods(server.client);
    add(`${podCount} pods Running`, performance.now() - startMs, server.cpuMs() - readyCpu, '≤ 12,000 ms');
    rows.push({ what: 'memory with all of them', MB: Math.round(server.residentMb()) });
  } finally {
    await server.stop();
  }
}

function add(what: string, ms: number, cpuMs: number, target: string): void {
  rows.push({ what, ms: Math.round(ms), 'server CPU ms': Math.round(cpuMs), target });
}

async function runPods(client: Client): Promise<void> {
  const abort = new AbortController();
  const running = allRunning(client, abort.signal);
  let next = 0;
  const create = async (): Promise<void> => {
    while (next < podCount) await client.create(pods, pod(next++));
  };
  await Promise.all(Array.from({ length: parallel }, create));
  await running;
  abort.abort();
}

async function allRunning(client: Client, signal: AbortSignal): Promise<void> {
  const seen = new Set<string>();
  for await (const { object } of client.watch(pods, { namespace: 'default', resourceVersion: '0', signal })) {
    if (object.status?.phase === 'Running') seen.add(object.metadata.name as string);
    if (seen.size === podCount) return;
  }
}

/** Bound already: how fast the scheduler is has a benchmark of its own. */
function pod(index: number): Pod {
  return {
    metadata: { namespace: 'default', name: `p${index}` },
    spec: { nodeName: `node-${index % nodeCount}`, containers: [{ name: 'c', image: 'x' }] },
  };
}

async function generated(): Promise<void> {
  const kbench = join(cache, 'kbench');
  mkdirSync(cache, { recursive: true });
  const built = spawnSync('go', ['build', '-o', kbench, '.'], { cwd: source, stdio: ['ignore', 'ignore', 'inherit'] });
  if (built.status !== 0) {
    process.stdout.write('skipped churn and scale-memory: kbench could not be built, it takes Go on PATH\n');
    return;
  }
  for (const args of [
    ['churn', '-cycles', '5', '-churn-clients', '1', '-runs', '1'],
    ['scale-memory', '-nodes', '100', '-pods', '10000'],
  ]) {
    const server = await startServer(['--simulate', '1']);
    try {
      process.stdout.write(ask(kbench, server, args));
    } finally {
      await server.stop();
    }
  }
}

function ask(kbench: string, { kubeconfig, pid }: BenchServer, args: readonly string[]): string {
  const all = [...args, '-kubeconfig', kubeconfig, '-pids', `server=${pid}`, '-quiet', '0.15', '-quiet-max', '1s'];
  const asked = spawnSync(kbench, all, { encoding: 'utf8', timeout: 240_000 });
  return asked.status === 0 ? asked.stdout : `kbench ${args[0]} failed: ${asked.stderr}\n`;
}
