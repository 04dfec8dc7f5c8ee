/** A private containerd for one test file, and its complete removal: nothing of it may be left on the machine. */
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type LogFields, type Logger } from '#base/logger.ts';
import {
  type Containerd,
  type ContainerdOptions,
  removeContainerdState,
  startContainerd,
} from '#host/containerd/containerd.ts';
import { ContainerdRuntime } from '#host/containerd/containerd-runtime.ts';

export interface ContainerdFixture {
  readonly containerd: Containerd;
  readonly runtime: ContainerdRuntime;
  readonly directory: string;
  readonly instance: string;
  close(): Promise<void>;
}

/** Why these tests cannot run here; undefined if they can. */
export const skipReason: string | undefined =
  process.getuid?.() === 0 && process.platform === 'linux' ? undefined : 'needs root on Linux';

export async function startContainerdFixture(podCidr: string): Promise<ContainerdFixture> {
  mkdirSync('/run/wheelhouse', { recursive: true });
  const stateDirectory = mkdtempSync('/run/wheelhouse/t');
  const directory = mkdtempSync('/tmp/wheelhouse-node-');
  const instance = stateDirectory.slice('/run/wheelhouse/'.length);
  const options: ContainerdOptions = {
    dataDirectory: join(directory, 'containerd'),
    stateDirectory,
    pidFile: join(directory, 'run/containerd.pid'),
    podNetwork: { name: `wheelhouse-${instance}`, podCidr },
  };
  const containerd = await startContainerd(options);
  const runtime = new ContainerdRuntime({
    socketPath: containerd.socketPath,
    scratchDirectory: join(stateDirectory, 'x'),
    log: testLogger,
  });
  const close = async (): Promise<void> => {
    for (const sandbox of (await runtime.list()).sandboxes) {
      await runtime.stopSandbox(sandbox.id);
      await runtime.removeSandbox(sandbox.id);
    }
    runtime.close();
    await containerd.stop();
    await removeContainerdState(options);
    rmSync(directory, { recursive: true, force: true });
  };
  return { containerd, runtime, directory, instance, close };
}

const write = (level: string) => (message: string, fields?: LogFields) => {
  if (process.env['WHEELHOUSE_TEST_LOG'] !== undefined)
    process.stderr.write(`${level} ${message} ${JSON.stringify(fields ?? {})}\n`);
};
export const testLogger: Logger = {
  debug: write('debug'),
  info: write('info'),
  warn: write('warn'),
  error: write('error'),
  with: () => testLogger,
};
