import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { uuid } from '#base/random.ts';
import { gzip } from '#host/compression.ts';
import { createLogger } from '#host/logger.ts';
import { createMetrics } from '#host/metrics.ts';
import { systemClock } from '#host/system-clock.ts';
import { systemRandom } from '#host/system-random.ts';

test('a delay longer than a Node timer can hold does not fire at once', async () => {
  let fired = false;
  const cancel = systemClock.after(40 * 86_400_000, () => (fired = true));
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  cancel();
  assert.equal(fired, false);
});

test('a cancelled timer does not fire', async () => {
  let fired = false;
  systemClock.after(1, () => (fired = true))();
  await new Promise<void>((resolve) => systemClock.after(10, resolve));
  assert.equal(fired, false);
});

test('chance gives different uids and numbers in [0, 1)', () => {
  const seen = new Set(Array.from({ length: 2000 }, () => uuid(systemRandom)));
  assert.equal(seen.size, 2000);
  for (let i = 0; i < 2000; i++) assert.ok(systemRandom.next() >= 0 && systemRandom.next() < 1);
  assert.equal(systemRandom.bytes(1000).byteLength, 1000);
});

test('gzip of chunks unpacks to the same bytes', async () => {
  const parts: Uint8Array[] = [];
  for await (const part of gzip(['a', 'b', 'c'].map((letter) => Buffer.from(letter.repeat(100_000))))) parts.push(part);
  assert.equal(
    gunzipSync(Buffer.concat(parts)).toString(),
    'a'.repeat(100_000) + 'b'.repeat(100_000) + 'c'.repeat(100_000),
  );
});

test('a failure of the source reaches the reader of the compressed chunks', async () => {
  async function* source(): AsyncIterable<Uint8Array> {
    yield Buffer.from('a');
    throw new Error('source failed');
  }
  await assert.rejects(async () => {
    for await (const _ of gzip(source()));
  }, /source failed/);
});

test('a log line carries level, message and fields', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'log-'));
  const destination = join(directory, 'x.log');
  const log = createLogger({ level: 'info', destination }).with({ part: 'test' });
  log.debug('not this');
  log.warn('this', { count: 3 });
  const { time, ...line } = JSON.parse(await readFile(destination, 'utf8'));
  await rm(directory, { recursive: true });
  assert.deepEqual(line, { level: 'warn', part: 'test', count: 3, msg: 'this' });
  assert.ok(Date.parse(time) > 0);
});

test('metrics are exposed as text, the same name being the same metric', async () => {
  const metrics = createMetrics();
  metrics.counter('requests_total', 'Requests.', ['verb']).inc({ verb: 'GET' });
  metrics.counter('requests_total', 'Requests.', ['verb']).inc({ verb: 'GET' }, 2);
  metrics.gauge('depth', 'Depth.').set(7);
  metrics.histogram('seconds', 'Seconds.', [], [0.1, 1]).observe(0.5);
  const text = await metrics.expose();
  for (const line of [
    'requests_total{verb="GET"} 3',
    'depth 7',
    'seconds_bucket{le="1"} 1',
    '# TYPE process_resident_memory_bytes gauge',
  ])
    assert.ok(text.includes(line), line);
});
