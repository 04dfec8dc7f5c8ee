import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/logger.ts';
import { noMetrics } from '#base/metrics.ts';
import { SeededRandom } from '#base/random.ts';
import type { ApiRequest, ApiResponse, UserInfo } from '#api/handler.ts';
import type { Authorizer, Resource } from '#api/resource.ts';
import { notFound, type Status } from '#api/status.ts';
import { createAuthenticator } from '#apiserver/chain/authenticate.ts';
import { privilegedGroupAuthorizer, unionAuthorizer } from '#apiserver/chain/authorize.ts';
import { ping } from '#apiserver/discovery/health.ts';
import { type OpenApiDocuments, Paths } from '#apiserver/discovery/paths.ts';
import { VirtualClock } from '#sim/virtual-clock.ts';
import { createApiServer } from '#apiserver/server.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const pods: Resource = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  namespaced: true,
  schema: '',
};
const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  namespaced: true,
  schema: '',
};

/** Rules as `user verb plural[/sub] name`; `*` matches anything. */
function rules(...lines: string[]): Authorizer {
  return {
    authorize({ user, verb, resource, path }) {
      const what =
        resource === undefined
          ? (path ?? '')
          : resource.subresource === ''
            ? resource.plural
            : `${resource.plural}/${resource.subresource}`;
      const words = [user.name, verb, what, resource?.name ?? ''];
      const allowed = lines.some((line) => line.split(' ').every((word, i) => word === '*' || word === words[i]));
      return { decision: allowed ? 'allow' : 'no-opinion', reason: '' };
    },
  };
}

const serviceAccount = { name: 'system:serviceaccount:a:b', groups: ['system:serviceaccounts'], uid: 'u' };
const tokens = {
  authenticate: (token: string) =>
    Promise.resolve(token === 'sa' ? { user: serviceAccount, audiences: [] } : undefined),
};
const openApi: OpenApiDocuments = {
  index: () => new Map([['api/v1', 'AB12']]),
  v3: (path) => (path === 'api/v1' ? encoder.encode('{"openapi":"3.0.0"}') : undefined),
  v2: () => encoder.encode('{}'),
};

function server(authorizer: Authorizer) {
  const seen: { user: UserInfo; verb: string }[] = [];
  const paths = new Paths({
    resources: () => list,
    checks: [
      ping,
      {
        name: 'slow',
        endpoints: ['readyz'],
        check() {
          throw new Error('not yet');
        },
      },
    ],
    metrics: noMetrics,
    openApi,
    issuer: { openidConfiguration: () => ({ issuer: 'https://x' }), jwks: () => ({ keys: [] }) },
    serverAddress: () => '127.0.0.1:6443',
    log: silentLogger,
  });
  const { handle } = createApiServer({
    authenticate: createAuthenticator({
      tokens,
      staticTokens: new Map([['secret', { name: 'admin', groups: ['system:masters'] }]]),
    }),
    authorizer: unionAuthorizer([privilegedGroupAuthorizer, authorizer]),
    resources(_request, info, user) {
      seen.push({ user, verb: info.verb });
      if (info.name === 'missing') throw notFound(pods, 'missing');
      if (info.name === 'broken') throw new TypeError('a defect');
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: { kind: 'bytes', bytes: encoder.encode('{}') },
      };
    },
    paths,
    clock: new VirtualClock(),
    random: new SeededRandom(1),
    log: silentLogger,
  });
  const call = async (
    line: string,
    headers: Record<string, string> = {},
    peer: ApiRequest['peer'] = { address: '' },
  ) => {
    const [method, url] = line.split(' ') as [string, string];
    const [path, query] = url.split('?') as [string, string?];
    const response = await handle({
      method,
      path,
      query: query ?? '',
      headers,
      peer,
      signal: new AbortController().signal,
    });
    return { ...response, text: textOf(response), user: seen.at(-1)?.user };
  };
  return { call, seen };
}
const list = [pods, deployments];

function textOf(response: ApiResponse): string {
  return response.body.kind === 'bytes' ? decoder.decode(response.body.bytes) : response.body.kind;
}

const everything = rules('* * * *');

test('every answer carries an audit id and is not cached', async () => {
  const { call } = server(everything);
  const { headers } = await call('GET /api/v1/pods');
  assert.match(String(headers['audit-id']), /^[0-9a-f-]{36}$/);
  assert.equal(headers['cache-control'], 'no-cache, private');
  assert.equal((await call('GET /api/v1/pods', { 'audit-id': 'mine' })).headers['audit-id'], 'mine');
});

