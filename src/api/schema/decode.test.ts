import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writtenInt64 } from '#base/exact-json.ts';
import type { BodyFormat, Decoded, FieldValidation } from '#api/schema/decode.ts';
import { DecodeError, bodyFormat, decodeBody, decodeObject } from '#api/schema/decode.ts';
import type { GroupVersionKind } from '#api/schema/kinds.ts';
import { definitionOfKind } from '#api/schema/kinds.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { isStatusError } from '#api/status.ts';

const kinds: Readonly<Record<string, GroupVersionKind>> = {
  Pod: { group: '', version: 'v1', kind: 'Pod' },
  ConfigMap: { group: '', version: 'v1', kind: 'ConfigMap' },
  Secret: { group: '', version: 'v1', kind: 'Secret' },
  Service: { group: '', version: 'v1', kind: 'Service' },
  Deployment: { group: 'apps', version: 'v1', kind: 'Deployment' },
  Lease: { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' },
};

function decode(
  kind: string,
  text: string | Uint8Array,
  fieldValidation: FieldValidation = 'Warn',
  format: BodyFormat = 'json',
): Decoded {
  const expected = kinds[kind] as GroupVersionKind;
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return decodeBody(bytes, {
    format,
    expected,
    type: builtinSchemas.type(definitionOfKind(expected) as string),
    fieldValidation,
  });
}

function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(isStatusError(error) && error.code === 400 && error.reason === 'BadRequest', String(error));
    return error.message;
  }
  return 'no error';
}

const pod = 'Pod in version "v1" cannot be handled as a Pod: ';
const podSpec = (spec: string): string => `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":${spec}}`;
const findKind = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

