import { test } from 'node:test';
import assert from 'node:assert/strict';
import { pods, serviceaccounts } from '#api/generated/resources.ts';
import type { Namespace, Secret } from '#api/generated/core/v1.ts';
import type { FieldError, StatusError } from '#api/status.ts';
import { lease } from '#kinds/coordination/lease/resource.ts';
import { configMap } from '#kinds/core/configmap/resource.ts';
import { endpoints } from '#kinds/core/endpoints/resource.ts';
import { event } from '#kinds/core/event/resource.ts';
import { namespace } from '#kinds/core/namespace/resource.ts';
import { decodeText, encodeText } from '#kinds/core/secret/data.ts';
import { goJsonError } from '#kinds/core/secret/go-json-error.ts';
import { secret } from '#kinds/core/secret/resource.ts';
import { createToken } from '#kinds/core/serviceaccount/token.ts';
import { endpointSlice } from '#kinds/discovery/endpointslice/resource.ts';
import { eventsEvent, fromCore, toCore } from '#kinds/events/event/resource.ts';
import { ipAddress } from '#kinds/networking/ipaddress/resource.ts';
import { serviceCIDR } from '#kinds/networking/servicecidr/resource.ts';
import { priorityClass } from '#kinds/scheduling/priorityclass/resource.ts';
import { MemoryCluster } from '#kinds/testdata/memory-call.ts';

const call = new MemoryCluster().call();
const metadata = { name: 'a', namespace: 'ns' };
const told = (errors: readonly FieldError[] | undefined): string[] =>
  (errors ?? []).map(({ field, type }) => `${field} ${type.replace('FieldValue', '')}`);

const secretOf = (type: string, data: Record<string, string> = {}): Secret => ({ metadata, type, data });
const rules: readonly [string, readonly FieldError[] | undefined, string[]][] = [
  [
    'ConfigMap: a key in both halves',
    configMap.validate?.({ metadata, data: { a: '' }, binaryData: { a: '' } }, call),
    ['data[a] Invalid'],
  ],
  [
    'ConfigMap: a bad key',
    configMap.validate?.({ metadata, data: { '../a': '' } }, call),
    ['data[../a] Invalid', 'data[../a] Invalid'],
  ],
  [
    'ConfigMap: too much',
    configMap.validate?.({ metadata, data: { a: 'x'.repeat(1024 * 1024 + 1) } }, call),
    ['[] TooLong'],
  ],
  [
    'ConfigMap: immutable',
    configMap.validateUpdate?.({ metadata, data: { a: '2' } }, { metadata, data: { a: '1' }, immutable: true }, call),
    ['immutable Forbidden', 'data Forbidden'],
  ],
  [
    'Secret: TLS',
    secret.validate?.(secretOf('kubernetes.io/tls'), call),
    ['data[tls.crt] Required', 'data[tls.key] Required'],
  ],
  [
    'Secret: basic auth needs one of two',
    secret.validate?.(secretOf('kubernetes.io/basic-auth', { password: '' }), call),
    [],
  ],
  [
    'Secret: docker config',
    secret.validate?.(secretOf('kubernetes.io/dockerconfigjson', { '.dockerconfigjson': encodeText('[') }), call),
    ['data[.dockerconfigjson] Invalid'],
  ],
  [
    'Secret: account token',
    secret.validate?.(secretOf('kubernetes.io/service-account-token'), call),
    ['metadata.annotations[kubernetes.io/service-account.name] Required'],
  ],
  ['Secret: the type stays', secret.validateUpdate?.(secretOf('a'), secretOf('b'), call), ['type Invalid']],
  [
    'Namespace: finalizer without a domain',
    namespace.validate?.({ metadata, spec: { finalizers: ['kubernetes', 'x'] } }, call),
    ['spec.finalizers Invalid'],
  ],
  [
    'Lease: durations',
    lease.validate?.({ metadata, spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } }, call),
    ['spec.leaseDurationSeconds Invalid', 'spec.leaseTransitions Invalid'],
  ],
  [
    'Endpoints: nothing in a subset',
    endpoints.validate?.({ metadata, subsets: [{ ports: [{ port: 0, protocol: 'TCP' }] }] }, call),
    ['subsets[0] Required', 'subsets[0].ports[0].port Invalid'],
  ],
  [
    'Endpoints: loopback',
    endpoints.validate?.({ metadata, subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] }, call),
    ['subsets[0].addresses[0].ip Invalid'],
  ],
  [
    'EndpointSlice: family',
    endpointSlice.validateCreate?.({ metadata, addressType: 'IPv4', endpoints: [{ addresses: ['fd00::1'] }] }, call),
    ['endpoints[0].addresses Invalid'],
  ],
  [
    'EndpointSlice: the type stays',
    endpointSlice.validateUpdate?.(
      { metadata, addressType: 'IPv4', endpoints: [] },
      { metadata, addressType: 'IPv6', endpoints: [] },
      call,
    ),
    ['addressType Invalid'],
  ],
  [
    'Event: another namespace',
    event.validate?.({ metadata, involvedObject: { namespace: 'x' } }, call),
    ['involvedObject.namespace Invalid'],
  ],
  [
    'events.k8s.io: what is missing',
    eventsEvent.validateCreate?.(
      { metadata, eventTime: '', type: 'x', series: { count: 1, lastObservedTime: '' } } as never,
      call,
    ),
    ['series.count Invalid', 'series.lastObservedTime Required', 'eventTime Required', 'type Invalid'],
  ],
  [
    'events.k8s.io: only the series changes',
    eventsEvent.validateUpdate?.(
      { metadata, eventTime: 't', note: 'b' },
      { metadata, eventTime: 't', note: 'a' },
      call,
    ),
    ['message Invalid'],
  ],
  ['ServiceCIDR: none', serviceCIDR.validateCreate?.({ metadata, spec: {} }, call), ['spec.cidrs Required']],
  [
    'ServiceCIDR: host bits',
    serviceCIDR.validateCreate?.({ metadata, spec: { cidrs: ['10.0.0.1/24'] } }, call),
    ['spec.cidrs[0] Invalid'],
  ],
  [
    'ServiceCIDR: one family twice',
    serviceCIDR.validateCreate?.({ metadata, spec: { cidrs: ['10.0.0.0/24', '10.1.0.0/24'] } }, call),
    ['spec.cidrs Invalid'],
  ],
  [
    'ServiceCIDR: a second family may come',
    serviceCIDR.validateUpdate?.(
      { metadata, spec: { cidrs: ['10.0.0.0/24', 'fd00::/112'] } },
      { metadata, spec: { cidrs: ['10.0.0.0/24'] } },
      call,
    ),
    [],
  ],
  ['IPAddress: no parent', ipAddress.validate?.({ metadata } as never, call), ['spec.parentRef Required']],
  [
    'PriorityClass: too high',
    priorityClass.validateCreate?.({ metadata, value: 1_000_000_001 }, call),
    ['value Forbidden'],
  ],
  [
    'PriorityClass: a system name',
    priorityClass.validateCreate?.({ metadata: { name: 'system-x' }, value: 1 }, call),
    ['metadata.name Forbidden'],
  ],
  [
    'PriorityClass: the value stays',
    priorityClass.validateUpdate?.({ metadata, value: 1 }, { metadata, value: 2 }, call),
    ['value Forbidden'],
  ],
];
for (const [title, errors, expected] of rules) test(title, () => assert.deepEqual(told(errors), expected));

