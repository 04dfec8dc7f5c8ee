import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, startServer, type TestServer, type TestWatch } from '#apiserver/registry/test-server.ts';

const maps = '/api/v1/namespaces/a/configmaps';
const merge = { 'content-type': 'application/merge-patch+json' };
const map = (name: string, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
});

/** Five maps a to e with label odd. */
async function withMaps(): Promise<TestServer> {
  const server = await startServer();
  for (const [i, name] of ['a', 'b', 'c', 'd', 'e'].entries())
    await server.call(`POST ${maps}`, map(name, { odd: String(i % 2) }));
  return server;
}

type Named = { metadata: { name: string } };
const names = (items: readonly Named[]): string[] => items.map((item) => item.metadata.name);

const selections: readonly (readonly [string, readonly string[]])[] = [
  ['', ['a', 'b', 'c', 'd', 'e']],
  ['labelSelector=odd%3D0', ['a', 'c', 'e']],
  ['labelSelector=odd%3E0', ['b', 'd']],
  ['labelSelector=odd%20notin%20(1)', ['a', 'c', 'e']],
  ['labelSelector=!odd', []],
  ['limit=2', ['a', 'b']],
  ['limit=2&resourceVersion=0', ['a', 'b', 'c', 'd', 'e']],
  ['fieldSelector=metadata.name%3Dc', ['c']],
  ['fieldSelector=metadata.name!%3Dc', ['a', 'b', 'd', 'e']],
  ['fieldSelector=metadata.name%3Dc,metadata.name%3Dd', []],
  ['fieldSelector=metadata.namespace%3Db', []],
];

for (const [query, expected] of selections) {
  test(`a list with '${query}' selects [${expected}]`, async () => {
    const server = await withMaps();
    const inNamespace = await server.call(`GET ${maps}?${query}`);
    assert.deepEqual(names(inNamespace.body.items), expected, inNamespace.text);
    const everywhere = await server.call(`GET /api/v1/configmaps?${query}`);
    assert.deepEqual(names(everywhere.body.items), expected);
  });
}

