import { test } from 'node:test';
import assert from 'node:assert/strict';
import { printJsonPath } from '#lang/jsonpath/evaluate.ts';
import { relaxedExpression } from '#lang/jsonpath/template.ts';

const list = {
  kind: 'List',
  items: [
    {
      kind: 'None',
      metadata: { name: '127.0.0.1', labels: { 'kubernetes.io/hostname': 'a' } },
      status: { capacity: { cpu: '4' }, ready: true, n: 1 },
    },
    { kind: 'None', metadata: { name: '127.0.0.2' }, status: { capacity: { cpu: '8' }, ready: false, n: 20 } },
  ],
  users: [
    { name: 'myself', user: {} },
    { name: 'e2e', user: { username: 'admin', password: 'secret' } },
  ],
};

const cases: readonly [string, string][] = [
  ['kind is {.kind}', 'kind is List'],
  ["{['kind']}", 'List'],
  ['{..name}', '127.0.0.1 127.0.0.2 myself e2e'],
  ['{.items[*].metadata.name}', '127.0.0.1 127.0.0.2'],
  ['{.users[0].name}', 'myself'],
  ['{.users[-1:].name}', 'e2e'],
  ['{.users[-1].name}', 'e2e'],
  ['{.users[0:2:2].name}', 'myself'],
  ["{.items[*]['metadata.name', 'status.capacity']}", '127.0.0.1 127.0.0.2 {"cpu":"4"} {"cpu":"8"}'],
  ['{.users[?(@.name=="e2e")].user.password}', 'secret'],
  ['{.users[?(@.user.username)].name}', 'e2e'],
  ['{.items[?(@.status.n>5)].metadata.name}', '127.0.0.2'],
  ['{.items[?(@.status.ready==true)].metadata.name}', '127.0.0.1'],
  ['{range .items[*]}[{.metadata.name}, {.status.capacity.cpu}]{"\\t"}{end}', '[127.0.0.1, 4]\t[127.0.0.2, 8]\t'],
  ['{.items[0].metadata.labels.kubernetes\\.io/hostname}', 'a'],
  ['{.missing}', ''],
  ['{range .users[*]}{.name}{range .user}{.username}{end};{end}', 'myself;e2eadmin;'],
  ['{.items[0].status}', '{"capacity":{"cpu":"4"},"n":1,"ready":true}'],
];
for (const [template, expected] of cases) {
  test(`${template} finds ${expected}`, () => {
    assert.equal(printJsonPath(template, list, { allowMissingKeys: true }), expected);
  });
}

const broken: readonly [string, string][] = [
  ['{.items[', 'unterminated array'],
  ['{.items', 'unclosed action'],
  ['{.users[9].name}', 'array index out of bounds: index 9, length 2'],
  ['{.missing}', 'missing is not found'],
  ['{end}', 'not in range, nothing to end'],
  ['{hello}', 'unrecognized identifier hello'],
  ['{.kind[0]}', 'string is not array or slice'],
];
for (const [template, message] of broken) {
  test(`${template} is refused`, () => assert.throws(() => printJsonPath(template, list), { message }));
}

test('custom columns may leave out braces and the first dot', () => {
  for (const text of ['metadata.name', '.metadata.name', '{metadata.name}', '{.metadata.name}'])
    assert.equal(relaxedExpression(text), '{.metadata.name}');
});
