import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt, exportPKCS8, generateKeyPair } from 'jose';
import type { Clock } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { SeededRandom } from '#base/random.ts';
import type { HasMetadata } from '#api/object.ts';
import type { Reader, TokenRequestClaims } from '#api/resource.ts';
import { createTokenIssuer } from '#cluster/tokens.ts';

const issuer = 'https://kubernetes.default.svc.cluster.local';
const { privateKey } = await generateKeyPair('ES256', { extractable: true });
const key = await exportPKCS8(privateKey);

async function world() {
  const objects = new Map<string, HasMetadata>();
  let nowMs = Date.UTC(2030, 0, 1);
  const clock = { now: () => nowMs } as Clock;
  const reader: Reader = {
    get: (resource, { namespace, name }) =>
      objects.get(`${resource.plural}/${namespace}/${name}`) as DeepReadonly<never>,
    list: () => [],
  };
  const tokens = createTokenIssuer({
    signingKey: key,
    jwksUri: () => 'https://a/openid/v1/jwks',
    clock,
    random: new SeededRandom(7),
  });
  tokens.readFrom(reader);
  const put = (path: string, uid: string, deletionTimestamp?: string): void => {
    objects.set(path, {
      metadata: {
        name: path.split('/')[2] as string,
        uid,
        ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      },
    });
  };
  put('serviceaccounts/shop/web', 'sa-uid');
  put('pods/shop/web-1', 'pod-uid');
  put('nodes//n1', 'node-uid');
  return { tokens, objects, put, advance: (seconds: number) => (nowMs += seconds * 1000) };
}

const plain: TokenRequestClaims = {
  namespace: 'shop',
  serviceAccount: { name: 'web', uid: 'sa-uid' },
  audiences: [],
  expirationSeconds: 600,
};
const ofPod: TokenRequestClaims = {
  ...plain,
  boundObject: { kind: 'Pod', name: 'web-1', uid: 'pod-uid' },
  node: { name: 'n1', uid: 'node-uid' },
};

test('a token says what upstream says', async () => {
  const { tokens } = await world();
  const { token, expirationTimestamp } = await tokens.issue(ofPod);
  const { jti, ...claims } = decodeJwt(token);
  const now = Date.UTC(2030, 0, 1) / 1000;
  assert.equal(expirationTimestamp, '2030-01-01T00:10:00Z');
  assert.match(jti ?? '', /^[0-9a-f-]{36}$/);
  assert.deepEqual(claims, {
    aud: [issuer],
    exp: now + 600,
    iat: now,
    iss: issuer,
    nbf: now,
    sub: 'system:serviceaccount:shop:web',
    'kubernetes.io': {
      namespace: 'shop',
      node: { name: 'n1', uid: 'node-uid' },
      pod: { name: 'web-1', uid: 'pod-uid' },
      serviceaccount: { name: 'web', uid: 'sa-uid' },
    },
  });
});

test('its bearer is the service account, with what the token is bound to', async () => {
  const { tokens } = await world();
  const { token } = await tokens.issue(ofPod);
  const verdict = await tokens.authenticate(token, []);
  assert.deepEqual(verdict, {
    audiences: [issuer],
    user: {
      name: 'system:serviceaccount:shop:web',
      uid: 'sa-uid',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop'],
      extra: {
        'authentication.kubernetes.io/credential-id': [`JTI=${decodeJwt(token).jti}`],
        'authentication.kubernetes.io/node-name': ['n1'],
        'authentication.kubernetes.io/node-uid': ['node-uid'],
        'authentication.kubernetes.io/pod-name': ['web-1'],
        'authentication.kubernetes.io/pod-uid': ['pod-uid'],
      },
    },
  });
});

type World = Awaited<ReturnType<typeof world>>;
const endings: [string, (world: World) => void, boolean][] = [
  ['nothing has happened', () => {}, true],
  ['nine minutes have passed', ({ advance }) => advance(540), true],
  ['it has expired, but less than a minute ago', ({ advance }) => advance(630), true],
  ['it has expired', ({ advance }) => advance(700), false],
  ['the service account is gone', ({ objects }) => objects.delete('serviceaccounts/shop/web'), false],
  ['the service account was made anew', ({ put }) => put('serviceaccounts/shop/web', 'other'), false],
  ['the pod is gone', ({ objects }) => objects.delete('pods/shop/web-1'), false],
  ['the pod is being deleted', ({ put }) => put('pods/shop/web-1', 'pod-uid', '2030-01-01T00:00:10Z'), true],
  [
    'the pod should have been gone for two minutes',
    ({ put, advance }) => (put('pods/shop/web-1', 'pod-uid', '2030-01-01T00:00:10Z'), advance(130)),
    false,
  ],
  ['the node of its pod is gone', ({ objects }) => objects.delete('nodes//n1'), true],
];
for (const [title, change, isGood] of endings) {
  test(`a pod's token is ${isGood ? 'good' : 'refused'} when ${title}`, async () => {
    const here = await world();
    const { token } = await here.tokens.issue(ofPod);
    assert.ok(await here.tokens.authenticate(token, []));
    change(here);
    assert.equal((await here.tokens.authenticate(token, [])) !== undefined, isGood);
  });
}

test('the audience decides', async () => {
  const { tokens } = await world();
  const { token } = await tokens.issue({ ...plain, audiences: ['vault', 'other'] });
  assert.equal(await tokens.authenticate(token, []), undefined);
  assert.deepEqual((await tokens.authenticate(token, ['vault', issuer]))?.audiences, ['vault']);
});

test('a projected token is kept good for a year beyond the hour it says', async () => {
  const here = await world();
  const { token, expirationTimestamp } = await here.tokens.issue({ ...ofPod, expirationSeconds: 3607 });
  assert.equal(expirationTimestamp, '2030-01-01T01:00:07Z');
  here.advance(300 * 24 * 3600);
  assert.ok(await here.tokens.authenticate(token, []));
  assert.equal(
    (decodeJwt(token)['kubernetes.io'] as { warnafter: number }).warnafter,
    Date.UTC(2030, 0, 1) / 1000 + 3607,
  );
});

for (const [title, spoil] of [
  ['a changed signature', (token: string) => `${token.slice(0, -4)}AAAA`],
  ['another algorithm', (token: string) => `${btoa('{"alg":"none"}')}.${token.split('.')[1]}.`],
  ['no token at all', () => 'x'],
] as [string, (token: string) => string][]) {
  test(`${title} is refused`, async () => {
    const { tokens } = await world();
    const { token } = await tokens.issue(plain);
    assert.equal(await tokens.authenticate(spoil(token), []), undefined);
  });
}

test('a token of another key is refused', async () => {
  const { privateKey: foreign } = await generateKeyPair('ES256', { extractable: true });
  const here = await world();
  const clock = { now: () => Date.UTC(2030, 0, 1) } as Clock;
  const other = createTokenIssuer({ signingKey: await exportPKCS8(foreign), clock, random: new SeededRandom(1) });
  const { token } = await other.issue(plain);
  assert.equal(await here.tokens.authenticate(token, []), undefined);
});

test('the public documents let others verify tokens', async () => {
  const { tokens } = await world();
  const { keys } = await tokens.jwks();
  assert.deepEqual(Object.keys(keys[0] ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  assert.deepEqual(tokens.openidConfiguration(), {
    issuer,
    jwks_uri: 'https://a/openid/v1/jwks',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  });
});
