/** `wheelhouse status` and `wheelhouse kubeconfig`. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '#cmd/failure.ts';
import { defaultDataDir, type InstanceStatus, readStatus } from '#cmd/instance.ts';

interface Flags {
  readonly dataDir?: string;
  readonly output?: string;
}

/** The status of the running cluster. Throws a Failure with the next command to try when there is none. */
export function runningStatus(flags: { readonly dataDir?: string }): InstanceStatus {
  const dataDir = flags.dataDir === undefined ? defaultDataDir() : resolve(flags.dataDir);
  const status = readStatus(dataDir);
  if (status === undefined) throw new Failure(`no cluster runs on ${dataDir}: start one with wheelhouse up -d`);
  return status;
}

export async function status(flags: Flags): Promise<void> {
  const running = runningStatus(flags);
  if (flags.output !== undefined && flags.output !== 'json')
    throw new Failure(`unknown output ${JSON.stringify(flags.output)}: json is the one there is`);
  if (flags.output === 'json') {
    process.stdout.write(`${JSON.stringify(running, null, 2)}\n`);
    return;
  }
  const pids = Object.entries(running.pids).map(([name, pid]) => `${name} ${pid}`);
  const rows: [string, string | undefined][] = [
    ['URL', running.url],
    ['kubeconfig', running.kubeconfig],
    ['data', running.dataDir],
    ['processes', pids.join(', ')],
    ['containerd', running.containerdSocket],
  ];
  for (const [name, value] of rows) if (value !== undefined) process.stdout.write(`${name.padEnd(11)} ${value}\n`);
}

export async function printKubeconfig(flags: Flags): Promise<void> {
  process.stdout.write(readFileSync(runningStatus(flags).kubeconfig, 'utf8'));
}
