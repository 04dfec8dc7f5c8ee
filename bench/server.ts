/** A server process for benchmarks: `wheelhouse up` on a data folder of its own, and a client over HTTPS. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '#client/client.ts';
import { createClient } from '#client/handler-client.ts';
import { createHttpHandler } from '#host/http/client.ts';
import { readKubeconfig } from '#host/kubeconfig-file.ts';
import { systemClock } from '#host/system-clock.ts';

export interface BenchServer {
  readonly client: Client;
  readonly kubeconfig: string;
  readonly dataDir: string;
  readonly pid: number;
  /** From the start of the process to its `ready` line. */
  readonly readyMs: number;
  /** Since the start of the process. */
  cpuMs(): number;
  residentMb(): number;
  /** Ends it as Ctrl-C would, and removes its data. */
  stop(): Promise<void>;
}

const bin = join(import.meta.dirname, '../bin/wheelhouse.js');
const ticksPerSecond = 100;

/** Rejects with the server's own words when it does not become ready. */
export async function startServer(flags: readonly string[]): Promise<BenchServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'wheelhouse-bench-'));
  const kubeconfig = join(dataDir, 'kubeconfig');
  const args = ['up', ...flags, '--listen', '127.0.0.1:0', '--data-dir', dataDir, '--kubeconfig', kubeconfig];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  await ready(child);
  const readyMs = performance.now() - startedMs;
  const http = createHttpHandler(await readKubeconfig(kubeconfig, { clock: systemClock }));
  const pid = child.pid as number;
  return {
    client: createClient(http.handle, { userAgent: 'wheelhouse-bench' }),
    kubeconfig,
    dataDir,
    pid,
    readyMs,
    cpuMs: () => cpuMs(pid),
    residentMb: () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
    async stop() {
      http.close();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
      process.off('exit', end);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Runs the command line on that server's data. Throws with its words. */
export function wheelhouse(server: BenchServer, ...args: string[]): void {
  const ran = spawnSync(process.execPath, [bin, ...args, '--data-dir', server.dataDir], { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`wheelhouse ${args.join(' ')}: ${ran.stderr}`);
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let words = '';
    child.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()));
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('ready ')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the server ended before it was ready (${code}): ${words.trim()}`)));
  });
}

function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1000;
}
