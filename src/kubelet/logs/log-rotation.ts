/**
 * Keeps container logs from filling the disk, as upstream does: a log over 10 MiB is renamed to `<log>.<time>` and the
 * runtime opens a new one; of the older ones all but the newest are compressed, five files are kept in all.
 *
 *   0.log 0.log.20260101-120000 0.log.20260101-110000.gz …
 * @see https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-rotation
 */
import type { Clock } from '#base/clock.ts';
import { errorMessage, type Logger } from '#base/logger.ts';
import type { LogFiles } from '#kubelet/machine.ts';
import type { ContainerStatus, Runtime } from '#kubelet/runtime.ts';

export const containerLogLimits = { maxBytes: 10 << 20, maxFiles: 5 };
const lookMs = 10_000;

export interface LogRotationPorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly files: LogFiles;
  readonly runtime: Pick<Runtime, 'reopenLog'>;
  /** Those that run now. */
  running(): readonly ContainerStatus[];
}

/**
 * 1. A timer exists only while containers run.
 * 2. Logs are looked at one after the other; looks do not overlap.
 */
export class LogRotation {
  readonly #ports: LogRotationPorts;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(ports: LogRotationPorts) {
    this.#ports = ports;
  }

  /** Containers may have started or ended. */
  wake(): void {
    if (this.#isClosed || this.#cancel !== undefined || this.#ports.running().length === 0) return;
    this.#cancel = this.#ports.clock.after(lookMs, () => {
      void this.#look().finally(() => {
        this.#cancel = undefined;
        this.wake();
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #look(): Promise<void> {
    for (const { id, logPath } of this.#ports.running()) {
      if (this.#isClosed) return;
      try {
        const size = await this.#ports.files.size(logPath);
        if (size !== undefined && size > containerLogLimits.maxBytes) await this.#rotate(id, logPath);
      } catch (error) {
        this.#ports.log.warn('could not rotate a log', { log: logPath, error: errorMessage(error) });
      }
    }
  }

  async #rotate(containerId: string, path: string): Promise<void> {
    const { files, runtime, clock } = this.#ports;
    const older = await files.rotated(path);
    // With the one that is renamed now and the new one there are as many as may be.
    const excess = Math.max(0, older.length - (containerLogLimits.maxFiles - 2));
    for (const file of older.slice(0, excess)) await files.remove(file);
    for (const file of older.slice(excess)) if (!file.endsWith('.gz')) await files.compress(file);
    const rotated = `${path}.${timeSuffix(clock.now())}`;
    await files.rename(path, rotated);
    try {
      await runtime.reopenLog(containerId);
    } catch (error) {
      await files.rename(rotated, path);
      throw error;
    }
  }
}

/** `20260101-120000`, UTC: names sort by age. */
function timeSuffix(atMs: number): string {
  const text = new Date(atMs).toISOString();
  return `${text.slice(0, 10).replaceAll('-', '')}-${text.slice(11, 19).replaceAll(':', '')}`;
}
