import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalOfType, semanticEqual } from '#api/meta/equality.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';

const podSpec = builtinSchemas.type('io.k8s.api.core.v1.PodSpec');

const cases: readonly (readonly [string, object, object, boolean])[] = [
  ['an empty list is no list', { tolerations: [] }, {}, true],
  ['an empty map is no map', { nodeSelector: {} }, {}, true],
  ['an empty struct behind a pointer is one', { affinity: {} }, {}, false],
  ['deep inside', { volumes: [{ name: 'a', emptyDir: {} }] }, { volumes: [{ name: 'a' }] }, false],
  ['other text', { nodeName: 'a' }, { nodeName: 'b' }, false],
  ['another length', { tolerations: [{ key: 'a' }] }, { tolerations: [{ key: 'a' }, { key: 'b' }] }, false],
];

for (const [title, a, b, expected] of cases)
  test(`values of a Go type: ${title}`, () => {
    assert.equal(equalOfType(a, b, podSpec), expected);
    assert.equal(equalOfType(b, a, podSpec), expected);
  });

test('JSON alone cannot tell an empty struct from none', () => {
  assert.equal(semanticEqual({ nodeName: 'a', affinity: {} }, { nodeName: 'a' }), true);
});
