/** The worker thread around a LogDatabase: one message in, one answer out, in order. */
import { parentPort, workerData } from 'node:worker_threads';
import { Refused, resultCode, sqlite } from '#host/sqlite/format.ts';
import { LogDatabase } from '#host/sqlite/log-database.ts';
import type { FromWorker, ToWorker, WorkerStart } from '#host/sqlite/messages.ts';

const { file, ceilingStep } = workerData as WorkerStart;
let epoch = 0;
/** After an error nothing is tried again; the main thread ends this one. */
let isBroken = false;

function say(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

/** Runs a write; `whenFull` says what a full disk means for it. Any other error ends this worker's work. */
function attempt(write: () => void, whenFull: (message: string) => void): void {
  try {
    write();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (resultCode(error) === sqlite.FULL) {
      whenFull(message);
      return;
    }
    isBroken = true;
    say({ kind: 'fatal', sentence: `${file} cannot be written: ${message}.` });
  }
}

function commit(database: LogDatabase, message: ToWorker & { kind: 'commit' }): void {
  if (message.epoch !== epoch) return;
  attempt(
    () => {
      database.commit(message.batch, message.ceiling);
      say({ kind: 'committed' });
    },
    (text) => {
      epoch++;
      say({ kind: 'full', message: text });
    },
  );
}

function probe(database: LogDatabase): void {
  attempt(
    () => {
      database.probe();
      say({ kind: 'probed', isWritable: true });
    },
    () => say({ kind: 'probed', isWritable: false }),
  );
}

function close(database: LogDatabase, message: ToWorker & { kind: 'close' }): void {
  attempt(
    () => {
      database.close(message.rest, message.revision);
      say({ kind: 'closed' });
    },
    (text) => say({ kind: 'notClosed', message: text }),
  );
}

function serve(database: LogDatabase): void {
  parentPort?.on('message', (message: ToWorker) => {
    if (isBroken) return;
    if (message.kind === 'commit') commit(database, message);
    else if (message.kind === 'probe') probe(database);
    else if (message.kind === 'close') close(database, message);
    else database.injectFault(message.fault);
  });
}

try {
  const database = LogDatabase.open(file, ceilingStep);
  const loaded = database.load((chunk) => say({ kind: 'chunk', chunk }, [chunk.buffer]));
  serve(database);
  say({ kind: 'loaded', ...loaded });
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  say({ kind: 'refused', sentence: error.message });
}