const identities: [string, Record<string, string>, ApiRequest['peer'], Partial<UserInfo>][] = [
  ['nobody', {}, { address: '' }, { name: 'system:anonymous', groups: ['system:unauthenticated'] }],
  ['an in-process caller', {}, { address: '', user: { name: 'me', groups: [] } }, { name: 'me', groups: [] }],
  [
    'a client certificate',
    {},
    { address: '', certificate: { commonName: 'jane', organizations: ['dev'] } },
    { name: 'jane', groups: ['dev', 'system:authenticated'] },
  ],
  [
    'a static token',
    { authorization: 'Bearer secret' },
    { address: '' },
    { name: 'admin', groups: ['system:masters', 'system:authenticated'] },
  ],
  [
    'a service account token',
    { authorization: 'bearer sa' },
    { address: '' },
    { name: 'system:serviceaccount:a:b', groups: ['system:serviceaccounts', 'system:authenticated'], uid: 'u' },
  ],
  [
    'a token in a WebSocket subprotocol',
    { 'sec-websocket-protocol': `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${btoa('secret')}` },
    { address: '' },
    { name: 'admin', groups: ['system:masters', 'system:authenticated'] },
  ],
];
for (const [title, headers, peer, expected] of identities) {
  test(`${title} is known as ${expected.name}`, async () => {
    const { call } = server(everything);
    assert.deepEqual((await call('GET /api/v1/pods', headers, peer)).user, expected);
  });
}

test('a token that is not ours is 401 even where anonymous is allowed', async () => {
  const { call } = server(everything);
  const { status, text } = await call('GET /healthz', { authorization: 'Bearer wrong' });
  assert.equal(status, 401);
  const expected: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  };
  assert.deepEqual(JSON.parse(text), expected);
});

const refusals: [string, string, string][] = [
  [
    'GET /api/v1/nodes/x',
    'nodes "x" is forbidden: User "jane" cannot get resource "nodes" in API group "" at the cluster scope',
    'nodes',
  ],
  ['GET /metrics', 'forbidden: User "jane" cannot get path "/metrics"', ''],
  [
    'POST /api/v1/namespaces/g/pods/x/exec',
    'pods "x" is forbidden: User "jane" cannot create resource "pods/exec" in API group "" in the namespace "g"',
    'pods',
  ],
  [
    'PATCH /apis/apps/v1/namespaces/g/deployments/x/scale',
    'deployments.apps "x" is forbidden: User "jane" cannot patch resource "deployments/scale" in API group "apps" in the namespace "g"',
    'deployments',
  ],
  [
    'GET /apis/nope.example.com/v1/things',
    'things.nope.example.com is forbidden: User "jane" cannot list resource "things" in API group "nope.example.com" at the cluster scope',
    'things',
  ],
];
for (const [line, message, kind] of refusals) {
  test(`${line} without rights is refused in upstream's words`, async () => {
    const { call } = server(rules());
    const { status, text } = await call(line, {}, { address: '', user: { name: 'jane', groups: [] } });
    const body = JSON.parse(text) as Status;
    assert.equal(status, 403);
    assert.equal(body.message, message);
    assert.equal(body.details?.kind ?? '', kind);
  });
}

const admin = { address: '', user: { name: 'admin', groups: ['system:masters'] } };

test('an admin may act as anybody', async () => {
  const { call } = server(rules('jane * * *'));
  const headers = {
    'impersonate-user': 'jane',
    'impersonate-group': 'a, b',
    'impersonate-uid': '7',
    'impersonate-extra-example.com%2fscope': 'x, y',
  };
  const { user } = await call('GET /api/v1/pods', headers, admin);
  assert.deepEqual(user, {
    name: 'jane',
    groups: ['a', 'b', 'system:authenticated'],
    uid: '7',
    extra: { 'example.com/scope': ['x', 'y'] },
  });
});

