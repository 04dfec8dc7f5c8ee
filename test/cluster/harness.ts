/**
 * A real cluster for one test file, run as a user runs it: `wheelhouse up` in the foreground, with a data folder, a port
 * and address ranges of its own, so that files may run beside each other; and the proof that nothing of it is left.
 *
 *   const cluster = await startRealCluster();
 *   await cluster.buildImage('localhost/box:1');
 *   await cluster.kubectl('get', 'pods');
 *   assert.deepEqual(await cluster.takeDown(), []);
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '#client/client.ts';
import { createClient } from '#client/handler-client.ts';
import { obstacle } from '#cmd/doctor.ts';
import type { InstanceStatus } from '#cmd/instance.ts';
import { createHttpHandler } from '#host/http/client.ts';
import { readKubeconfig } from '#host/kubeconfig-file.ts';
import { systemClock } from '#host/system-clock.ts';
import { leftoversOf, linksOf } from './leftovers.ts';

/** Why a real node cannot run here; undefined if it can. */
export const noRealNode: string | undefined = obstacle();

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line's file. */
export const wheelhouse = join(import.meta.dirname, '../../bin/wheelhouse.js');
const readyMs = 60_000;
const endMs = 60_000;

/** Resolves when the cluster is ready. `flags` go to `up`. */
export async function startRealCluster(flags: readonly string[] = []): Promise<RealCluster> {
  const cluster = new RealCluster(mkdtempSync('/tmp/wheelhouse-cluster-'), flags);
  try {
    await cluster.up();
  } catch (error) {
    await cluster.takeDown();
    throw error;
  }
  return cluster;
}

/** Invariants: 1. at most one server of it runs. 2. After takeDown() it is not used again. */
export class RealCluster {
  readonly dataDir: string;
  readonly #flags: readonly string[];
  #server: ChildProcess | undefined;

  constructor(dataDir: string, flags: readonly string[]) {
    this.dataDir = dataDir;
    this.#flags = flags;
  }

  get kubeconfig(): string {
    return join(this.dataDir, 'kubeconfig');
  }

  get instance(): {
    readonly id: string;
    readonly network?: { readonly podCIDR: string; readonly serviceCIDR: string };
  } {
    return JSON.parse(readFileSync(join(this.dataDir, 'instance.json'), 'utf8'));
  }

  /** As the server wrote it when it was ready. */
  get status(): InstanceStatus {
    return JSON.parse(readFileSync(join(this.dataDir, 'run/status.json'), 'utf8')) as InstanceStatus;
  }

  /** Of the agent or containerd that runs now. */
  pidOf(what: 'agent' | 'containerd'): number {
    return Number(readFileSync(join(this.dataDir, `run/${what}.pid`), 'utf8'));
  }

  /** The flags of every `up` of this cluster. */
  get upArguments(): readonly string[] {
    return ['up', '--data-dir', this.dataDir, '--listen', '127.0.0.1:0', ...this.#flags];
  }

  /** Resolves when the line that starts with `ready` was printed; rejects with the server's words when it ends before. */
  async up(): Promise<void> {
    const child = spawn(process.execPath, [wheelhouse, ...this.upArguments], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#server = child;
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => void (words += chunk.toString()));
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`up was not ready within ${readyMs} ms: ${words}`)), readyMs);
      child.once('exit', () => clearTimeout(timer));
      child.stdout.on('data', (chunk: Buffer) => {
        if (!/^ready https:/m.test(chunk.toString())) return;
        clearTimeout(timer);
        resolve();
      });
      child.once('exit', (code) => reject(new Error(`up ended with ${code}: ${words}`)));
    });
  }

  /** kill -9 of the server alone. Resolves when it is gone. */
  async killServer(): Promise<void> {
    const ended = endOf(this.#server);
    this.#server?.kill('SIGKILL');
    await ended;
  }

  /** SIGINT, as Ctrl-C sends it. Resolves with the exit code. */
  async interrupt(): Promise<number | null> {
    const ended = endOf(this.#server);
    this.#server?.kill('SIGINT');
    const code = await Promise.race([ended, delay(endMs, 'late' as const, { ref: false })]);
    if (code === 'late') throw new Error(`the server did not end within ${endMs} ms of SIGINT`);
    return code;
  }

  /** A client of its own connection, as the admin of the kubeconfig. The caller closes it. */
  async connect(): Promise<{ readonly client: Client; close(): void }> {
    const http = createHttpHandler(await readKubeconfig(this.kubeconfig, { clock: systemClock }));
    return { client: createClient(http.handle, { userAgent: 'test' }), close: () => http.close() };
  }

  kubectl(...args: string[]): Promise<Finished> {
    return run('kubectl', ['--kubeconfig', this.kubeconfig, ...args]);
  }

  /** Runs the project's own command line against this cluster. */
  wheelhouse(...args: string[]): Promise<Finished> {
    return run(process.execPath, [wheelhouse, ...args, '--data-dir', this.dataDir]);
  }

  /** An image of nothing but busybox. */
  async buildImage(name: string): Promise<void> {
    const folder = mkdtempSync('/tmp/wheelhouse-image-');
    const built = await this.wheelhouse('image', 'build', folder, '-t', name);
    rmSync(folder, { recursive: true });
    if (built.code !== 0) throw new Error(`image build: ${built.stderr}`);
  }

  /** For the end of a test that may have failed halfway: takes down what was not taken down. */
  async abandon(): Promise<void> {
    if (existsSync(this.dataDir)) await this.takeDown();
  }

  /** Ends the cluster and removes its data. Resolves with what is left of it on the machine: nothing, or it is a bug. */
  async takeDown(): Promise<string[]> {
    const { id, network } = this.instance;
    const links = await linksOf(id, network?.podCIDR);
    const code = await this.interrupt();
    const left = await leftoversOf({ id, dataDir: this.dataDir, links });
    rmSync(this.dataDir, { recursive: true, force: true });
    return code === 0 ? left : [`exit code ${code}`, ...left];
  }
}

export interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
}

/** Runs a command to its end; never rejects for an exit code. 60 s at most. */
export function run(command: string, args: readonly string[], { input, cwd }: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { cwd, timeout: 60_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}

/** Waits until a condition holds, looking every 50 ms: for what another program shows. Rejects with `what`. */
export async function eventually<T>(what: string, timeoutMs: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not come about within ${timeoutMs} ms`);
    await delay(50);
  }
}

function endOf(child: ChildProcess | undefined): Promise<number | null> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve(child?.exitCode ?? null);
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}