const refusals: readonly (readonly [string, number, string])[] = [
  ['limit=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ['labelSelector=!', 400, "unable to parse requirement: found '', expected: identifier"],
  ['fieldSelector=abc', 400, "invalid selector: 'abc'; can't understand 'abc'"],
  [
    'fieldSelector=data.x%3Dy',
    400,
    '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
  ],
  [
    'resourceVersion=-1',
    400,
    'invalid resource version: resourceVersion: Invalid value: "-1": strconv.ParseUint: parsing "-1": invalid syntax',
  ],
  [
    'resourceVersionMatch=Bogus&resourceVersion=1',
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Bogus": supported values: "Exact", "NotOlderThan", ""',
  ],
  [
    'resourceVersionMatch=Exact&resourceVersion=0',
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  ],
  [
    'sendInitialEvents=true',
    422,
    'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
  ],
  [
    'continue=eyJ2IjoidjIifQ',
    400,
    'invalid continue token: continue key is not valid: server does not recognize this encoded version v2',
  ],
  ['resourceVersion=99999', 504, 'Timeout: Too large resource version: 99999, current: 5'],
  [
    'watch=true&sendInitialEvents=true',
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  ],
];

for (const [query, status, message] of refusals) {
  test(`a list with '${query}' is refused`, async () => {
    const server = await withMaps();
    const answer = await server.call(`GET ${maps}?${query}`);
    assert.equal(answer.body.message, message);
    assert.equal(answer.status, status);
  });
}

test('pages show one state, whatever is written in between', async () => {
  const server = await withMaps();
  const first = await server.call(`GET ${maps}?limit=2`);
  assert.deepEqual(names(first.body.items), ['a', 'b']);
  assert.equal(first.body.metadata.remainingItemCount, 3);
  await server.call(`DELETE ${maps}/d`);
  await server.call(`POST ${maps}`, map('bb'));
  const second = await server.call(`GET ${maps}?limit=2&continue=${first.body.metadata.continue}`);
  assert.deepEqual(names(second.body.items), ['c', 'd']);
  assert.equal(second.body.metadata.remainingItemCount, 1);
  assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
  const last = await server.call(`GET ${maps}?limit=2&continue=${second.body.metadata.continue}`);
  assert.deepEqual(names(last.body.items), ['e']);
  assert.equal(last.body.metadata.continue, undefined);
});

test('an exact list shows the state of its revision', async () => {
  const server = await withMaps();
  const answer = await server.call(`GET ${maps}?resourceVersion=2&resourceVersionMatch=Exact`);
  assert.deepEqual(names(answer.body.items), ['a', 'b']);
  const newer = await server.call(`GET ${maps}?resourceVersion=2`);
  assert.equal(newer.body.items.length, 5);
});

test('a token whose revision is no longer kept brings one that goes on', async () => {
  const server = await withMaps();
  const first = await server.call(`GET ${maps}?limit=2`);
  server.clock.advance(10 * 60_000);
  await server.call(`POST ${maps}`, map('x'));
  server.clock.advance(10 * 60_000);
  await server.call(`POST ${maps}`, map('y'));
  const expired = await server.call(`GET ${maps}?limit=9&continue=${first.body.metadata.continue}`);
  assert.equal(expired.status, 410);
  assert.equal(expired.body.reason, 'Expired');
  const rest = await server.call(`GET ${maps}?limit=9&continue=${expired.body.metadata.continue}`);
  assert.deepEqual(names(rest.body.items), ['c', 'd', 'e', 'x', 'y']);
});

test('long lists come in chunks and are complete', async () => {
  const server = await startServer();
  const filler = 'x'.repeat(1000);
  for (let i = 0; i < 600; i++) {
    const name = `m${String(i).padStart(4, '0')}`;
    await server.call(`POST ${maps}`, { ...map(name), data: { filler } });
  }
  const answer = await server.call(`GET ${maps}`);
  assert.equal(answer.body.items.length, 600);
  assert.equal(answer.body.items[599].metadata.name, 'm0599');
  const table = await server.call(`GET ${maps}`, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  assert.equal(table.body.rows.length, 600);
  assert.deepEqual(table.body.rows[7].cells, ['m0007', 1, '0s']);
});

test('a table has a row per object, with its metadata', async () => {
  const server = await withMaps();
  server.clock.advance(90_000);
  const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
  const answer = await server.call(`GET ${maps}?limit=1`, undefined, accept);
  assert.deepEqual(
    answer.body.columnDefinitions.map((column: { name: string }) => column.name),
    ['Name', 'Data', 'Age'],
  );
  assert.deepEqual(answer.body.rows[0].cells, ['a', 0, '90s']);
  assert.equal(answer.body.rows[0].object.kind, 'PartialObjectMetadata');
  assert.equal(answer.body.rows[0].object.metadata.name, 'a');
  const bare = await server.call(`GET ${maps}/a?includeObject=None`, undefined, accept);
  assert.deepEqual(bare.body.rows, [{ cells: ['a', 0, '90s'], object: null }]);
});

test('metadata alone: no items are null', async () => {
  const server = await startServer();
  const accept = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
  const empty = await server.call(`GET ${maps}`, undefined, accept);
  assert.equal(empty.body.items, null);
  await server.call(`POST ${maps}`, map('a'));
  const one = await server.call(`GET ${maps}`, undefined, accept);
  assert.deepEqual(Object.keys(one.body.items[0]).sort(), ['apiVersion', 'kind', 'metadata']);
});

test('YAML is answered to those who ask for it', async () => {
  const server = await withMaps();
  const answer = await server.call(`GET ${maps}/a`, undefined, { accept: 'application/yaml' });
  assert.equal(answer.headers['content-type'], 'application/yaml');
  assert.match(answer.text, /^apiVersion: v1\nkind: ConfigMap\nmetadata:\n/);
});

type Seen = readonly (readonly [string, string])[];
const seen = (watch: TestWatch): Seen => watch.events.map((event) => [event.type, event.object.metadata.name]);

test('a watch begins with what is there and goes on with what happens', async () => {
  const server = await withMaps();
  const watch = await server.watch(`${maps}?watch=true&labelSelector=odd%3D1`);
  await server.call(`PATCH ${maps}/b`, { data: { k: 'v' } }, merge);
  await server.call(`PATCH ${maps}/a`, { metadata: { labels: { odd: '1' } } }, merge);
  await server.call(`PATCH ${maps}/d`, { metadata: { labels: { odd: '0' } } }, merge);
  await server.call(`DELETE ${maps}/b`);
  await server.call(`DELETE ${maps}/c`);
  assert.deepEqual(seen(watch), [
    ['ADDED', 'b'],
    ['ADDED', 'd'],
    ['MODIFIED', 'b'],
    ['ADDED', 'a'],
    ['DELETED', 'd'],
    ['DELETED', 'b'],
  ]);
  const left = watch.events[4].object.metadata;
  assert.deepEqual(left.labels, { odd: '1' }, 'it is shown as it was selected last');
  assert.equal(Number(left.resourceVersion), 8, 'with the revision of the change');
});

test('a watch from a revision replays what came after it', async () => {
  const server = await withMaps();
  await server.call(`DELETE ${maps}/a`);
  const watch = await server.watch(`${maps}?watch=true&resourceVersion=4`);
  assert.deepEqual(seen(watch), [
    ['ADDED', 'e'],
    ['DELETED', 'a'],
  ]);
});

test('a watch from a revision that is no longer kept ends with an ERROR', async () => {
  const server = await withMaps();
  server.clock.advance(10 * 60_000);
  await server.call(`POST ${maps}`, map('x'));
  const watch = await server.watch(`${maps}?watch=true&resourceVersion=1`);
  assert.equal(watch.events.length, 1);
  assert.equal(watch.events[0].type, 'ERROR');
  assert.equal(watch.events[0].object.code, 410);
  assert.match(watch.events[0].object.message, /^too old resource version: 1 \(\d+\)$/);
  assert.equal(watch.isEnded(), true);
});

test('the initial state ends with a bookmark for those who want one', async () => {
  const server = await withMaps();
  const query = 'watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
  const watch = await server.watch(`${maps}?${query}`);
  assert.equal(watch.events.length, 6);
  const { type, object } = watch.events[5];
  assert.equal(type, 'BOOKMARK');
  assert.deepEqual(object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
  assert.equal(object.metadata.resourceVersion, '5');
  const plain = await server.watch(`${maps}?watch=true&resourceVersion=0`);
  assert.equal(plain.events.length, 5);
});

test('a watch ends after its time, telling how far it came, and leaves nothing behind', async () => {
  const server = await withMaps();
  const watch = await server.watch(`${maps}?watch=true&resourceVersion=5&timeoutSeconds=10&allowWatchBookmarks=true`);
  await server.call('POST /api/v1/namespaces/b/configmaps', map('x'));
  server.clock.advance(10_000);
  assert.equal(watch.isEnded(), true);
  assert.deepEqual(
    watch.events.map((event) => [event.type, event.object.metadata.resourceVersion]),
    [['BOOKMARK', '6']],
  );
  await server.call(`POST ${maps}`, map('y'));
  assert.equal(watch.events.length, 1);
});

test('watchers of one node see pods come and go', async () => {
  const server = await startServer();
  const pods = '/api/v1/namespaces/a/pods';
  const watch = await server.watch('/api/v1/pods?watch=true&fieldSelector=spec.nodeName%3Dn1');
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  };
  await server.call(`POST ${pods}`, pod);
  await server.call(`PATCH ${pods}/p`, { spec: { nodeName: 'n1' } }, merge);
  await server.call(`PATCH ${pods}/p`, { spec: { nodeName: 'n2' } }, merge);
  assert.deepEqual(seen(watch), [
    ['ADDED', 'p'],
    ['DELETED', 'p'],
  ]);
});

test('one frame is made for all who watch the same', async () => {
  const server = await startServer();
  const first = await server.watch(`${maps}?watch=true`);
  const second = await server.watch('/api/v1/configmaps?watch=true');
  await server.call(`POST ${maps}`, map('a'));
  assert.deepEqual(first.events, second.events);
  first.close();
  await server.call(`POST ${maps}`, map('b'));
  assert.equal(first.events.length, 1);
  assert.equal(second.events.length, 2);
});

test('only the first table of a watch has its columns', async () => {
  const server = await withMaps();
  const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
  const watch = await server.watch(`${maps}?watch=true&labelSelector=odd%3D1`, accept);
  assert.equal(watch.events[0].object.columnDefinitions.length, 3);
  assert.equal(watch.events[1].object.columnDefinitions, null);
  assert.deepEqual(watch.events[1].object.rows[0].cells, ['d', 0, '0s']);
});

test('a large list is compressed for those who take it', async () => {
  const server = await startServer({ gzip: fakeGzip });
  const filler = 'x'.repeat(1000);
  for (let i = 0; i < 300; i++) await server.call(`POST ${maps}`, { ...map(`m${i}`), data: { filler } });
  const small = await server.call(`GET ${maps}?limit=2`, undefined, { 'accept-encoding': 'gzip' });
  assert.equal(small.headers['content-encoding'], undefined);
  const plain = await server.call(`GET ${maps}`);
  assert.equal(plain.headers['content-encoding'], undefined);
  const large = await server.call(`GET ${maps}`, undefined, { 'accept-encoding': 'deflate, gzip' });
  assert.equal(large.headers['content-encoding'], 'gzip');
  assert.equal(large.text, `(${plain.text})`);
});

/** Puts parentheses around what it is given. */
async function* fakeGzip(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode('(');
  yield* chunks;
  yield new TextEncoder().encode(')');
}

test('protobuf is answered to those who accept nothing else', async () => {
  const server = await withMaps();
  const only = await server.call(`GET ${maps}/a`, undefined, { accept: 'application/vnd.kubernetes.protobuf' });
  assert.equal(only.headers['content-type'], 'application/vnd.kubernetes.protobuf');
  assert.equal(only.text.startsWith('k8s\0'), true);
  const list = await server.call(`GET ${maps}`, undefined, { accept: 'application/vnd.kubernetes.protobuf' });
  assert.equal(list.text.startsWith('k8s\0'), true);
  assert.equal(list.text.includes('ConfigMapList'), true);
  const either = { accept: 'application/vnd.kubernetes.protobuf,application/json' };
  assert.equal((await server.call(`GET ${maps}/a`, undefined, either)).headers['content-type'], 'application/json');
});

test('a protobuf watch writes each event behind its length', async () => {
  const server = await withMaps();
  const frames: Uint8Array[] = [];
  await server.frames(`${maps}?watch=true&fieldSelector=metadata.name%3Da`, frames, protobufWatch);
  await server.call(`DELETE ${maps}/a`);
  assert.equal(frames.length, 2);
  for (const [i, type] of ['ADDED', 'DELETED'].entries()) {
    const frame = frames[i] as Uint8Array;
    assert.equal(new DataView(frame.buffer, frame.byteOffset).getUint32(0), frame.length - 4);
    assert.equal(new TextDecoder().decode(frame.subarray(6, 6 + type.length)), type);
  }
});

const protobufWatch = { accept: 'application/vnd.kubernetes.protobuf;stream=watch' };

test('a long initial state is sent in pieces, and what happens meanwhile comes behind it', async () => {
  const server = await startServer();
  for (let i = 0; i < 400; i++) await server.call(`POST ${maps}`, map(`m${String(i).padStart(3, '0')}`));
  const watch = await server.watch(
    `${maps}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
  );
  await server.call(`DELETE ${maps}/m000`);
  await server.call(`POST ${maps}`, map('new'));
  assert.equal(watch.events.length, 403);
  assert.deepEqual(seen(watch).slice(399), [
    ['ADDED', 'm399'],
    ['BOOKMARK', undefined],
    ['DELETED', 'm000'],
    ['ADDED', 'new'],
  ]);
});

test('a column that throws ends the watches that show it, no other', async () => {
  const value = (object: { metadata: { name?: string } }): string => {
    if (object.metadata.name === 'bad') throw new Error('out of order');
    return '';
  };
  const broken = { ...configmaps, columns: [{ name: 'X', type: 'string', value }] } as unknown as typeof configmaps;
  const server = await startServer({ resources: [broken] });
  const table = await server.watch(`${maps}?watch=true`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  const plain = await server.watch(`${maps}?watch=true`);
  await server.call(`POST ${maps}`, map('bad'));
  assert.equal(table.events[0].type, 'ERROR');
  assert.equal(table.isEnded(), true);
  assert.deepEqual(seen(plain), [['ADDED', 'bad']]);
});

test('fields of a resource that is stored in another shape go by its own names', async () => {
  const named = {
    ...configmaps,
    group: 'example.com',
    plural: 'namedmaps',
    selectableFieldNames: ['color'],
    selectableFields: (object: { data?: { color?: string } }) => ({ color: object.data?.color ?? '' }),
    storedAs: { resource: configmaps, toStored: (object: object) => object, fromStored: (object: object) => object },
  } as unknown as typeof configmaps;
  const server = await startServer({ resources: [configmaps, named] });
  const path = '/apis/example.com/v1/namespaces/a/namedmaps';
  const watch = await server.watch(`${path}?watch=true&fieldSelector=color%3Dred`);
  await server.call(`POST ${maps}`, { ...map('r'), data: { color: 'red' } });
  await server.call(`POST ${maps}`, { ...map('b'), data: { color: 'blue' } });
  const list = await server.call(`GET ${path}?fieldSelector=color%3Dred`);
  assert.deepEqual(names(list.body.items), ['r'], list.text);
  assert.equal(list.body.apiVersion, 'example.com/v1');
  assert.deepEqual(seen(watch), [['ADDED', 'r']]);
});
