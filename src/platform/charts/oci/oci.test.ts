import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FetchRequest, FetchResponse } from '#base/fetch.ts';
import { FetchError } from '#base/fetch.ts';
import { chooseVersion } from './chart-registry.ts';
import {
  credentialHelper,
  findCredential,
  parseCredentialFile,
  printCredentialFile,
  withCredential,
} from './credentials.ts';
import { parseChartReference, referenceText } from './reference.ts';
import { RegistryClient } from './registry-client.ts';
import { retrying } from './retry.ts';

const digest = `sha256:${'a'.repeat(64)}`;

const references: readonly [text: string, parts: string][] = [
  ['oci://example.com/charts/web:1.2.3', 'example.com charts/web 1.2.3 '],
  ['oci://example.com:5000/charts/web', 'example.com:5000 charts/web  '],
  ['localhost:5000/web:1.2.3+b.1', 'localhost:5000 web 1.2.3_b.1 '],
  [`example.com/web@${digest}`, `example.com web  ${digest}`],
  [`example.com/web:1@${digest}`, `example.com web 1 ${digest}`],
  ['[::1]:5000/web', '[::1]:5000 web  '],
];

for (const [text, parts] of references)
  test(`reference ${text}`, () => {
    const reference = parseChartReference(text);
    assert.equal([reference.registry, reference.repository, reference.tag, reference.digest].join(' '), parts);
  });

const refused: readonly [text: string, message: string][] = [
  ['oci://example.com', 'invalid reference: missing registry or repository'],
  ['example.com/UP', 'invalid reference: invalid repository "UP"'],
  ['example.com/a//b', 'invalid reference: invalid repository "a//b"'],
  ['example.com/a:-x', 'invalid reference: invalid tag "-x"'],
  ['exa mple/a', 'invalid reference: invalid registry "exa mple"'],
  ['example.com/a@sha256:1', 'invalid reference: invalid digest "sha256:1": invalid checksum digest length'],
  ['example.com/a@md5:1', 'invalid reference: invalid digest "md5:1": unsupported digest algorithm'],
];

for (const [text, message] of refused)
  test(`refused: ${text}`, () => {
    assert.throws(() => parseChartReference(text), { message });
  });

test('references are printed without their scheme', () => {
  assert.equal(referenceText(parseChartReference('oci://a/b:1+c')), 'a/b:1_c');
  assert.equal(referenceText(parseChartReference(`oci://a/b@${digest}`)), `a/b@${digest}`);
});

test('versions are chosen from tags', () => {
  const tags = ['2.0.0-rc.1', '1.10.0', '1.2.0'];
  assert.equal(chooseVersion(tags, ''), '1.10.0');
  assert.equal(chooseVersion(tags, '~1.2'), '1.2.0');
  assert.equal(chooseVersion(tags, '>0.0.0-0'), '2.0.0-rc.1');
  assert.throws(() => chooseVersion(tags, '9'), {
    message: 'Could not locate a version matching provided version string 9',
  });
});

const file = parseCredentialFile(`{
  "auths": { "a.com": {"auth": "${btoa('jo:se:cret')}"}, "https://b.com/v1/": {"identitytoken": "t"}, "https://index.docker.io/v1/": {"username": "d", "password": "p"} },
  "credHelpers": {"c.com": "pass"}, "other": 1
}`);

test('credentials in docker’s file', () => {
  assert.deepEqual(findCredential(file, 'a.com'), {
    username: 'jo',
    password: 'se:cret',
    refreshToken: '',
    accessToken: '',
  });
  assert.equal(findCredential(file, 'b.com')?.refreshToken, 't');
  assert.equal(findCredential(file, 'docker.io')?.username, 'd');
  assert.equal(findCredential(file, 'd.com'), undefined);
  assert.equal(credentialHelper(file, 'c.com'), 'pass');
  assert.equal(credentialHelper(file, 'a.com'), undefined);
  const credential = { username: 'x', password: 'y', refreshToken: '', accessToken: '' };
  const changed = parseCredentialFile(printCredentialFile(withCredential(file, 'd.com', credential)));
  assert.deepEqual(findCredential(changed, 'd.com'), credential);
  assert.equal(changed['other'], 1);
  assert.equal(findCredential(withCredential(changed, 'd.com', undefined), 'd.com'), undefined);
});

