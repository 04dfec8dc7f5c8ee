import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawSource } from '#base/exact-json.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { conversionError, wrappedIntegers } from '#apiserver/registry/patch-types.ts';

const cases: readonly (readonly [string, unknown, string])[] = [
  ['core.v1.ConfigMap', { binaryData: { a: 1 } }, 'cannot restore slice from int64'],
  ['core.v1.ConfigMap', { binaryData: { a: '!' } }, 'error decoding from json: illegal base64 data at input byte 0'],
  ['core.v1.Service', { metadata: { uid: 42 } }, 'cannot convert int64 to types.UID'],
  ['core.v1.Service', { spec: { ipFamilies: [42] } }, 'cannot convert int64 to v1.IPFamily'],
  [
    'core.v1.Service',
    { metadata: { deletionTimestamp: 42 } },
    'json: cannot unmarshal number into Go value of type string',
  ],
  [
    'core.v1.Service',
    { spec: { ports: [{ targetPort: 3e9 }] } },
    'json: cannot unmarshal number 3000000000 into Go value of type int32',
  ],
  [
    'core.v1.Service',
    { spec: { ports: [{ targetPort: [] }] } },
    'json: cannot unmarshal array into Go value of type int32',
  ],
];

for (const [definition, value, expected] of cases)
  test(`the converter says of ${JSON.stringify(value)}: ${expected}`, () => {
    assert.equal(conversionError(value, builtinSchemas.type(`io.k8s.api.${definition}`)), expected);
  });

test('integers wrap around at 32 bits; what is larger than 64 becomes the smallest of those', () => {
  const type = builtinSchemas.type('io.k8s.api.core.v1.PodSpec');
  const { priority, activeDeadlineSeconds } = wrappedIntegers(
    { priority: 2 ** 32 + 5, activeDeadlineSeconds: 1e20 },
    type,
  ) as Record<string, unknown>;
  assert.equal(priority, 5);
  assert.equal(rawSource(activeDeadlineSeconds), '-9223372036854775808');
});