const becoming: [string, Record<string, string>, readonly string[]][] = [
  ['system:serviceaccount:ns:sa', {}, ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated']],
  ['system:anonymous', {}, ['system:unauthenticated']],
  ['system:node:n', { 'impersonate-group': 'system:nodes' }, ['system:nodes', 'system:authenticated']],
  ['system:node:n', {}, ['system:nodes', 'system:authenticated']],
  ['x', { 'impersonate-group': 'system:unauthenticated' }, ['system:unauthenticated']],
];
for (const [name, headers, groups] of becoming) {
  test(`acting as ${name} with ${JSON.stringify(headers)} means the groups ${groups.join(', ')}`, async () => {
    const { call } = server(everything);
    assert.deepEqual(
      (await call('GET /api/v1/pods', { 'impersonate-user': name, ...headers }, admin)).user?.groups,
      groups,
    );
  });
}

test('acting as somebody else needs the right to, old or new', async () => {
  const jane = { address: '', user: { name: 'jane', groups: [] } };
  const headers = { 'impersonate-user': 'bob' };
  assert.equal((await server(rules('* list * *')).call('GET /api/v1/pods', headers, jane)).status, 403);
  assert.equal(
    (await server(rules('bob list * *', 'jane impersonate users bob')).call('GET /api/v1/pods', headers, jane)).status,
    200,
  );
  const constrained = rules(
    'bob list * *',
    'jane impersonate-on:user-info:list pods *',
    'jane impersonate:user-info users bob',
  );
  assert.equal((await server(constrained).call('GET /api/v1/pods', headers, jane)).status, 200);
  assert.equal((await server(constrained).call('GET /apis/apps/v1/deployments', headers, jane)).status, 403);
});

test('impersonating a group without a user is a bad request', async () => {
  const { status, text } = await server(everything).call('GET /api/v1/pods', { 'impersonate-group': 'g' }, admin);
  assert.equal(status, 400);
  assert.equal(
    (JSON.parse(text) as Status).message,
    'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)} without impersonating a user name',
  );
});

const paths: [string, number, string | RegExp][] = [
  ['GET /healthz', 200, 'ok'],
  ['GET /livez/ping', 200, 'ok'],
  ['GET /livez?verbose', 200, '[+]ping ok\nlivez check passed\n'],
  ['GET /readyz', 500, '[+]ping ok\n[-]slow failed: reason withheld\nreadyz check failed\n'],
  ['GET /readyz?exclude=slow', 200, 'ok'],
  [
    'GET /readyz?verbose&exclude=slow&exclude=x',
    200,
    '[+]ping ok\n[+]slow excluded: ok\nwarn: some health checks cannot be excluded: no matches for "x"\nreadyz check passed\n',
  ],
  ['GET /livez/slow', 404, '404 page not found\n'],
  ['GET /API/v1', 404, '404 page not found\n'],
  ['GET /apis/nope/v1', 404, '404 page not found\n'],
  ['PATCH /apis/nope/v1', 404, '404 page not found\n'],
  ['GET /apis/nope/v1/things', 404, '404 page not found\n'],
  ['GET /apis/apps/v9', 404, /"the server could not find the requested resource"/],
  ['GET /apis/apps', 200, /^{"kind":"APIGroup","apiVersion":"v1","name":"apps"/],
  ['GET /apis/apps/', 200, /^{"kind":"APIGroup"/],
  ['POST /apis', 405, /"the server does not allow this method on the requested resource"/],
  ['GET /api/', 200, /"serverAddress":"127.0.0.1:6443"/],
  ['GET /version/', 200, /"gitVersion": "v1.36.3"/],
  ['GET /openapi/v3', 200, '{"paths":{"api/v1":{"serverRelativeURL":"/openapi/v3/api/v1?hash=AB12"}}}'],
  ['GET /openapi/v3/api/v1?hash=AB12', 200, '{"openapi":"3.0.0"}'],
  ['GET /openapi/v3/apis/none/v1', 404, ''],
  ['GET /.well-known/openid-configuration', 200, '{"issuer":"https://x"}'],
  ['GET /openid/v1/jwks', 200, '{"keys":[]}'],
  ['GET /%zz', 400, '400 Bad Request'],
  ['GET /api/v1/proxy/nodes/x', 404, /"the server could not find the requested resource"/],
  [
    'GET /api/v1/watch',
    500,
    'Internal Server Error: "/api/v1/watch": failed to create RequestInfo: unable to determine kind and namespace from url, /api/v1/watch\n',
  ],
  ['GET /api/v1/pods/missing', 404, /"pods \\"missing\\" not found"/],
  ['GET /api/v1/pods/broken', 500, /"Internal error occurred: a defect"/],
];
for (const [line, status, expected] of paths) {
  test(`${line} is answered ${status}`, async () => {
    const answer = await server(everything).call(line);
    assert.equal(answer.status, status);
    if (typeof expected === 'string') assert.equal(answer.text, expected);
    else assert.match(answer.text, expected);
  });
}

test('aggregated discovery has an ETag and is not sent twice', async () => {
  const { call } = server(everything);
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
  const first = await call('GET /apis', { accept });
  assert.equal(first.headers['content-type'], 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
  assert.match(first.text, /^{"kind":"APIGroupDiscoveryList"/);
  const second = await call('GET /apis', { accept, 'if-none-match': String(first.headers['etag']) });
  assert.deepEqual([second.status, second.text], [304, '']);
});

test('aggregated discovery of v2beta1 alone is not acceptable', async () => {
  const { status } = await server(everything).call('GET /apis', {
    accept: 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
  });
  assert.equal(status, 406);
});

test('OpenAPI v2 in protobuf alone is not acceptable', async () => {
  const { call } = server(everything);
  assert.equal(
    (await call('GET /openapi/v2', { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' })).status,
    406,
  );
  assert.equal((await call('GET /openapi/v2')).status, 200);
});
