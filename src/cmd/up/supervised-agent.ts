/** The node agent as a child in a group of its own: started, adopted after a crash of the server, restarted when it dies. */
import { readFileSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '#base/logger.ts';
import type { AgentConfig } from '#cmd/agent.ts';
import { writeAtomic } from '#cmd/instance.ts';
import {
  type Daemon,
  type DaemonSpec,
  findDaemon,
  readPidFile,
  startDaemon,
  stopDaemon,
} from '#host/process/daemon.ts';

/** An agent does little at a time, and waits: memory that a burst of pods has taken is given back when it is over. */
const agentFlags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1'];
const allocator = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536' };
const restartMs = { first: 100, most: 10_000 };
const drainMs = 90_000;
const leaveMs = 5000;

/** Invariants: 1. while supervised, at most one agent runs. 2. After `leave` or `drain` it is not started again. */
export class SupervisedAgent {
  readonly config: AgentConfig;
  readonly #spec: DaemonSpec;
  readonly #log: Logger;
  #daemon: Daemon;
  #isSupervised = true;

  private constructor(config: AgentConfig, spec: DaemonSpec, log: Logger) {
    this.config = config;
    this.#spec = spec;
    this.#log = log;
    this.#daemon = startDaemon(spec);
    void this.#supervise();
  }

  /** An agent of an earlier server is adopted; with another configuration it is replaced, containers go on either way. */
  static async start(configFile: string, config: AgentConfig, log: Logger): Promise<SupervisedAgent> {
    const main = join(
      import.meta.dirname,
      import.meta.filename.endsWith('.ts') ? '../agent-main.ts' : '../agent-main.js',
    );
    const cache = getCompileCacheDir();
    const spec: DaemonSpec = {
      command: process.execPath,
      args: [...agentFlags, main, configFile],
      pidFile: join(config.pidDirectory, 'agent.pid'),
      logFile: join(config.pidDirectory, 'agent.log'),
      env: { ...allocator, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) },
    };
    const text = JSON.stringify(config);
    // Told by its configuration file: one that another version of this package started is replaced, too.
    const running = findDaemon({ ...spec, args: [configFile] });
    const isCurrent = readIfPresent(configFile) === text && findDaemon(spec) !== undefined;
    if (running !== undefined && !isCurrent) await stopDaemon(running, spec.pidFile, leaveMs);
    writeAtomic(configFile, text);
    return new SupervisedAgent(config, spec, log);
  }

  pids(): { agent: number; containerd?: number } {
    const containerd = readPidFile(join(this.config.pidDirectory, 'containerd.pid'));
    return { agent: this.#daemon.pid, ...(containerd === undefined ? {} : { containerd }) };
  }

  /** Stops looking after it; it and its containers go on. */
  leave(): void {
    this.#isSupervised = false;
  }

  /** Pods end gracefully, containerd ends, the agent ends. */
  async drain(): Promise<void> {
    this.#isSupervised = false;
    try {
      process.kill(this.#daemon.pid, 'SIGINT');
    } catch {
      return;
    }
    const ended = await Promise.race([this.#daemon.exited.then(() => true), delay(drainMs, false, { ref: false })]);
    if (!ended) process.kill(this.#daemon.pid, 'SIGKILL');
  }

  async #supervise(): Promise<void> {
    let waitMs = restartMs.first;
    while (this.#isSupervised) {
      const startedAt = performance.now();
      await this.#daemon.exited;
      if (!this.#isSupervised) return;
      if (performance.now() - startedAt > restartMs.most) waitMs = restartMs.first;
      this.#log.warn('the agent ended and is started again', { pid: this.#daemon.pid, afterMs: waitMs });
      await delay(waitMs);
      waitMs = Math.min(waitMs * 2, restartMs.most);
      if (this.#isSupervised) this.#daemon = startDaemon(this.#spec);
    }
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
