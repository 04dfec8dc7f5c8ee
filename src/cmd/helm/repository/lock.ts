/**
 * One writer of a file at a time. Deviation: Helm locks with flock(2), which this runtime does not offer; we make a file that
 * only one process can make. Helm and we do not wait for each other; both write the file whole, so that none reads half of it.
 */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { ChartError } from '#platform/charts/chart.ts';

const attempts = 300;
const pauseMs = 100;

/** Runs a body while nobody else does; waits up to 30 seconds. Rejects with {@link ChartError} after that. */
export async function withFileLock<T>(path: string, body: () => Promise<T>): Promise<T> {
  const own = `${path}.owner`;
  for (let attempt = 0; !take(own); attempt++) {
    if (attempt === attempts) throw new ChartError('context deadline exceeded');
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  try {
    return await body();
  } finally {
    rmSync(own, { force: true });
  }
}

function take(path: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o644);
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (isAbandoned(path)) rmSync(path, { force: true });
    return false;
  }
}

/** Its owner is dead. */
function isAbandoned(path: string): boolean {
  try {
    const owner = Number(readFileSync(path, 'utf8'));
    if (!Number.isInteger(owner) || owner <= 0) return false;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
