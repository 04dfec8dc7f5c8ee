/** The two servers that are compared: how each is started on one core, found, and stopped. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Contestant {
  readonly name: 'wheelhouse' | 'original';
  readonly kubeconfig: string;
  /** NAME.pid files of what is running. */
  readonly pidsDirectory: string;
  /** For `kbench start`: runs until it is killed. */
  readonly foreground: string;
  readonly stopCommand: string;
  /** Returns when it answers /readyz. */
  start(): void;
  /** Harmless if it does not run. */
  stop(): void;
}

const core = '1';
const main = join(import.meta.dirname, '../bin/wheelhouse.js');

export function wheelhouse(directory: string): Contestant {
  const kubeconfig = join(directory, 'kubeconfig');
  const pidsDirectory = join(directory, 'pids');
  mkdirSync(pidsDirectory, { recursive: true });
  const node = [process.execPath, main];
  const flags = ['--no-node', '--no-controllers', '--listen', '127.0.0.1:0', '--data-dir', join(directory, 'data')];
  const command = ['taskset', '-c', core, ...node, 'up', ...flags, '--kubeconfig', kubeconfig];
  const pidFile = join(pidsDirectory, 'server.pid');
  return {
    name: 'wheelhouse',
    kubeconfig,
    pidsDirectory,
    foreground: `exec ${command.join(' ')}`,
    stopCommand: '',
    start() {
      const log = openSync(join(directory, 'server.log'), 'a');
      const child = spawn(command[0] as string, command.slice(1), { stdio: ['ignore', log, log], detached: true });
      closeSync(log);
      child.unref();
      writeFileSync(pidFile, String(child.pid));
      until(() => readFileSync(join(directory, 'server.log'), 'utf8').includes('ready '));
    },
    stop: () => stopAll(pidsDirectory),
  };
}

/** By the anchor scripts of kbench. */
export function original(directory: string, from: { source: string; binaries: string }): Contestant {
  mkdirSync(directory, { recursive: true });
  const up = join(from.source, 'anchor-up.sh');
  const settings = { BIN: from.binaries, ETCD: join(from.binaries, 'etcd'), RUN: directory, CPU: core, PORT: '27943' };
  const environment = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  // The version of this etcd is not told by its path, as the script would have it: it is 3.6, which knows no v2.
  const etcd = join(directory, 'etcd-3.6');
  spawnSync('ln', ['-sf', settings.ETCD, etcd]);
  environment.push(`ETCD=${etcd}`);
  const pidsDirectory = join(directory, 'pids');
  return {
    name: 'original',
    kubeconfig: join(directory, 'kubeconfig'),
    pidsDirectory,
    foreground: `env ${environment.join(' ')} ${up} -w`,
    stopCommand: `env ${environment.join(' ')} DATA=keep ${join(from.source, 'anchor-down.sh')}`,
    start() {
      const started = spawnSync('env', [...environment, up], { stdio: ['ignore', 'ignore', 'inherit'] });
      if (started.status !== 0) throw new Error(`the original did not start: see ${directory}/kube-apiserver.log`);
    },
    stop: () => stopAll(pidsDirectory),
  };
}

/** Ends what the pid files name: only processes that this run started. */
function stopAll(pidsDirectory: string): void {
  let files: string[] = [];
  try {
    files = readdirSync(pidsDirectory);
  } catch {
    return;
  }
  // The API server before its etcd.
  for (const file of files.toSorted().toReversed()) {
    const path = join(pidsDirectory, file);
    const pid = Number(readFileSync(path, 'utf8'));
    if (signal(pid, 'SIGTERM')) {
      for (let i = 0; i < 50 && signal(pid, 0); i++) sleep(100);
      signal(pid, 'SIGKILL');
    }
    rmSync(path, { force: true });
  }
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

function until(condition: () => boolean): void {
  for (let i = 0; i < 300; i++) {
    if (condition()) return;
    sleep(100);
  }
  throw new Error('a server did not become ready in 30 s');
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
