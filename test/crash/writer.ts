/**
 * The process that gets killed: many writers on one store. Before a write can be answered it is in the journal as an intent,
 * and at each acknowledgement the journal gets what our own reader sees in the write-ahead log at that instant.
 *
 *     node writer.ts DATABASE JOURNAL SEED
 */
import { openSync, writeSync } from 'node:fs';
import { SeededRandom } from '#base/random.ts';
import { systemClock } from '#host/system-clock.ts';
import { SqliteBackend } from '#host/sqlite/sqlite-backend.ts';
import type { Backend, Handover, Write } from '#storage/backend.ts';
import type { LiveCollection } from '#storage/live-collection.ts';
import { Store } from '#storage/store.ts';
import { WalReader } from './wal.ts';

const [file = '', journalFile = '', seed = '1'] = process.argv.slice(2);
const random = new SeededRandom(Number(seed));
const journal = openSync(journalFile, 'a');
const wal = new WalReader(`${file}-wal`);
const padding = 'x'.repeat(1500);
let counter = 0;

function note(line: unknown): void {
  writeSync(journal, `${JSON.stringify(line)}\n`);
}

function recording(inner: SqliteBackend): Backend {
  const commit = (write: Write): Handover => {
    const handover = inner.commit(write);
    const { revision } = handover;
    const content =
      write.bytes === undefined
        ? null
        : (JSON.parse(new TextDecoder().decode(write.bytes)) as { content: number }).content;
    note({ intent: revision, key: `${write.key.collection}/${write.key.name}`, content });
    if (!write.volatile) {
      void handover.outcome.then((outcome) => {
        if (outcome.kind !== 'committed') throw new Error(`a write was answered ${outcome.kind}`);
        const { salts, frames } = wal.read();
        note({ acknowledged: revision, salts, frames });
      });
    }
    return handover;
  };
  return {
    commit,
    load: () => inner.load(),
    subscribe: (apply, dropped) => inner.subscribe(apply, dropped),
    progress: () => inner.progress(),
    close: () => inner.close(),
  };
}

async function write(collection: LiveCollection, name: string, volatile: boolean): Promise<void> {
  const key = { namespace: 'a', name };
  const head = collection.pending('a', name);
  if (head !== undefined && random.next() < 0.15) await collection.delete(key, head.revision, { volatile });
  else {
    const object = {
      metadata: { name, namespace: 'a' },
      content: ++counter,
      padding: padding.slice(0, Math.floor(random.next() * 1500)),
    };
    await collection.write(key, head?.revision ?? 'absent', { object }, { volatile });
  }
}

const fatal = (sentence: string): never => {
  throw new Error(sentence);
};
// A low ceiling, so that it rises many times in a run.
const backend = new SqliteBackend(file, { fatal, now: Date.now, ceilingStep: 2_000 });
const store = await Store.open(recording(backend), [], { clock: systemClock });
counter = store.revision;
const [durable, leases] = [store.collection({ name: 'things' }), store.collection({ name: 'leases' })];
process.stdout.write(`ready ${store.revision}\n`);

const writer = async (id: number): Promise<never> => {
  for (;;) {
    const name = `w${id}-${Math.floor(random.next() * 40)}`;
    if (random.next() < 0.2) await write(leases, name, true);
    else await write(durable, name, false);
  }
};
await Promise.all(Array.from({ length: 16 }, (_, id) => writer(id)));
