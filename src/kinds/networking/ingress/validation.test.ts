import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IngressSpec } from '#api/generated/networking/v1.ts';
import { fieldErrorBody } from '#api/status.ts';
import { validate, validateCreate } from '#kinds/networking/ingress/validation.ts';

const backend = { service: { name: 'web', port: { number: 80 } } };

function pathsOf(path: object): IngressSpec {
  return { rules: [{ http: { paths: [{ pathType: 'Prefix', path: '/', backend, ...path } as never] } }] };
}

const at = 'spec.rules[0].http.paths[0]';
const cases: readonly (readonly [string, IngressSpec, readonly string[]])[] = [
  ['a whole one', pathsOf({}), []],
  ['nothing', {}, ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
  ['no type of path', pathsOf({ pathType: undefined }), [`${at}.pathType: Required value: pathType must be specified`]],
  ['a relative path', pathsOf({ path: 'a' }), [`${at}.path: Invalid value: "a": must be an absolute path`]],
  ['a path that climbs', pathsOf({ path: '/a/..' }), [`${at}.path: Invalid value: "/a/..": cannot end with '/..'`]],
  [
    'no backend',
    pathsOf({ backend: {} }),
    [`${at}.backend: Invalid value: "": resource or service backend is required`],
  ],
  [
    'no port',
    pathsOf({ backend: { service: { name: 'web' } } }),
    [`${at}.backend: Required value: port name or number is required`],
  ],
  [
    'an address as host',
    { defaultBackend: backend, rules: [{ host: '1.2.3.4' }] },
    ['spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'],
  ],
];

for (const [title, spec, expected] of cases)
  test(`Ingress: ${title}`, () => {
    const errors = validate({ metadata: { name: 'a' }, spec });
    assert.deepEqual(
      errors.map((error) => `${error.field}: ${fieldErrorBody(error)}`),
      expected,
    );
  });

test('Ingress: the class of the annotation must be that of the spec', () => {
  const metadata = { name: 'a', annotations: { 'kubernetes.io/ingress.class': 'x' } };
  assert.equal(validateCreate({ metadata, spec: { ingressClassName: 'y' } }).length, 1);
  assert.equal(validateCreate({ metadata, spec: { ingressClassName: 'x' } }).length, 0);
});
