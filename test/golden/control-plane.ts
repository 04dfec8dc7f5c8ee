/** Starts the control plane as a user would, on a free port and in memory, for tests that talk to it from outside. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunningControlPlane {
  readonly url: string;
  readonly token: string;
  readonly kubeconfig: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '../..');

/** Rejects with what the server printed when it does not become ready. */
export async function startControlPlane(extra: readonly string[] = []): Promise<RunningControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'wheelhouse-golden-'));
  const token = 'golden-admin-token';
  const kubeconfig = join(folder, 'kubeconfig');
  const args = ['up', '--no-node', '--no-controllers', '--ephemeral', '--service-cidr', '10.96.0.0/16'];
  const own = [
    '--listen',
    '127.0.0.1:0',
    '--data-dir',
    join(folder, 'data'),
    '--kubeconfig',
    kubeconfig,
    '--admin-token',
    token,
  ];
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'src/cmd/main.ts'), ...args, ...own, ...extra],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let printed = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (text: Buffer): void => {
      printed += text.toString();
      const match = /^ready .*?(https:\/\/\S+)/m.exec(printed);
      if (match !== null) resolve(match[1] as string);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}:\n${printed}`)));
  });
  return {
    url,
    token,
    kubeconfig,
    pid: child.pid ?? 0,
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
