/**
 * One cluster on one machine: its data folder, its run folder, and what was chosen once and is kept (id, port, ranges).
 *
 *   <data-dir>/instance.json  run/{server,agent,containerd}.pid  run/status.json  pki/  db/  kubeconfig
 *   /run/wheelhouse/<id>/     sockets and containerd's state (short paths: a socket's name has 107 bytes at most)
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isSameProcess, readPidFile } from '#host/process/daemon.ts';
import type { NetworkPlan } from '#host/network/instance-network.ts';

/** What instance.json holds. */
export interface InstanceRecord {
  readonly id: string;
  readonly nodeName: string;
  /** The API server's port on loopback, chosen at the first start. */
  readonly port?: number;
  readonly network?: NetworkPlan;
}

export interface Instance {
  readonly dataDir: string;
  readonly runDir: string;
  readonly record: InstanceRecord;
}

/** What a running server says of itself in run/status.json, and `wheelhouse status` prints. */
export interface InstanceStatus {
  readonly dataDir: string;
  readonly url: string;
  readonly kubeconfig: string;
  readonly pids: { readonly server: number; readonly agent?: number; readonly containerd?: number };
  readonly containerdSocket?: string;
  readonly nodeName?: string;
}

/** /var/lib/wheelhouse for root, ~/.local/share/wheelhouse for others; WHEELHOUSE_DATA_DIR overrides. */
export function defaultDataDir(): string {
  const given = process.env['WHEELHOUSE_DATA_DIR'];
  if (given !== undefined && given !== '') return resolve(given);
  return isRoot() ? '/var/lib/wheelhouse' : join(homedir(), '.local/share/wheelhouse');
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Reads the instance of a data folder, or makes it. */
export function openInstance(dataDir: string): Instance {
  mkdirSync(join(dataDir, 'run'), { recursive: true, mode: 0o700 });
  const known = readRecord(dataDir);
  const record = known ?? { id: randomBytes(4).toString('hex'), nodeName: hostname().toLowerCase() };
  if (known === undefined) writeRecord(dataDir, record);
  const runDir = runDirOf(record.id);
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  return { dataDir, runDir, record };
}

/** Undefined: nothing was ever started there. */
export function findInstance(dataDir: string): Instance | undefined {
  const record = readRecord(dataDir);
  return record === undefined ? undefined : { dataDir, runDir: runDirOf(record.id), record };
}

export function updateInstance(instance: Instance, change: Partial<InstanceRecord>): Instance {
  const record = { ...instance.record, ...change };
  writeRecord(instance.dataDir, record);
  return { ...instance, record };
}

function runDirOf(id: string): string {
  return join(isRoot() ? '/run/wheelhouse' : join(process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), 'wheelhouse'), id);
}

function readRecord(dataDir: string): InstanceRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'instance.json'), 'utf8')) as InstanceRecord;
  } catch {
    return undefined;
  }
}

function writeRecord(dataDir: string, record: InstanceRecord): void {
  writeAtomic(join(dataDir, 'instance.json'), `${JSON.stringify(record, null, 2)}\n`);
}

/** Readers see the old text or the new one. */
export function writeAtomic(path: string, text: string, mode = 0o600): void {
  try {
    writeFileSync(`${path}.new`, text, { mode });
    chmodSync(`${path}.new`, mode);
    renameSync(`${path}.new`, path);
  } catch (error) {
    rmSync(`${path}.new`, { force: true });
    throw error;
  }
}

const statusFile = (dataDir: string): string => join(dataDir, 'run/status.json');

export function writeStatus(status: InstanceStatus): void {
  writeAtomic(statusFile(status.dataDir), `${JSON.stringify(status, null, 2)}\n`);
}

/** Agent and containerd may have been started again since the status was written. */
function currentPids(dataDir: string, known: InstanceStatus['pids']): Partial<InstanceStatus['pids']> {
  const current = (name: 'agent' | 'containerd'): Record<string, number> => {
    const pid = known[name] === undefined ? undefined : readPidFile(join(dataDir, `run/${name}.pid`));
    return pid === undefined ? {} : { [name]: pid };
  };
  return { ...current('agent'), ...current('containerd') };
}

/** The status of a server that is alive; undefined otherwise. */
export function readStatus(dataDir: string): InstanceStatus | undefined {
  try {
    const status = JSON.parse(readFileSync(statusFile(dataDir), 'utf8')) as InstanceStatus;
    if (!isSameProcess(status.pids.server, statSync(statusFile(dataDir)).mtimeMs)) return undefined;
    return { ...status, pids: { ...status.pids, ...currentPids(dataDir, status.pids) } };
  } catch {
    return undefined;
  }
}
