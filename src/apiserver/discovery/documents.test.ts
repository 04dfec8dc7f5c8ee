import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { HasMetadata } from '#api/object.ts';
import type { Resource } from '#api/resource.ts';
import { type ApiResource, compareVersions, discoveryDocuments } from '#apiserver/discovery/documents.ts';

const recorded = JSON.parse(gunzipSync(readFileSync('spec/kubernetes/discovery.json.gz')).toString()).default;

const resource = (group: string, kind: string, plural: string, more: Partial<Resource> = {}): Resource => ({
  group,
  version: 'v1',
  kind,
  plural,
  singular: kind.toLowerCase(),
  namespaced: true,
  schema: '',
  ...more,
});
const noHook = (): Promise<never> => Promise.reject(new Error('not called'));

const pod = resource('', 'Pod', 'pods', {
  shortNames: ['po'],
  categories: ['all'],
  subresources: {
    status: true,
    ephemeralcontainers: { kind: 'Pod', verbs: ['get', 'patch', 'update'], update: {} },
    resize: { kind: 'Pod', verbs: ['get', 'patch', 'update'], update: {} },
    log: { kind: 'Pod', verbs: ['get'] },
    exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
    attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
    portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
    proxy: { kind: 'PodProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
    binding: { kind: 'Binding', verbs: ['create'], create: noHook },
    eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'], create: noHook },
  },
});
const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelector: () => '' };
const deployment = resource('apps', 'Deployment', 'deployments', {
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: { status: true, scale },
});
const event = resource('', 'Event', 'events', { shortNames: ['ev'] });
const newEvent = resource('events.k8s.io', 'Event', 'events', {
  shortNames: ['ev'],
  storedAs: {
    resource: event,
    toStored: (object: HasMetadata) => object as never,
    fromStored: (object) => object as never,
  },
});
const namespace = resource('', 'Namespace', 'namespaces', {
  namespaced: false,
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: { status: true, finalize: { kind: 'Namespace', verbs: ['update'], update: {} } },
});
const tokenReview = resource('authentication.k8s.io', 'TokenReview', 'tokenreviews', {
  namespaced: false,
  virtual: noHook,
});
const list = [pod, event, namespace, deployment, newEvent, tokenReview];

/** The recorded entries of the resources that are in the list. */
function expected(path: string, plural: string): ApiResource[] {
  return recorded[path].resources.filter(({ name }: ApiResource) => name === plural || name.startsWith(`${plural}/`));
}

for (const { group, plural } of list) {
  test(`${plural}${group === '' ? '' : `.${group}`} and its subresources are described as recorded`, async () => {
    const { resources } = await discoveryDocuments(list);
    const groupVersion = group === '' ? 'v1' : `${group}/v1`;
    const found = (resources.get(groupVersion) ?? []).filter(
      ({ name }) => name === plural || name.startsWith(`${plural}/`),
    );
    assert.deepEqual(found, expected(group === '' ? '/api/v1' : `/apis/${groupVersion}`, plural));
  });
}

test('the aggregated form of a group is as recorded', async () => {
  type Group = { metadata: { name: string }; versions: { resources: { resource: string }[] }[] };
  const found = ((await discoveryDocuments(list)).aggregatedGroups as { items: Group[] }).items.find(
    ({ metadata }) => metadata.name === 'apps',
  );
  const whole = recorded['/apis (aggregated v2)'].items.find(
    ({ metadata }: Group) => metadata.name === 'apps',
  ) as Group;
  const one = {
    ...whole,
    versions: whole.versions.map((version) => ({
      ...version,
      resources: version.resources.filter(({ resource }) => resource === 'deployments'),
    })),
  };
  assert.deepEqual(found, one);
});

test('groups come in upstream order, unknown ones last by name', async () => {
  const custom = [resource('zoo.example.com', 'Lion', 'lions'), resource('b.example.com', 'B', 'bs')];
  const { groups } = await discoveryDocuments([...custom, ...list]);
  assert.deepEqual(
    groups.map(({ name }) => name),
    ['apps', 'events.k8s.io', 'authentication.k8s.io', 'b.example.com', 'zoo.example.com'],
  );
  assert.deepEqual(
    groups[0],
    recorded['/apis'].groups.find(({ name }: { name: string }) => name === 'apps'),
  );
});

test('versions are ordered by stability, then number', () => {
  const sorted = [
    'v3alpha1',
    'foo10',
    'v11beta2',
    'v1',
    'v12alpha1',
    'v10',
    'foo1',
    'v10beta3',
    'v2',
    'v11alpha2',
  ].sort(compareVersions);
  assert.deepEqual(sorted, [
    'v10',
    'v2',
    'v1',
    'v11beta2',
    'v10beta3',
    'v12alpha1',
    'v11alpha2',
    'v3alpha1',
    'foo1',
    'foo10',
  ]);
});
