/** `wheelhouse down`: asks the server to end as Ctrl-C would, and waits until it is gone. */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '#cmd/failure.ts';
import { defaultDataDir, readStatus } from '#cmd/instance.ts';
import { isAlive, readPidFile } from '#host/process/daemon.ts';

const waitMs = 120_000;

export async function down(flags: { readonly dataDir?: string; readonly delete: boolean }): Promise<void> {
  const dataDir = flags.dataDir === undefined ? defaultDataDir() : resolve(flags.dataDir);
  const running = readStatus(dataDir);
  const agent = readPidFile(join(dataDir, 'run/agent.pid'));
  if (running === undefined && agent !== undefined && isAlive(agent))
    throw new Failure(
      `the server of ${dataDir} is gone, but its agent (pid ${agent}) still runs containers: wheelhouse up -d goes on where it was, then wheelhouse down ends all`,
    );
  if (running === undefined && !flags.delete) throw new Failure(`no cluster runs on ${dataDir}`);
  if (running !== undefined) {
    // SIGINT: the whole cluster ends, pods included, however it was started.
    process.kill(running.pids.server, 'SIGINT');
    const deadline = Date.now() + waitMs;
    while (readStatus(dataDir) !== undefined) {
      if (Date.now() > deadline)
        throw new Failure(`the server (pid ${running.pids.server}) did not end within ${waitMs / 1000} s`);
      await delay(50);
    }
  }
  if (flags.delete) rmSync(dataDir, { recursive: true, force: true });
  process.stderr.write('down\n');
}
