import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Secret } from '#api/generated/core/v1.ts';
import { matchingCredentials } from '#kubelet/images/credentials.ts';

const secret = (auths: Record<string, object>): Secret => ({
  metadata: { name: 's' },
  data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
});
const auth = (user: string): object => ({ auth: Buffer.from(`${user}:pw`).toString('base64') });

const cases: { title: string; image: string; auths: Record<string, object>; expected: string[] }[] = [
  { title: 'the same registry', image: 'example.com/a/b:1', auths: { 'example.com': auth('u') }, expected: ['u'] },
  { title: 'another registry', image: 'example.com/a/b:1', auths: { 'other.com': auth('u') }, expected: [] },
  {
    title: 'docker hub by its old address',
    image: 'nginx',
    auths: { 'https://index.docker.io/v1/': auth('u') },
    expected: ['u'],
  },
  {
    title: 'the longer path first',
    image: 'example.com/a/b',
    auths: { 'example.com': auth('short'), 'example.com/a': auth('long') },
    expected: ['long', 'short'],
  },
  {
    title: 'a wildcard for one label',
    image: 'eu.example.com/x',
    auths: { '*.example.com': auth('u') },
    expected: ['u'],
  },
  {
    title: 'a port',
    image: 'localhost:5000/x',
    auths: { 'localhost:5000': { username: 'n', password: 'p' } },
    expected: ['n'],
  },
];
for (const { title, image, auths, expected } of cases) {
  test(title, () =>
    assert.deepEqual(
      matchingCredentials(image, [secret(auths)]).map(({ username }) => username),
      expected,
    ),
  );
}

test('a secret that cannot be read counts for nothing', () => {
  assert.deepEqual(matchingCredentials('a', [{ metadata: {}, data: { '.dockerconfigjson': 'bm90IGpzb24=' } }]), []);
});
