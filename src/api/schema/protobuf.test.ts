import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { rawJson } from '#base/exact-json.ts';
import type { ProtoField } from '#wire/protobuf/message.ts';
import * as resources from '#api/generated/resources.ts';
import { decodeBody } from '#api/schema/decode.ts';
import { definitionOfKind } from '#api/schema/kinds.ts';
import { normalize } from '#api/schema/normalize.ts';
import { encodeProtobufObject, objectToProtobuf, protoMessageOf, protobufToObject } from '#api/schema/protobuf.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import type { TypeSchema } from '#api/schema/type-schema.ts';

const spec = join(import.meta.dirname, '../../../spec/kubernetes/protobuf.json.gz');
interface SpecField {
  name: string;
  number: number;
  type?: string;
  label?: string;
  key?: string;
  value?: string;
}
const tables = JSON.parse(gunzipSync(readFileSync(spec)).toString()) as {
  packages: Record<string, { messages: Record<string, SpecField[]> }>;
};

const kinds = Object.values(resources).map((ref) => ({ ref, definition: definitionOfKind(ref) as string }));

/** `io.k8s.api.core.v1.Pod` → the fields of `k8s.io.api.core.v1` `Pod`. */
function specFields(definition: string): SpecField[] {
  const dot = definition.lastIndexOf('.');
  const name = definition.slice(0, dot).replace('io.k8s', 'k8s.io').replaceAll('-', '_');
  const fields = tables.packages[name]?.messages[definition.slice(dot + 1)];
  assert.ok(fields, `${definition} is in spec/kubernetes/protobuf.json.gz`);
  return fields;
}

test('the messages of every kind have the field numbers and shapes of upstream’s .proto files', () => {
  const seen = new Set<string>();
  const check = (definition: string): void => {
    if (seen.has(definition)) return;
    seen.add(definition);
    const message = protoMessageOf(definition);
    const expected = specFields(definition).toSorted((a, b) => a.number - b.number);
    assert.deepEqual(message.fields.map(shape), expected.map(specShape), definition);
    for (const field of message.fields)
      for (const inner of [field, field.values]) if (inner?.message !== undefined) check(inner.message().name);
  };
  for (const { definition } of kinds) check(definition);
  assert.ok(seen.size > 400);
});

function shape(field: ProtoField): string {
  return `${field.number} ${field.repeated ? 'repeated ' : ''}${field.kind === 'map' ? `map of ${wire(field.values?.kind ?? '')}` : wire(field.kind)}`;
}

function wire(kind: string): string {
  return ['string', 'bool', 'int', 'double', 'bytes'].includes(kind) ? kind : 'message';
}

function specShape(field: SpecField): string {
  const type = (text = ''): string =>
    text.startsWith('.') || /^[A-Z]/.test(text) ? 'message' : /int/.test(text) ? 'int' : text;
  const isMap = field.value !== undefined;
  return `${field.number} ${field.label === 'repeated' && !isMap ? 'repeated ' : ''}${isMap ? `map of ${type(field.value)}` : type(field.type)}`;
}