/** A registry that answers from a table of `METHOD URL authorization`. */
function simulated(answers: Readonly<Record<string, Partial<FetchResponse>>>): {
  readonly asked: string[];
  fetch(request: FetchRequest): Promise<FetchResponse>;
} {
  const asked: string[] = [];
  return {
    asked,
    fetch: (request) => {
      const line = [request.method, request.url, request.headers['authorization']].filter(Boolean).join(' ');
      asked.push(line);
      const answer = answers[line];
      if (answer === undefined) return Promise.reject(new FetchError(`unexpected ${line}`, 'plain-http'));
      const body = answer.body ?? new Uint8Array();
      return Promise.resolve({ status: 200, statusText: '200 OK', headers: {}, url: request.url, ...answer, body });
    },
  };
}

const jo = { username: 'jo', password: 'secret', refreshToken: '', accessToken: '' };
const joBasic = `Basic ${btoa('jo:secret')}`;
const tokenBody = new TextEncoder().encode('{"token":"T"}');

test('a token is asked for once per scope and used again', async () => {
  const bearer = 'Bearer realm="https://auth.a.com/token",service="a.com",scope="repository:x:pull"';
  const registry = simulated({
    'GET https://a.com/v2/x': { status: 401, headers: { 'www-authenticate': bearer } },
    [`GET https://auth.a.com/token?scope=repository%3Ax%3Apull%2Cpush&service=a.com ${joBasic}`]: { body: tokenBody },
    'GET https://a.com/v2/x Bearer T': {},
  });
  const client = new RegistryClient('a.com', {
    fetch: registry.fetch,
    credential: () => Promise.resolve(jo),
    scheme: 'https',
    tokens: 'get',
  });
  const request = { method: 'GET', path: '/v2/x', scope: 'repository:x:push,pull' };
  assert.equal((await client.request(request)).status, 200);
  assert.equal((await client.request(request)).status, 200);
  assert.equal(registry.asked.length, 4);
});

test('a registry that speaks plain HTTP is not told who asks', async () => {
  const registry = simulated({
    'GET http://a.com/v2/x': { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
  });
  const client = new RegistryClient('a.com', {
    fetch: registry.fetch,
    credential: () => Promise.resolve(jo),
    scheme: 'https',
    tokens: 'get',
  });
  assert.equal((await client.request({ method: 'GET', path: '/v2/x' })).status, 401);
  assert.deepEqual(registry.asked, ['GET https://a.com/v2/x', 'GET http://a.com/v2/x']);
});

const waits: readonly [name: string, answers: readonly (number | string)[], delays: readonly number[], last: number][] =
  [
    ['an answer', [200], [], 200],
    ['a refusal', [401], [], 401],
    ['one stumble', [503, 200], [180], 200],
    ['too many at once', ['2', 200], [2000], 200],
    ['much too many', ['60', 200], [3000], 200],
    ['never', [500, 500, 500, 500, 500, 500], [180, 360, 720, 1440, 2880], 500],
    ['not implemented', [501], [], 501],
  ];

for (const [name, answers, delays, last] of waits)
  test(`asking again: ${name}`, async () => {
    const slept: number[] = [];
    let at = 0;
    const fetch = retrying(
      ({ url }) => {
        const answer = answers[at++] ?? 0;
        const isBusy = typeof answer === 'string';
        const status = isBusy ? 429 : answer;
        const headers: Record<string, string> = isBusy ? { 'retry-after': answer } : {};
        return Promise.resolve({ status, statusText: '', headers, body: new Uint8Array(), url });
      },
      { sleep: (delayMs) => Promise.resolve(void slept.push(delayMs)), fraction: () => 0 },
    );
    assert.equal((await fetch({ method: 'GET', url: 'https://a.com', headers: {} })).status, last);
    assert.deepEqual(
      slept,
      delays.map((delay) => Math.max(delay, 200)),
    );
    assert.equal(at, answers.length);
  });
