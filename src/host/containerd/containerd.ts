/**
 * A containerd of our own: config, CNI list and folders written, the daemon started in a group of its own (or adopted),
 * waited for, and the sandbox image put into its store.
 */
import {
  accessSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { conflist, type PodNetwork } from '#host/cni/conflist.ts';
import { buildPauseImage } from '#host/images/build.ts';
import { importImageBytes } from '#host/images/import.ts';
import { type Daemon, startDaemon, stopDaemon } from '#host/process/daemon.ts';
import { run } from '#host/process/run.ts';
import { unmountBelow } from '#host/volumes/mounts.ts';
import { type ContainerdPaths, containerdConfig } from '#host/containerd/containerd-config.ts';

export interface ContainerdOptions {
  /** Survives reboots: content, snapshots, config, log. */
  readonly dataDirectory: string;
  /** Socket and running state; short, because the sockets below it are limited to 107 bytes. */
  readonly stateDirectory: string;
  readonly pidFile: string;
  readonly podNetwork: Omit<PodNetwork, 'leaseDirectory'>;
}

export interface Containerd {
  readonly socketPath: string;
  readonly daemon: Daemon;
  /** Ends the daemon and the shims of an empty store; running containers must be gone before. */
  stop(): Promise<void>;
}

export const pauseImage = 'localhost/wheelhouse-pause:1';

/** Resolves when the daemon answers and can start sandboxes. */
export async function startContainerd(options: ContainerdOptions): Promise<Containerd> {
  const paths = await prepare(options);
  const spec = {
    command: 'containerd',
    args: ['--config', configPath(options)],
    pidFile: options.pidFile,
    logFile: join(options.dataDirectory, 'containerd.log'),
  };
  const daemon = startDaemon(spec);
  await waitForSocket(paths.socketPath, daemon, spec.logFile);
  await ensurePauseImage(paths.socketPath);
  return { socketPath: paths.socketPath, daemon, stop: () => stopDaemon(daemon.pid, options.pidFile, 10_000) };
}

/** Unmounts and removes what a stopped containerd has left; for instances that are taken down for good. */
export async function removeContainerdState(options: {
  readonly stateDirectory: string;
  readonly dataDirectory?: string;
}): Promise<void> {
  for (const directory of [options.stateDirectory, options.dataDirectory]) {
    if (directory === undefined) continue;
    await unmountBelow(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

function configPath(options: ContainerdOptions): string {
  return join(options.dataDirectory, 'containerd.toml');
}

async function prepare(options: ContainerdOptions): Promise<ContainerdPaths> {
  const data = options.dataDirectory;
  const cniConfDirectory = join(data, 'cni');
  for (const directory of [
    cniConfDirectory,
    join(data, 'leases'),
    join(data, 'root'),
    join(data, 'certs.d'),
    options.stateDirectory,
  ])
    mkdirSync(directory, { recursive: true, mode: 0o711 });
  const network = { ...options.podNetwork, leaseDirectory: join(data, 'leases') };
  writeFileSync(join(cniConfDirectory, '10-wheelhouse.conflist'), conflist(network));
  const paths: ContainerdPaths = {
    rootDirectory: join(data, 'root'),
    stateDirectory: join(options.stateDirectory, 'c'),
    socketPath: join(options.stateDirectory, 'containerd.sock'),
    cniConfDirectory,
    cniBinDirectory: existsSync('/usr/lib/cni/ptp') ? '/usr/lib/cni' : '/opt/cni/bin',
    sandboxImage: pauseImage,
    registryDirectories: `${join(data, 'certs.d')}:/etc/containerd/certs.d`,
    canLowerOomScore: canLowerOomScore(),
    snapshotter: snapshotterFor(data),
  };
  writeFileSync(configPath(options), containerdConfig(paths));
  return paths;
}

const overlayType = 0x794c7630;

/** Overlays cannot be stacked: below a folder that lies on one (in a container, say) layers are copied instead. */
export function snapshotterFor(dataDirectory: string): 'overlayfs' | 'native' {
  return statfsSync(dataDirectory).type === overlayType ? 'native' : 'overlayfs';
}

/** Tried on this process: its own value is lowered by nothing but CAP_SYS_RESOURCE, and put back. */
export function canLowerOomScore(): boolean {
  const path = '/proc/self/oom_score_adj';
  try {
    const before = Number.parseInt(readFileSync(path, 'utf8'), 10);
    writeProc(path, String(before - 1));
    writeProc(path, String(before));
    return true;
  } catch {
    return false;
  }
}

function writeProc(path: string, text: string): void {
  const fd = openSync(path, 'w');
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

async function waitForSocket(socketPath: string, daemon: Daemon, logFile: string): Promise<void> {
  let ended = false;
  void daemon.exited.then(() => {
    ended = true;
  });
  const deadline = performance.now() + 30_000;
  while (!(await canConnect(socketPath))) {
    if (ended || performance.now() > deadline) throw new Error(`containerd did not start: ${lastLine(logFile)}`);
    await delay(10);
  }
}

function canConnect(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function lastLine(logFile: string): string {
  try {
    accessSync(logFile);
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  } catch {
    return 'no log';
  }
}

async function ensurePauseImage(socketPath: string): Promise<void> {
  const names = await run('ctr', ['-a', socketPath, '-n', 'k8s.io', 'images', 'ls', '-q']);
  if (names.split('\n').includes(pauseImage)) return;
  const { archive } = await buildPauseImage(pauseImage);
  await importImageBytes(socketPath, archive);
}
