import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, startServer, type TestServer } from '#apiserver/registry/test-server.ts';

const maps = '/api/v1/namespaces/a/configmaps';
const apps = '/apis/apps/v1/namespaces/a/deployments';
const map = (metadata: object, rest: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata, ...rest });
const deployment = (name: string, spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: {}, spec: {} }, ...spec },
});

interface Refusal {
  readonly title: string;
  readonly line: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly message: string;
}

const refusals: readonly Refusal[] = [
  {
    title: 'a name that is taken',
    line: `POST ${maps}`,
    body: map({ name: 'x' }),
    status: 409,
    message: 'configmaps "x" already exists',
  },
  {
    title: 'a taken name in a dry run',
    line: `POST ${maps}?dryRun=All`,
    body: map({ name: 'x' }),
    status: 409,
    message: 'configmaps "x" already exists',
  },
  {
    title: 'another namespace than that of the URL',
    line: `POST ${maps}`,
    body: map({ name: 'y', namespace: 'b' }),
    status: 400,
    message: 'the namespace of the provided object does not match the namespace sent on the request',
  },
  {
    title: 'no name at all',
    line: `POST ${maps}`,
    body: map({}),
    status: 422,
    message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
  },
  {
    title: 'a resourceVersion on create',
    line: `POST ${maps}`,
    body: map({ name: 'y', resourceVersion: '5' }),
    status: 500,
    message: 'resourceVersion should not be set on objects to be created',
  },
  {
    title: 'an unknown dry run',
    line: `POST ${maps}?dryRun=Some`,
    body: map({ name: 'y' }),
    status: 422,
    message: 'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
  },
  {
    title: 'an unknown field under strict validation',
    line: `POST ${maps}?fieldValidation=Strict`,
    body: map({ name: 'y' }, { bogus: 1 }),
    status: 400,
    message: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "bogus"',
  },
  {
    title: 'a content type nobody reads',
    line: `POST ${maps}`,
    body: map({ name: 'y' }),
    headers: { 'content-type': 'text/plain' },
    status: 415,
    message:
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
  {
    title: 'a PUT with another name',
    line: `PUT ${maps}/x`,
    body: map({ name: 'z' }),
    status: 400,
    message: 'the name of the object (z) does not match the name on the URL (x)',
  },
  {
    title: 'a PUT without a name',
    line: `PUT ${maps}/x`,
    body: map({}),
    status: 400,
    message: 'the name of the object (x based on URL) was undeterminable: name must be provided',
  },
  {
    title: 'a PUT of an old version',
    line: `PUT ${maps}/x`,
    body: map({ name: 'x', resourceVersion: '999' }),
    status: 409,
    message:
      'Operation cannot be fulfilled on configmaps "x": the object has been modified; please apply your changes to the latest version and try again',
  },
  {
    title: 'a PUT with a resourceVersion that is no number',
    line: `PUT ${maps}/x`,
    body: map({ name: 'x', resourceVersion: 'abc' }),
    status: 500,
    message: 'strconv.ParseUint: parsing "abc": invalid syntax',
  },
  {
    title: 'a PUT of what is not there',
    line: `PUT ${maps}/none`,
    body: map({ name: 'none' }),
    status: 404,
    message: 'configmaps "none" not found',
  },
  {
    title: 'a patch of what is not there',
    line: `PATCH ${maps}/none`,
    body: {},
    headers: { 'content-type': 'application/merge-patch+json' },
    status: 404,
    message: 'configmaps "none" not found',
  },
  {
    title: 'a patch without a content type',
    line: `PATCH ${maps}/x`,
    body: {},
    status: 415,
    message: '415: Unsupported Media Type',
  },
  {
    title: 'a patch that is no JSON',
    line: `PATCH ${maps}/x`,
    body: '{',
    headers: { 'content-type': 'application/merge-patch+json' },
    status: 400,
    message: 'error decoding patch: unexpected end of JSON input',
  },
  {
    title: 'a path nobody serves',
    line: 'GET /api/v1/namespaces/a/nope',
    status: 404,
    message: 'the server could not find the requested resource',
  },
  {
    title: 'an object outside of a namespace',
    line: 'GET /api/v1/configmaps/x',
    status: 404,
    message: 'the server could not find the requested resource',
  },
  {
    title: 'a method a path has not',
    line: `PUT ${maps}`,
    body: map({ name: 'x' }),
    status: 405,
    message: 'the server does not allow this method on the requested resource',
  },
  {
    title: 'a form nobody writes',
    line: `GET ${maps}/x`,
    headers: { accept: 'application/json;as=Bogus;v=v1;g=meta.k8s.io' },
    status: 406,
    message:
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
  {
    title: 'a media type nobody writes',
    line: `GET ${maps}/x`,
    headers: { accept: 'text/html' },
    status: 406,
    message:
      '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
  {
    title: 'one object as a list',
    line: `GET ${maps}/x`,
    headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
    status: 406,
    message: 'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)',
  },
];

for (const { title, line, body, headers, status, message } of refusals) {
  test(`refused: ${title}`, async () => {
    const server = await startServer();
    await server.call(`POST ${maps}`, map({ name: 'x' }));
    const answer = await server.call(line, body, headers);
    assert.equal(answer.body?.message, message);
    assert.equal(answer.status, status);
    assert.equal(answer.body.kind, 'Status');
  });
}

test('a generated name gets a suffix and is tried again when it is taken', async () => {
  const server = await startServer({ random: constantRandom(3) });
  const first = await server.call(`POST ${maps}`, map({ generateName: 'gen-' }));
  assert.match(first.body.metadata.name, /^gen-[a-z0-9]{5}$/);
  const second = await server.call(`POST ${maps}`, map({ generateName: 'gen-' }));
  assert.equal(second.status, 201, second.text);
  assert.notEqual(second.body.metadata.name, first.body.metadata.name);
});

/** The same five characters for the first `times` names, others afterwards. */
function constantRandom(times: number) {
  let calls = 0;
  return {
    next: () => (++calls <= times * 5 ? 0 : (calls % 27) / 27),
    bytes: (length: number) => Uint8Array.from({ length }, () => ++calls & 255),
  };
}

test('a dry run answers as if it had been done and does nothing', async () => {
  const server = await startServer();
  const answer = await server.call(`POST ${maps}?dryRun=All`, map({ name: 'y' }));
  assert.equal(answer.status, 201);
  assert.equal(answer.body.metadata.resourceVersion, undefined);
  assert.equal((await server.call(`GET ${maps}/y`)).status, 404);
});

test('unknown fields are warned of and dropped', async () => {
  const server = await startServer();
  const answer = await server.call(`POST ${maps}`, map({ name: 'y', bogus: 1 }));
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.headers['warning'], ['299 - "unknown field \\"metadata.bogus\\""']);
  assert.equal(answer.body.metadata.bogus, undefined);
});

test('an update that changes nothing writes nothing', async () => {
  const server = await startServer();
  const created = await server.call(`POST ${maps}`, map({ name: 'x' }, { data: { a: 'b' } }));
  server.clock.advance(5000);
  const answer = await server.call(`PUT ${maps}/x`, map({ name: 'x' }, { data: { a: 'b' } }));
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, created.body);
});

test('a change of the spec begins a generation, one of metadata or status does not', async () => {
  const server = await startServer();
  const created = await server.call(`POST ${apps}`, { ...deployment('d'), status: { replicas: 9 } });
  assert.equal(created.status, 201, created.text);
  assert.equal(created.body.metadata.generation, 1);
  assert.deepEqual(created.body.status, {});
  assert.equal(created.body.spec.replicas, 1);
  const merge = { 'content-type': 'application/merge-patch+json' };
  const labelled = await server.call(`PATCH ${apps}/d`, { metadata: { labels: { a: 'b' } } }, merge);
  assert.equal(labelled.body.metadata.generation, 1);
  const scaled = await server.call(`PATCH ${apps}/d`, { spec: { replicas: 2 }, status: { replicas: 5 } }, merge);
  assert.equal(scaled.body.metadata.generation, 2);
  assert.deepEqual(scaled.body.status, {});
  const status = await server.call(`PATCH ${apps}/d/status`, { spec: { replicas: 7 }, status: { replicas: 5 } }, merge);
  assert.equal(status.status, 200, status.text);
  assert.deepEqual(status.body.status, { replicas: 5 });
  assert.equal(status.body.spec.replicas, 2);
  assert.equal(status.body.metadata.generation, 2);
  const entry = status.body.metadata.managedFields.find(
    (one: { subresource?: string }) => one.subresource === 'status',
  );
  assert.deepEqual(entry.fieldsV1, { 'f:status': { 'f:replicas': {} } });
});

test('what validation says of a changed object is answered in upstream words', async () => {
  const server = await startServer();
  await server.call(`POST ${apps}`, deployment('d'));
  const patch = [{ op: 'replace', path: '/spec/replicas', value: -3 }];
  const answer = await server.call(`PATCH ${apps}/d`, patch, { 'content-type': 'application/json-patch+json' });
  assert.equal(answer.status, 422);
  const text = 'Deployment.apps "d" is invalid: spec.replicas: Invalid value: -3: must be greater than or equal to 0';
  assert.equal(answer.body.message, text);
});

test('scale reads and writes the number of replicas', async () => {
  const server = await startServer();
  await server.call(`POST ${apps}`, deployment('d', { replicas: 3 }));
  const read = await server.call(`GET ${apps}/d/scale`);
  assert.deepEqual(read.body.spec, { replicas: 3 });
  assert.deepEqual(read.body.status, { replicas: 0, selector: 'a=b' });
  assert.equal(read.body.apiVersion, 'autoscaling/v1');
  const put = await server.call(`PUT ${apps}/d/scale`, { ...read.body, spec: { replicas: 5 } });
  assert.equal(put.status, 200, put.text);
  const merge = { 'content-type': 'application/merge-patch+json' };
  const patched = await server.call(`PATCH ${apps}/d/scale`, { spec: { replicas: 6 } }, merge);
  assert.deepEqual(patched.body.spec, { replicas: 6 });
  assert.equal((await server.call(`GET ${apps}/d`)).body.spec.replicas, 6);
  const stale = await server.call(`PUT ${apps}/d/scale`, { ...read.body, spec: { replicas: 1 } });
  assert.equal(stale.status, 409);
});

const mergeHeaders = { 'content-type': 'application/merge-patch+json' };

async function withFinalizer(server: TestServer): Promise<void> {
  await server.call(`POST ${maps}`, map({ name: 'x', finalizers: ['example.com/a'] }));
}

test('a finalizer keeps a deleted object until an update takes it', async () => {
  const server = await startServer();
  await withFinalizer(server);
  const deleted = await server.call(`DELETE ${maps}/x`);
  assert.equal(deleted.status, 200);
  assert.equal(deleted.body.metadata.deletionTimestamp, '2026-03-01T10:00:00Z');
  assert.equal(deleted.body.metadata.deletionGracePeriodSeconds, 0);
  const taken = await server.call(`POST ${maps}`, map({ name: 'x' }));
  assert.equal(taken.body.message, 'object is being deleted: configmaps "x" already exists');
  const gone = await server.call(`PATCH ${maps}/x`, { metadata: { finalizers: null } }, mergeHeaders);
  assert.equal(gone.status, 200, gone.text);
  assert.equal((await server.call(`GET ${maps}/x`)).status, 404);
});

test('a deletion is answered with a Status that names what is gone', async () => {
  const server = await startServer();
  const created = await server.call(`POST ${maps}`, map({ name: 'x' }));
  const answer = await server.call(`DELETE ${maps}/x`);
  assert.deepEqual(answer.body, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: 'x', kind: 'configmaps', uid: created.body.metadata.uid },
  });
  assert.equal((await server.call(`GET ${maps}/x`)).status, 404);
});