// Recorded from, or derived from the rules of, kube-apiserver v1.36.3.
const refused: readonly (readonly [string, string, string, string])[] = [
  [
    'an empty body',
    'Pod',
    '',
    "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
  ],
  [
    'a list',
    'Pod',
    '[]',
    `the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type ${findKind} (5b5d)`,
  ],
  [
    'a cut body',
    'Pod',
    '{"a":',
    'the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: unexpected end of JSON input ({"a":)',
  ],
  [
    'a comma too many',
    'Pod',
    '{"a":1,}',
    "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: invalid character '}' looking for beginning of object key string ({\"a\":1,})",
  ],
  [
    'a long body that is no JSON',
    'Pod',
    '{"apiVersion":"v1","kind":"ConfigMap"',
    'the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: unexpected end of JSON input ({"apiVersion":"v1","kind":"Con ...)',
  ],
  [
    'a kind that is a number',
    'Pod',
    '{"kind":1}',
    'the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string ({"kind":1})',
  ],
  [
    'an apiVersion with two slashes',
    'Pod',
    '{"apiVersion":"a/b/c"}',
    'the object provided is unrecognized (must be of type Pod): unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"})',
  ],
  [
    'an unknown kind',
    'Pod',
    '{"apiVersion":"v1","kind":"Bogus"}',
    'Bogus in version "v1" cannot be handled as a Pod: no kind "Bogus" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
  ],
  [
    'an unknown version',
    'Deployment',
    '{"apiVersion":"v9","kind":"Deployment"}',
    'Deployment in version "v9" cannot be handled as a Deployment: no kind "Deployment" is registered for version "v9" in scheme "pkg/runtime/scheme.go:111"',
  ],
  [
    'another kind',
    'ConfigMap',
    '{"apiVersion":"v1","kind":"Secret"}',
    'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  ],
  [
    'a struct that is a string',
    'Pod',
    podSpec('"x"'),
    `${pod}json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec`,
  ],
  [
    'a list that is a string',
    'Pod',
    podSpec('{"containers":"x"}'),
    `${pod}json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container`,
  ],
  [
    'an item that is a string',
    'Pod',
    podSpec('{"containers":["x"]}'),
    `${pod}json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container`,
  ],
  [
    'a fraction',
    'Pod',
    podSpec('{"activeDeadlineSeconds":1.5}'),
    `${pod}json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64`,
  ],
  [
    'a whole number with a fraction',
    'Pod',
    podSpec('{"activeDeadlineSeconds":1.0}'),
    `${pod}json: cannot unmarshal number 1.0 into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64`,
  ],
  [
    'an int32 that is too large',
    'Pod',
    podSpec('{"priority":3000000000}'),
    `${pod}json: cannot unmarshal number 3000000000 into Go struct field PodSpec.spec.priority of type int32`,
  ],
  [
    'a named string that is a number',
    'Pod',
    podSpec('{"restartPolicy":1}'),
    `${pod}json: cannot unmarshal number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy`,
  ],
  [
    'a field of an inlined struct',
    'Pod',
    podSpec('{"volumes":[{"name":"a","configMap":"x"}]}'),
    `${pod}json: cannot unmarshal string into Go struct field Volume.spec.volumes.VolumeSource.configMap of type v1.ConfigMapVolumeSource`,
  ],
  [
    'a uid that is a number',
    'Pod',
    '{"metadata":{"uid":1}}',
    `${pod}json: cannot unmarshal number into Go struct field ObjectMeta.metadata.uid of type types.UID`,
  ],
  [
    'a time that is none',
    'Pod',
    '{"metadata":{"creationTimestamp":"yesterday"}}',
    `${pod}parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"`,
  ],
  [
    'a time that is a number',
    'Pod',
    '{"metadata":{"creationTimestamp":1}}',
    `${pod}json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string`,
  ],
  [
    'a micro time that is none',
    'Lease',
    '{"spec":{"renewTime":"yesterday"}}',
    'Lease in version "v1" cannot be handled as a Lease: parsing time "yesterday" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "yesterday" as "2006"',
  ],
  [
    'a quantity that is none',
    'Pod',
    podSpec('{"overhead":{"cpu":"x"}}'),
    `${pod}quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
  ],
  [
    'base64 that is none',
    'Secret',
    '{"data":{"a":"!"}}',
    'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0',
  ],
  [
    'bytes that are an object',
    'ConfigMap',
    '{"binaryData":"x"}',
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal string into Go struct field ConfigMap.binaryData of type map[string][]uint8',
  ],
  [
    'a port that is neither number nor name',
    'Service',
    '{"spec":{"ports":[{"targetPort":true}]}}',
    'Service in version "v1" cannot be handled as a Service: json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32',
  ],
  [
    'the first of two wrong types counts',
    'Pod',
    podSpec('{"priority":"x","nodeName":1}'),
    `${pod}json: cannot unmarshal string into Go struct field PodSpec.spec.priority of type int32`,
  ],
  [
    'an error of a reader wins over a wrong type',
    'Pod',
    podSpec('{"priority":"x","overhead":{"cpu":"x"}}'),
    `${pod}quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
  ],
];
for (const [name, kind, text, message] of refused) {
  test(`refused: ${name}`, () =>
    assert.equal(
      failure(() => decode(kind, text)),
      message,
    ));
}

const strict: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'unknown fields in the order of the text',
    '{"metadata":{"name":"a","bogus":1},"spec":{"foo":{"x":1},"containers":[{"name":"b"},{"nope":2}]},"top":1}',
    [
      'unknown field "metadata.bogus"',
      'unknown field "spec.foo"',
      'unknown field "spec.containers[1].nope"',
      'unknown field "top"',
    ],
  ],
  [
    'fields given twice',
    '{"kind":"Pod","metadata":{"labels":{"a":"1","a":"2"},"annotations":{},"annotations":{}},"kind":"Pod"}',
    ['duplicate field "metadata.labels.a"', 'duplicate field "metadata.annotations"', 'duplicate field "kind"'],
  ],
  ['names are case-sensitive', '{"Metadata":{},"SPEC":{}}', ['unknown field "Metadata"', 'unknown field "SPEC"']],
  ['the same error once', '{"x":1,"x":2}', ['unknown field "x"']],
  ['nothing in a plain body', '{"metadata":{"name":"a"},"spec":{"containers":[{"name":"b"}]}}', []],
];
for (const [name, text, errors] of strict) {
  test(`field validation: ${name}`, () => {
    assert.deepEqual(decode('Pod', text, 'Warn').warnings, errors);
    assert.deepEqual(decode('Pod', text, 'Ignore').warnings, []);
    const message = errors.length === 0 ? 'no error' : `${pod}strict decoding error: ${errors.join(', ')}`;
    assert.equal(
      failure(() => decode('Pod', text, 'Strict')),
      message,
    );
  });
}

test('what is unknown is dropped, what is missing of the kind is filled in', () => {
  const { object, kind } = decode('Pod', '{"metadata":{"name":"a"},"other":1}');
  assert.deepEqual(object, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a' },
    spec: { containers: null },
    status: {},
  });
  assert.deepEqual(kind, kinds['Pod']);
});

test('null clears', () => {
  const { object } = decode(
    'Pod',
    podSpec('{"containers":null,"priority":null,"nodeName":null,"securityContext":null}'),
  );
  assert.deepEqual(object['spec'], { containers: null });
});

test('a field given twice is merged as Go merges it', () => {
  const { object } = decode(
    'ConfigMap',
    '{"metadata":{"name":"a"},"data":{"a":"1","b":"2"},"data":{"a":"3"},"metadata":{"labels":{"x":"y"}}}',
    'Ignore',
  );
  assert.deepEqual(object.metadata, { name: 'a', labels: { x: 'y' } });
  assert.deepEqual(object['data'], { a: '3', b: '2' });
});