test('stringData becomes data, over what stands there', () => {
  const object: Secret = { metadata, data: { a: encodeText('1'), b: encodeText('2') }, stringData: { a: 'ä' } };
  secret.defaults?.(object);
  assert.equal(object.type, 'Opaque');
  assert.deepEqual(object.data, { a: encodeText('ä'), b: encodeText('2') });
  assert.equal(decodeText(object.data?.['a'] ?? ''), 'ä');
  assert.equal('stringData' in object, false);
});

const goErrors: readonly [string, string][] = [
  ['{"a":1}', ''],
  ['', 'unexpected end of JSON input'],
  ['{', 'unexpected end of JSON input'],
  ['x', "invalid character 'x' looking for beginning of value"],
  ['{a}', "invalid character 'a' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['[1 2]', "invalid character '2' after array element"],
  ['{} x', "invalid character 'x' after top-level value"],
  ['nul!', "invalid character '!' in literal null (expecting 'l')"],
  ['[]', 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
];
for (const [text, expected] of goErrors)
  test(`Go says of ${text}: ${expected}`, () => assert.equal(goJsonError(text), expected));

test('a namespace is labelled with its name and holds its deletion', () => {
  const object: Namespace = { metadata: { name: 'shop' }, spec: { finalizers: ['example.com/f'] } };
  namespace.defaults?.(object);
  namespace.prepareForCreate?.(object, call);
  assert.deepEqual(object, {
    metadata: { name: 'shop', labels: { 'kubernetes.io/metadata.name': 'shop' } },
    spec: { finalizers: ['example.com/f', 'kubernetes'] },
    status: { phase: 'Active' },
  });
  assert.equal(namespace.holdsDeletion?.(object), true);
});

test('an event looks the same from both groups', () => {
  const core = {
    metadata,
    involvedObject: { kind: 'Pod', name: 'p' },
    reason: 'R',
    message: 'M',
    reportingComponent: 'c',
    reportingInstance: 'i',
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    count: 3,
  };
  const shown = fromCore(core as never);
  assert.equal(shown.note, 'M');
  assert.deepEqual(shown.regarding, { kind: 'Pod', name: 'p' });
  assert.deepEqual(toCore(shown), core);
});

test('a token is bound to a pod of its account, or refused', async () => {
  const world = new MemoryCluster();
  world.put(serviceaccounts, { metadata: { ...metadata, uid: 'u1' } });
  world.put(pods, {
    metadata: { name: 'p', namespace: 'ns', uid: 'u2' },
    spec: { serviceAccountName: 'a', containers: [] },
  });
  const ask = (spec: object): Promise<unknown> => createToken(metadata, { metadata: {}, spec } as never, world.call());
  const made = (await ask({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } })) as {
    status: { token: string };
  };
  assert.equal(made.status.token, 't');
  const refused: readonly [object, number, RegExp][] = [
    [{ expirationSeconds: 5 }, 422, /may not specify a duration less than 10 minutes/],
    [{ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'x' } }, 404, /pods "x" not found/],
    [
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'other' } },
      409,
      /does not match the UID in record/,
    ],
    [
      { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'p' } },
      400,
      /cannot bind token to object of type \/v1, Kind=ConfigMap/,
    ],
  ];
  for (const [spec, code, text] of refused)
    await assert.rejects(
      () => ask(spec),
      (error: StatusError) => error.code === code && text.test(error.message),
    );
});