for (const [query, finalizers] of [
  ['propagationPolicy=Foreground', ['foregroundDeletion']],
  ['propagationPolicy=Orphan', ['orphan']],
  ['orphanDependents=true', ['orphan']],
] as const) {
  test(`a deletion with ${query} waits for the garbage collector`, async () => {
    const server = await startServer();
    await server.call(`POST ${maps}`, map({ name: 'x' }));
    const answer = await server.call(`DELETE ${maps}/x?${query}`);
    assert.deepEqual(answer.body.metadata.finalizers, finalizers);
    assert.notEqual(answer.body.metadata.deletionTimestamp, undefined);
  });
}

test('preconditions of a deletion must hold', async () => {
  const server = await startServer();
  const created = await server.call(`POST ${maps}`, map({ name: 'x' }));
  const { uid } = created.body.metadata;
  const wrong = await server.call(`DELETE ${maps}/x`, { preconditions: { uid: 'other' } });
  assert.equal(
    wrong.body.message,
    `Operation cannot be fulfilled on ConfigMap "x": the UID in the precondition (other) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
  );
  assert.equal((await server.call(`DELETE ${maps}/x`, { preconditions: { uid } })).status, 200);
});

const pods = '/api/v1/namespaces/a/pods';
const pod = (name: string, nodeName?: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i' }], ...(nodeName === undefined ? {} : { nodeName }) },
});

test('a pod on a node ends gracefully, and a shorter grace period brings the end nearer', async () => {
  const server = await startServer();
  await server.call(`POST ${pods}`, pod('p', 'n'));
  const first = await server.call(`DELETE ${pods}/p`);
  assert.equal(first.body.metadata.deletionGracePeriodSeconds, 30);
  assert.equal(first.body.metadata.deletionTimestamp, '2026-03-01T10:00:30Z');
  const longer = await server.call(`DELETE ${pods}/p?gracePeriodSeconds=60`);
  assert.deepEqual(longer.body, first.body);
  const shorter = await server.call(`DELETE ${pods}/p?gracePeriodSeconds=5`);
  assert.equal(shorter.body.metadata.deletionTimestamp, '2026-03-01T10:00:05Z');
  assert.equal(shorter.body.metadata.deletionGracePeriodSeconds, 5);
  const forced = await server.call(`DELETE ${pods}/p?gracePeriodSeconds=0`);
  assert.equal(forced.status, 200);
  assert.equal((await server.call(`GET ${pods}/p`)).status, 404);
});

test('a pod that never ran goes at once', async () => {
  const server = await startServer();
  await server.call(`POST ${pods}`, pod('p'));
  const answer = await server.call(`DELETE ${pods}/p`);
  assert.equal(answer.body.kind, 'Pod');
  assert.equal((await server.call(`GET ${pods}/p`)).status, 404);
});

test('deleting a collection deletes what is selected', async () => {
  const server = await startServer();
  await server.call(`POST ${maps}`, map({ name: 'x', labels: { l: '1' } }));
  await server.call(`POST ${maps}`, map({ name: 'y', labels: { l: '2' } }));
  const answer = await server.call(`DELETE ${maps}?labelSelector=l%3D1`);
  assert.equal(answer.body.items.length, 1);
  const rest = await server.call(`GET ${maps}`);
  assert.deepEqual(
    rest.body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['y'],
  );
});

test('two patches at once both count', async () => {
  const server = await startServer();
  await server.call(`POST ${maps}`, map({ name: 'x' }));
  const keys = Array.from({ length: 5 }, (_, i) => `k${i}`);
  const answers = await Promise.all(
    keys.map((key) => server.call(`PATCH ${maps}/x`, { data: { [key]: 'v' } }, mergeHeaders)),
  );
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [200, 200, 200, 200, 200],
  );
  assert.deepEqual(Object.keys((await server.call(`GET ${maps}/x`)).body.data).sort(), keys);
});

const review = {
  group: 'example.com',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'reviews',
  singular: 'review',
  namespaced: false,
  schema: 'io.k8s.api.core.v1.ConfigMap',
  virtual: (object: { data?: object }) => Promise.resolve({ ...object, data: { ...object.data, verdict: 'yes' } }),
} as unknown as typeof configmaps;

test('a review is answered and not stored, and there is no table of it', async () => {
  const server = await startServer({ resources: [review] });
  const path = '/apis/example.com/v1/reviews';
  const body = { apiVersion: 'example.com/v1', kind: 'ConfigMap', metadata: {}, data: { question: 'may I' } };
  const answer = await server.call(`POST ${path}`, body);
  assert.equal(answer.status, 201, answer.text);
  assert.deepEqual(answer.body.data, { question: 'may I', verdict: 'yes' });
  assert.equal((await server.call(`GET ${path}`)).status, 405);
  const table = await server.call(`POST ${path}`, body, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  assert.equal(table.status, 406);
});
