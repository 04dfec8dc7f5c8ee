/** `wheelhouse up -d`: starts the same command in a group of its own, shows what it prints, and returns when it is ready. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '#cmd/failure.ts';
import type { UpOptions } from '#cmd/up/options.ts';

/** Set in the environment of a server that runs in the background. */
export const detachedVariable = 'WHEELHOUSE_DETACHED';

/** Throws a Failure with the server's own words when it ends before it is ready. */
export async function detach(options: UpOptions): Promise<void> {
  mkdirSync(join(options.dataDir, 'run'), { recursive: true, mode: 0o700 });
  const logFile = join(options.dataDir, 'run/server.log');
  const log = openSync(logFile, 'a', 0o640);
  // A disk that is full is told here, where somebody reads it.
  writeSync(log, `up ${new Date().toISOString()}\n`);
  const from = statSync(logFile).size;
  const args = process.argv.slice(2).filter((argument) => argument !== '-d' && argument !== '--detach');
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] as string, ...args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, [detachedVariable]: '1' },
  });
  closeSync(log);
  let exitCode: number | null | undefined;
  child.on('exit', (code) => {
    exitCode = code;
  });
  for (;;) {
    const text = readFileSync(logFile).subarray(from).toString();
    const ready = /^ready .*$/m.exec(text);
    if (ready !== null) {
      process.stdout.write(`${ready[0]}\n`);
      child.unref();
      return;
    }
    if (exitCode !== undefined) {
      const sentence = text.trim().replace(/^error: /, '');
      throw new Failure(sentence === '' ? `the server ended before it was ready (${exitCode})` : sentence);
    }
    await delay(20);
  }
}
