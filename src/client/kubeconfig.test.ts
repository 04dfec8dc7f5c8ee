import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionOf, KubeconfigError, kubeconfigText } from '#client/kubeconfig.ts';

const config = {
  'current-context': 'one',
  clusters: [
    {
      name: 'a',
      cluster: { server: 'https://a:6443', 'certificate-authority-data': btoa('CA'), 'tls-server-name': 'kubernetes' },
    },
    {
      name: 'b',
      cluster: { server: 'https://b', 'insecure-skip-tls-verify': true, 'certificate-authority': 'ca.crt' },
    },
    { name: 'c', cluster: {} },
  ],
  users: [
    { name: 'jane', user: { 'client-certificate-data': btoa('CERT'), 'client-key-data': btoa('KEY') } },
    { name: 'bob', user: { token: 'T' } },
    { name: 'cloud', user: { exec: { command: 'x' } } },
  ],
  contexts: [
    { name: 'one', context: { cluster: 'a', user: 'jane', namespace: 'shop' } },
    { name: 'two', context: { cluster: 'b', user: 'bob' } },
    { name: 'cloud', context: { cluster: 'a', user: 'cloud' } },
    { name: 'broken', context: { cluster: 'c', user: 'bob' } },
    { name: 'dangling', context: { cluster: 'zzz', user: 'bob' } },
  ],
};

test('the current context says server, trust, credentials and namespace', () => {
  assert.deepEqual(connectionOf(config), {
    server: 'https://a:6443',
    namespace: 'shop',
    authority: 'CA',
    serverName: 'kubernetes',
    certificate: 'CERT',
    key: 'KEY',
  });
});

test('another context can be named; the namespace is default', () => {
  assert.deepEqual(connectionOf(config, 'two'), {
    server: 'https://b',
    namespace: 'default',
    authorityFile: 'ca.crt',
    skipsVerification: true,
    token: 'T',
  });
});

const failures: [string, unknown, string | undefined, RegExp][] = [
  ['an empty file', null, undefined, /is empty/],
  ['no current context', {}, undefined, /no current-context/],
  ['an unknown context', config, 'nope', /no context "nope"/],
  ['a context whose cluster is missing', config, 'dangling', /no cluster "zzz"/],
  ['a cluster without server', config, 'broken', /cluster "c" of the kubeconfig has no server/],
  ['a user that needs a plugin', config, 'cloud', /signs in by exec, which is not supported/],
];
for (const [title, value, context, message] of failures) {
  test(`${title} is refused with a reason`, () => {
    assert.throws(
      () => connectionOf(value, context),
      (error) => error instanceof KubeconfigError && message.test(error.message),
    );
  });
}

test('a written kubeconfig names cluster, context and user', () => {
  const text = kubeconfigText({
    name: 'wheelhouse',
    server: 'https://127.0.0.1:6443',
    authority: 'CA',
    userName: 'admin',
    certificate: 'CERT',
    key: 'KEY',
  });
  for (const line of [
    'current-context: "wheelhouse"',
    '    server: "https://127.0.0.1:6443"',
    `    client-key-data: ${btoa('KEY')}`,
    '    user: "admin"',
  ])
    assert.ok(text.split('\n').includes(line), line);
});
