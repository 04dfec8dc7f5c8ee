/**
 * A child that outlives this process: started in a group of its own with its output in a file, known by a pid file.
 * A later run adopts it by that file, provided the process is still the same program.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface DaemonSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly pidFile: string;
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Daemon {
  readonly pid: number;
  /** True: it was running already. */
  readonly adopted: boolean;
  /** Resolves when it has ended. Adopted ones are looked at once a second: they are not our children. */
  readonly exited: Promise<void>;
}

/** Adopts the daemon of the pid file, or starts it. */
export function startDaemon(spec: DaemonSpec): Daemon {
  const running = findDaemon(spec);
  if (running !== undefined) return { pid: running, adopted: true, exited: waitForEnd(running) };
  mkdirSync(dirname(spec.pidFile), { recursive: true });
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, 'a', 0o640);
  const child = spawn(spec.command, spec.args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...spec.env },
  });
  closeSync(log);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.unref();
  if (child.pid === undefined) throw new Error(`could not start ${spec.command}`);
  writePidFile(spec.pidFile, child.pid);
  return { pid: child.pid, adopted: false, exited };
}

/** The pid of the daemon that the pid file names, if it still runs this command. */
export function findDaemon(spec: Pick<DaemonSpec, 'command' | 'args' | 'pidFile'>): number | undefined {
  const pid = readPidFile(spec.pidFile);
  if (pid === undefined) return undefined;
  const line = commandLine(pid);
  const wanted = spec.args.join('\0');
  return line !== undefined && line.endsWith(wanted) ? pid : undefined;
}

/** SIGTERM, then SIGKILL to its group after `graceMs`. Resolves when it is gone; removes the pid file. */
export async function stopDaemon(pid: number, pidFile: string, graceMs: number): Promise<void> {
  kill(pid, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  while (isAlive(pid) && performance.now() < deadline) await delay(10);
  if (isAlive(pid)) kill(pid, 'SIGKILL');
  while (isAlive(pid)) await delay(10);
  rmSync(pidFile, { force: true });
}

/** Atomically, so that a reader never sees half a number. */
export function writePidFile(path: string, pid: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${pid}\n`);
  renameSync(`${path}.new`, path);
}

export function readPidFile(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Running and not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z';
  } catch {
    return false;
  }
}

/**
 * Does the process that had this pid when a file was written still run? Not if the pid's process is a zombie or began
 * after `writtenMs`: then the machine was started again, or the number went round.
 */
export function isSameProcess(pid: number, writtenMs: number): boolean {
  if (process.platform !== 'linux') return canSignal(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const bootSeconds = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
    const startedMs = (bootSeconds + Number(fields[startField]) / ticksPerSecond) * 1000;
    return fields[0] !== 'Z' && startedMs < writtenMs + bootTimeErrorMs;
  } catch {
    return false;
  }
}

/** Of /proc/PID/stat, counted from the state on. */
const startField = 19;
const ticksPerSecond = 100;
/** The time of the boot is known in whole seconds. */
const bootTimeErrorMs = 2000;

function canSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function commandLine(pid: number): string | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '');
    return line === '' ? undefined : line;
  } catch {
    return undefined;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone.
  }
}

async function waitForEnd(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(1000, undefined, { ref: false });
}
