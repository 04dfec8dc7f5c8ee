/** The process of `wheelhouse helm …`: this line's arguments, standard output and error, and the exit code. */
import { writeSync } from 'node:fs';
import { runHelm } from '#cmd/helm/run.ts';

/** Runs the line and sets the exit code; the process ends when nothing is open any more. */
export async function helmMain(line: readonly string[]): Promise<void> {
  process.exitCode = await runHelm(line, {
    environment: process.env,
    write: (text) => writeAll(1, text),
    warn: (text) => writeAll(2, `${text}\n`),
    writeError: (text) => writeAll(2, text),
  });
}

/** The descriptors whose text goes through a stream. */
const streaming = new Set<number>();

/**
 * Written at once: the streams of process.stdout cost milliseconds of loading. A pipe that is full and does not block is
 * given to them after all. A reader that has gone ends the process, as a signal would.
 */
function writeAll(descriptor: 1 | 2, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0 && !streaming.has(descriptor)) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') process.exit(141);
      if (code !== 'EAGAIN') throw error;
      streaming.add(descriptor);
    }
  }
  if (rest.length > 0) (descriptor === 1 ? process.stdout : process.stderr).write(rest);
}