test('integers of 64 bits become numbers, and messages show them as they were written', () => {
  const { object } = decode('Pod', '{"apiVersion":"v1","kind":"Pod","metadata":{"generation":9007199254740993}}');
  assert.equal(typeof object.metadata.generation, 'number');
  assert.equal(writtenInt64(object.metadata.generation ?? 0), '9007199254740993');
});

test('lone surrogates become U+FFFD, pairs stay', () => {
  const { object } = decode(
    'ConfigMap',
    String.raw`{"apiVersion":"v1","kind":"ConfigMap","metadata":{},"data":{"a":"\ud800","b":"\ud83d\ude00"}}`,
  );
  assert.deepEqual(object['data'], { a: '\ufffd', b: '😀' });
});

test('the keys __proto__ and constructor are data, and unknown where fields are known', () => {
  const text = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{},"data":{"__proto__":"a","constructor":"b"}}';
  assert.equal(JSON.stringify(decode('ConfigMap', text).object['data']), '{"__proto__":"a","constructor":"b"}');
  assert.deepEqual(decode('ConfigMap', '{"__proto__":{"x":1},"data":{"__proto__":"a"}}').warnings, [
    'unknown field "__proto__"',
  ]);
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
});

test('YAML: the order of keys is that of the alphabet, keys given twice are named by line', () => {
  const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  bogus: 1\nbogusTop: 1\n';
  assert.deepEqual(decode('ConfigMap', text, 'Warn', 'yaml').warnings, [
    'unknown field "bogusTop"',
    'unknown field "metadata.bogus"',
  ]);
  const twice = 'kind: ConfigMap\nmetadata:\n  name: a\nkind: ConfigMap\n';
  assert.deepEqual(decode('ConfigMap', twice, 'Warn', 'yaml').warnings, ['line 4: key "kind" already set in map']);
  assert.equal(
    failure(() => decode('ConfigMap', twice, 'Strict', 'yaml')),
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 4: key "kind" already set in map',
  );
  assert.deepEqual(decode('ConfigMap', 'data: {a: "1"}', 'Strict', 'yaml').object['data'], { a: '1' });
  assert.match(
    failure(() => decode('ConfigMap', 'data: {a: 1}', 'Strict', 'yaml')),
    /cannot unmarshal number into Go struct field ConfigMap.data of type string$/,
  );
});

test('protobuf: what is no message', () => {
  assert.equal(
    failure(() => decode('ConfigMap', '{"apiVersion":"v1","kind":"ConfigMap"}', 'Warn', 'protobuf')),
    'the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({"apiVersion":"v1","kind":"Con ...)',
  );
});

test('custom resources: all fields stay, keys given twice are reported, integers are exact', () => {
  const expected = { group: 'example.com', version: 'v1', kind: 'Widget' };
  const bytes = new TextEncoder().encode(
    '{"metadata":{"name":"a"},"spec":{"a":[{"b":1,"b":2}],"big":9007199254740993,"f":1.0}}',
  );
  const { object, warnings } = decodeObject(bytes, {
    format: 'json',
    expected,
    type: undefined,
    fieldValidation: 'Warn',
  });
  assert.equal(
    JSON.stringify(object),
    '{"metadata":{"name":"a"},"spec":{"a":[{"b":2}],"big":9007199254740993,"f":1},"apiVersion":"example.com/v1","kind":"Widget"}',
  );
  assert.deepEqual(warnings, ['duplicate field "spec.a[0].b"']);
});

test('delete options: errors come without a frame', () => {
  const type = builtinSchemas.type('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions');
  const expected = { group: '', version: 'v1', kind: 'DeleteOptions' };
  const request = { format: 'json', expected, type, fieldValidation: 'Ignore' } as const;
  assert.throws(
    () => decodeObject(new TextEncoder().encode('{'), request),
    (error) => error instanceof DecodeError && error.message.endsWith('unexpected end of JSON input'),
  );
  const { object } = decodeObject(
    new TextEncoder().encode(
      '{"apiVersion":"apps/v1","kind":"DeleteOptions","gracePeriodSeconds":0,"preconditions":{"uid":"x"}}',
    ),
    request,
  );
  assert.deepEqual(object, {
    apiVersion: 'apps/v1',
    kind: 'DeleteOptions',
    gracePeriodSeconds: 0,
    preconditions: { uid: 'x' },
  });
});

test('content types', () => {
  assert.equal(bodyFormat(undefined), 'json');
  assert.equal(bodyFormat('application/json; charset=utf-8'), 'json');
  assert.equal(bodyFormat('application/yaml'), 'yaml');
  assert.equal(bodyFormat('application/vnd.kubernetes.protobuf'), 'protobuf');
  assert.equal(bodyFormat('text/plain'), undefined);
  assert.equal(bodyFormat('constructor'), undefined);
});
