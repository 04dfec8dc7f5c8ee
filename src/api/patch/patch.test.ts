import { test } from 'node:test';
import assert from 'node:assert/strict';
import { deepFreeze } from '#base/immutable.ts';
import { StatusError } from '#api/status.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { applyJsonPatch } from '#api/patch/json-patch.ts';
import { applyMergePatch } from '#api/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '#api/patch/strategic-merge-patch.ts';

type Json = Record<string, unknown>;
const merges: readonly [string, Json, Json, Json][] = [
  ['null removes', { a: 1, b: 2 }, { a: null }, { b: 2 }],
  ['objects merge and are sorted', { b: { z: 1 } }, { b: { a: 2 }, a: 0 }, { a: 0, b: { a: 2, z: 1 } }],
  ['lists are replaced', { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ['nulls of new objects vanish', {}, { a: { b: null, c: [{ d: null }] } }, { a: { c: [{}] } }],
  ['nulls in a list that replaces one stay', { a: [1] }, { a: [{ d: null }] }, { a: [{}] }],
];
for (const [title, document, patch, expected] of merges) {
  test(`merge: ${title}`, () => {
    assert.equal(JSON.stringify(applyMergePatch(deepFreeze(document), patch)), JSON.stringify(expected));
  });
}

test('merge: a patch that is no object is refused', () => {
  const message = 'error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}';
  assert.throws(() => applyMergePatch({}, 5), { message, code: 400 });
  assert.throws(() => applyMergePatch({}, null), { message: 'Invalid JSON Patch' });
});

const operations: readonly [string, Json, Json[], unknown][] = [
  ['add a field', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
  ['add to a list', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
  ['append', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
  ['negative index', { a: [1, 2] }, [{ op: 'remove', path: '/a/-1' }], { a: [1] }],
  ['escaped path', { a: { 'b/c': 1 } }, [{ op: 'replace', path: '/a/b~1c', value: 2 }], { a: { 'b/c': 2 } }],
  ['replace adds', {}, [{ op: 'replace', path: '/a', value: 1 }], { a: 1 }],
  ['move', { a: 1, b: {} }, [{ op: 'move', from: '/a', path: '/b/c' }], { b: { c: 1 } }],
  [
    'copy',
    { a: { x: 1 } },
    [
      { op: 'copy', from: '/a', path: '/b' },
      { op: 'add', path: '/b/y', value: 2 },
    ],
    { a: { x: 1 }, b: { x: 1, y: 2 } },
  ],
  ['test of an absent field against null', {}, [{ op: 'test', path: '/a', value: null }], {}],
  ['replace of all', { a: 1 }, [{ op: 'replace', path: '', value: { b: 1 } }], { b: 1 }],
];
for (const [title, document, patch, expected] of operations) {
  test(`json: ${title}`, () => assert.deepEqual(applyJsonPatch(deepFreeze(document), patch), expected));
}

const failing: readonly [string, Json[]][] = [
  ['remove of nothing', [{ op: 'remove', path: '/x' }]],
  ['index out of bounds', [{ op: 'add', path: '/a/9', value: 1 }]],
  ['failed test', [{ op: 'test', path: '/a/0', value: 2 }]],
  ['no path', [{ op: 'add', value: 1 }]],
  ['unknown kind', [{ op: 'jump', path: '/a' }]],
];
for (const [title, patch] of failing) {
  test(`json: ${title} is 422`, () => {
    assert.throws(
      () => applyJsonPatch({ a: [1] }, patch),
      (error: StatusError) => {
        assert.deepEqual(
          [error.code, error.message],
          [422, 'the server rejected our request due to an error in our request'],
        );
        return true;
      },
    );
  });
}

const malformed: readonly [unknown, string][] = [
  [{}, 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp'],
  [[[]], 'error decoding patch: json: cannot unmarshal array into Go value of type handlers.jsonPatchOp'],
  [
    [{ op: 1 }],
    'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string',
  ],
];
for (const [patch, message] of malformed) {
  test(`json: ${JSON.stringify(patch)} is refused`, () => assert.throws(() => applyJsonPatch({}, patch), { message }));
}

test('json: ten thousand operations are enough', () => {
  const patch = Array.from({ length: 10_002 }, () => ({ op: 'test', path: '/a', value: 1 }));
  assert.throws(() => applyJsonPatch({ a: 1 }, patch), {
    code: 413,
    message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10002',
  });
});

const podSpec = builtinSchemas.type('io.k8s.api.core.v1.PodSpec');
const meta = builtinSchemas.type('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
const abc = (): Json => ({ containers: [{ name: 'a', image: '1' }, { name: 'b' }, { name: 'c' }] });
const names = (list: readonly Json[]): Json => ({ containers: list });

const strategic: readonly [string, Json, Json, Json][] = [
  [
    'items merge by key',
    abc(),
    { containers: [{ name: 'b', image: '2' }] },
    names([{ name: 'a', image: '1' }, { name: 'b', image: '2' }, { name: 'c' }]),
  ],
  [
    'new items without an order are put in front',
    abc(),
    { containers: [{ name: 'd' }] },
    names([{ name: 'd' }, { name: 'a', image: '1' }, { name: 'b' }, { name: 'c' }]),
  ],
  [
    '$patch delete removes an item',
    abc(),
    { containers: [{ name: 'b', $patch: 'delete' }] },
    names([{ name: 'a', image: '1' }, { name: 'c' }]),
  ],
  [
    '$patch replace replaces the list',
    abc(),
    { containers: [{ name: 'z' }, { $patch: 'replace' }] },
    names([{ name: 'z' }]),
  ],
  [
    '$setElementOrder moves items',
    abc(),
    { '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }] },
    names([{ name: 'b' }, { name: 'c' }, { name: 'a', image: '1' }]),
  ],
  [
    '$retainKeys clears the rest',
    { volumes: [{ name: 'v', emptyDir: {} }] },
    { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/' } }] },
    { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
  ],
  [
    'atomic lists are replaced',
    { tolerations: [{ key: 'a' }] },
    { tolerations: [{ key: 'b' }] },
    { tolerations: [{ key: 'b' }] },
  ],
  ['null removes a field', { nodeName: 'n' }, { nodeName: null }, {}],
  [
    '$patch replace of a map',
    { securityContext: { runAsUser: 1, fsGroup: 2 } },
    { securityContext: { $patch: 'replace', runAsUser: 3 } },
    { securityContext: { runAsUser: 3 } },
  ],
  [
    'directives in new values vanish',
    {},
    { containers: [{ name: 'a' }, { name: 'b', $patch: 'delete' }] },
    names([{ name: 'a' }]),
  ],
];
for (const [title, document, patch, expected] of strategic) {
  test(`strategic: ${title}`, () => {
    assert.deepEqual(applyStrategicMergePatch(deepFreeze(document), deepFreeze(patch), podSpec), expected);
  });
}

test('strategic: lists of scalars merge, and lose what $deleteFromPrimitiveList names', () => {
  const document = deepFreeze({ finalizers: ['a', 'b', 'c'] });
  assert.deepEqual(applyStrategicMergePatch(document, { finalizers: ['d', 'a'] }, meta), {
    finalizers: ['d', 'a', 'b', 'c'],
  });
  assert.deepEqual(applyStrategicMergePatch(document, { '$deleteFromPrimitiveList/finalizers': ['b'] }, meta), {
    finalizers: ['a', 'c'],
  });
});

const refused: readonly [string, Json, number, string][] = [
  [
    'unknown directive',
    { containers: [{ name: 'a', $patch: 'explode' }] },
    500,
    'unknown patch type: explode in map: map[$patch:explode name:a]',
  ],
  [
    'no merge key',
    { containers: [{ image: 'x' }] },
    500,
    'map: map[image:x] does not contain declared merge key: name',
  ],
  [
    'order of an unknown field',
    { '$setElementOrder/nothing': [{ name: 'c' }] },
    500,
    'unable to find api field in struct PodSpec for the json field "nothing"',
  ],
  [
    'order of the wrong type',
    { '$setElementOrder/containers': 'x' },
    500,
    'expected a []interface {}, but received a string',
  ],
  ['retainKeys without a key of the patch', { $retainKeys: ['a'], b: 1 }, 400, 'invalid patch format of retainKeys'],
  [
    'a null item',
    { containers: [null] },
    500,
    'list element types are not identical: [[map[image:1 name:a] map[name:b] map[name:c]] [<nil>]]',
  ],
];
for (const [title, patch, code, message] of refused) {
  test(`strategic: ${title} is refused`, () => {
    assert.throws(() => applyStrategicMergePatch(abc(), patch, podSpec), { code, message });
  });
}
