import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '#base/random.ts';
import { silentLogger } from '#base/logger.ts';
import type { ApiRequest, ApiResponse, FrameSink, Handler } from '#api/handler.ts';
import { configmaps } from '#api/generated/resources.ts';
import { StatusError, expired } from '#api/status.ts';
import { createClient } from '#client/handler-client.ts';
import { Reflector } from '#client/reflector.ts';
import { VirtualClock } from '#sim/virtual-clock.ts';

/** A server by script: each request takes the next answer. */
function scriptedServer(answers: ((request: ApiRequest) => ApiResponse)[]): { handler: Handler; queries: string[] } {
  const queries: string[] = [];
  return {
    queries,
    handler: async (request) => {
      queries.push(request.query.replace(/&timeoutSeconds=\d+/, ''));
      const answer = answers.shift();
      if (answer === undefined) return { status: 503, headers: {}, body: { kind: 'bytes', bytes: new Uint8Array() } };
      return answer(request);
    },
  };
}
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const json = (status: number, value: unknown): ApiResponse => ({
  status,
  headers: {},
  body: { kind: 'bytes', bytes: bytes(JSON.stringify(value)) },
});
const refuse = (error: StatusError): ApiResponse => json(error.code, error.toStatus());
const object = (name: string, revision: string, annotations?: Record<string, string>): object => ({
  metadata: { namespace: 'a', name, resourceVersion: revision, ...(annotations === undefined ? {} : { annotations }) },
});
const line = (type: string, of: unknown): Uint8Array => bytes(`${JSON.stringify({ type, object: of })}\n`);
function watch(sinks: FrameSink[], ...frames: Uint8Array[]): () => ApiResponse {
  return () => ({
    status: 200,
    headers: {},
    body: {
      kind: 'frames',
      open(sink) {
        sinks.push(sink);
        for (const frame of frames) sink.write(frame);
      },
    },
  });
}
function start(handler: Handler): {
  clock: VirtualClock;
  stop: () => void;
  cache: Reflector<object & { metadata: object }>;
  seen: string[];
} {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const client = createClient(handler, { userAgent: 'test' });
  const cache = new Reflector(configmaps, {
    client,
    clock,
    random: new SeededRandom(1),
    log: silentLogger,
    signal: abort.signal,
  });
  const seen: string[] = [];
  cache.subscribe((event) => {
    const type = event.old === undefined ? '+' : event.new === undefined ? '-' : '~';
    const now = (event.new ?? event.old)?.metadata;
    seen.push(`${type}${now?.name}@${now?.resourceVersion}`);
  });
  return { clock, stop: () => abort.abort(), cache: cache as never, seen };
}

const end = { 'k8s.io/initial-events-end': 'true' };

test('a streaming list fills the cache and the same watch keeps it current', async () => {
  const sinks: FrameSink[] = [];
  const server = scriptedServer([
    watch(
      sinks,
      line('ADDED', object('x', '1')),
      line('ADDED', object('y', '2')),
      line('BOOKMARK', object('', '5', end)),
    ),
  ]);
  const { cache, clock, seen, stop } = start(server.handler);
  await cache.synced;
  assert.equal(
    server.queries[0],
    'resourceVersionMatch=NotOlderThan&watch=true&allowWatchBookmarks=true&sendInitialEvents=true',
  );
  sinks[0]?.write(line('MODIFIED', object('x', '6')));
  sinks[0]?.write(line('DELETED', object('y', '7')));
  await clock.settle();
  assert.deepEqual(seen, ['+x@1', '+y@2', '~x@6', '-y@7']);
  assert.equal([...cache.list('a')].length, 1);
  stop();
});

test('a server without streaming lists is listed, and watched from the list', async () => {
  const sinks: FrameSink[] = [];
  const server = scriptedServer([
    () => refuse(new StatusError(422, 'Invalid', 'sendInitialEvents is forbidden')),
    () => json(200, { items: [object('x', '3')], metadata: { resourceVersion: '4' } }),
    watch(sinks),
  ]);
  const { cache, clock, stop } = start(server.handler);
  await cache.synced;
  await clock.settle();
  assert.deepEqual(server.queries.slice(1), [
    'resourceVersion=0',
    'resourceVersion=4&watch=true&allowWatchBookmarks=true',
  ]);
  assert.equal(cache.get({ namespace: 'a', name: 'x' })?.metadata !== undefined, true);
  stop();
});

test('an ended watch resumes from the last bookmark after a back-off, and 410 lists again and tells the difference', async () => {
  const sinks: FrameSink[] = [];
  const server = scriptedServer([
    watch(
      sinks,
      line('ADDED', object('x', '1')),
      line('ADDED', object('y', '2')),
      line('BOOKMARK', object('', '5', end)),
    ),
    watch(sinks, line('ERROR', expired('too old resource version').toStatus())),
    watch(
      sinks,
      line('ADDED', object('x', '1')),
      line('ADDED', object('z', '8')),
      line('BOOKMARK', object('', '9', end)),
    ),
  ]);
  const { cache, clock, seen, stop } = start(server.handler);
  await cache.synced;
  sinks[0]?.write(line('BOOKMARK', object('', '7')));
  sinks[0]?.end();
  await clock.run(2000);
  assert.equal(server.queries[1], 'resourceVersion=7&watch=true&allowWatchBookmarks=true');
  assert.deepEqual(seen, ['+x@1', '+y@2', '+z@8', '-y@2']);
  stop();
});

test('a server that is down is asked again with growing pauses', async () => {
  const server = scriptedServer([]);
  const { clock, stop } = start(server.handler);
  await clock.run(60_000);
  assert.ok(server.queries.length >= 4 && server.queries.length <= 7, String(server.queries.length));
  stop();
});