test('a pod on the wire: inlined structs are messages of their own', () => {
  const spec = { terminationGracePeriodSeconds: 30, volumes: [{ name: 'v', emptyDir: {} }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec };
  const bytes = Buffer.from(encodeProtobufObject(pod)).toString('hex');
  const raw = '0a030a0161' + '120b' + '0a070a0176' + '12021200' + '201e';
  assert.equal(bytes, '6b387300' + '0a09' + '0a027631' + '1203506f64' + '1212' + raw + '1a002200');
});

/** Objects of a type that a Go round trip leaves as they are. */
function arbitrary(type: TypeSchema, depth: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'struct': {
      const fields = [...type.fields.values()].filter(
        (field) => (depth > 0 || field.required) && field.go?.errorPath.startsWith('TypeMeta.') !== true,
      );
      const model = Object.fromEntries(fields.map((field) => [field.name, arbitrary(field.type, depth - 1)]));
      return fc.record(model, { requiredKeys: [] }).map((value) => normalize(value, type));
    }
    case 'map':
      return fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), arbitrary(type.values as TypeSchema, depth - 1), {
        minKeys: 1,
        maxKeys: 2,
        noNullPrototype: true,
      });
    case 'list':
      return fc.array(arbitrary(type.items as TypeSchema, depth - 1), { minLength: 1, maxLength: 2 });
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return type.format === 'int64'
        ? fc.oneof(fc.maxSafeInteger(), fc.constant(rawJson('9223372036854775807')))
        : fc.integer({ min: -100, max: 200 });
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
    case 'bytes':
      return fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    case 'quantity':
      return fc.constantFrom('1', '500m', '2Gi', '0');
    case 'time':
      return fc.constantFrom('2026-01-02T03:04:05Z', '1999-12-31T23:59:59Z');
    case 'micro-time':
      return fc.constantFrom('2026-01-02T03:04:05.000006Z', '2026-01-02T03:04:05.000000Z');
    case 'int-or-string':
      return fc.oneof(fc.integer({ min: 0, max: 70000 }), fc.constantFrom('http', '25%', ''));
    case 'any':
      return fc.constantFrom({ a: [1, { b: 'ü' }] }, { 'x-y': {} });
    default:
      return type.name.endsWith('.Duration')
        ? fc.constantFrom('1m0s', '0s')
        : fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 });
  }
}

const unions = /CustomResourceDefinition/;
for (const { ref, definition } of kinds.filter((kind) => !unions.test(kind.definition))) {
  test(`${ref.group}/${ref.version} ${ref.kind}: JSON → protobuf → JSON changes nothing`, () => {
    const type = builtinSchemas.type(definition);
    fc.assert(
      fc.property(arbitrary(type, 6), (value) => {
        const object = {
          ...(value as object),
          apiVersion: ref.group === '' ? ref.version : `${ref.group}/${ref.version}`,
          kind: ref.kind,
        };
        const bytes = objectToProtobuf(object, definition);
        const decoded = decodeBody(bytes, { format: 'protobuf', expected: ref, type, fieldValidation: 'Strict' });
        assert.equal(sorted(decoded.object), sorted(object));
      }),
      { numRuns: 4 },
    );
  });
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field) && !('rawJSON' in field)
      ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}

test('the either-or types of CustomResourceDefinitions survive', () => {
  const schema = {
    type: 'object',
    properties: {
      list: { type: 'array', items: { type: 'string' } },
      tuple: { type: 'array', items: [{ type: 'string' }, { type: 'integer' }] },
      open: { type: 'object', additionalProperties: true },
      closed: { type: 'object', additionalProperties: false },
      map: { type: 'object', additionalProperties: { type: 'string' } },
      value: { type: 'integer', default: 5, enum: [5, 'x', null], minimum: 0.5 },
    },
  };
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'a.b.c' },
    spec: {
      group: 'b.c',
      names: { plural: 'a', kind: 'A' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
  const expected = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
  const type = builtinSchemas.type(definitionOfKind(expected) as string);
  const { object } = protobufToObject(encodeProtobufObject(crd), expected, (message) => new Error(message));
  const read = normalize(object, type) as unknown as typeof crd;
  assert.equal(sorted(read.spec.versions[0]?.schema.openAPIV3Schema), sorted(schema));
});

test('a kind that is not the endpoint’s is refused in upstream’s words', () => {
  const bytes = encodeProtobufObject({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } });
  const expected = { group: '', version: 'v1', kind: 'ConfigMap' };
  const type = builtinSchemas.type('io.k8s.api.core.v1.ConfigMap');
  assert.throws(() => decodeBody(bytes, { format: 'protobuf', expected, type, fieldValidation: 'Warn' }), {
    message:
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  });
});
