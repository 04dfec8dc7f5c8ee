import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestInfoOf, UnreadablePath } from '#apiserver/chain/request-info.ts';

const cases: [string, string, string][] = [
  ['GET', '/api/v1/namespaces', 'list v1 ns= namespaces'],
  ['GET', '/api/v1/namespaces/other', 'get v1 ns=other namespaces/other'],
  ['GET', '/api/v1/namespaces/other/status', 'get v1 ns=other namespaces/other/status'],
  ['PUT', '/api/v1/namespaces/other/finalize', 'update v1 ns=other namespaces/other/finalize'],
  ['GET', '/api/v1/namespaces/other/pods', 'list v1 ns=other pods'],
  ['GET', '/api/v1/namespaces/other/pods/foo', 'get v1 ns=other pods/foo'],
  ['HEAD', '/api/v1/namespaces/other/pods/foo', 'get v1 ns=other pods/foo'],
  ['GET', '/api/v1/pods?watch=true', 'watch v1 ns= pods'],
  ['GET', '/api/v1/pods?watch', 'watch v1 ns= pods'],
  ['GET', '/api/v1/pods?watch=0', 'list v1 ns= pods'],
  ['GET', '/api/v1/pods?watch=False', 'list v1 ns= pods'],
  ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dabc', 'list v1 ns= pods/abc'],
  ['GET', '/api/v1/pods?fieldSelector=metadata.name!%3Dabc', 'list v1 ns= pods'],
  ['GET', '/api/v1/watch/namespaces/other/pods/foo', 'watch v1 ns=other pods/foo'],
  ['GET', '/api/v1/proxy/nodes/x/y', 'proxy v1 ns= nodes/x'],
  ['DELETE', '/apis/apps/v1/namespaces/a/deployments', 'deletecollection apps/v1 ns=a deployments'],
  ['DELETE', '/apis/apps/v1/namespaces/a/deployments/b', 'delete apps/v1 ns=a deployments/b'],
  ['PATCH', '/apis/apps/v1/namespaces/a/deployments/b/scale', 'patch apps/v1 ns=a deployments/b/scale'],
  ['POST', '/api/v1/namespaces/a/pods/b/proxy/c/d/', 'create v1 ns=a pods/b/proxy +c/d'],
  ['GET', '/api/v1/namespaces/ns/configmaps/a%2fb', 'get v1 ns=ns configmaps/a/b'],
  ['GET', '/api/v1//namespaces', 'get v1 ns= /namespaces'],
  ['OPTIONS', '/api/v1/pods', ' v1 ns= pods'],
  ['GET', '/apis/apps/v1', '/apis/apps/v1 get'],
  ['GET', '/api/v1', '/api/v1 get'],
  ['GET', '/', '/ get'],
  ['POST', '/healthz', '/healthz post'],
];
for (const [method, url, expected] of cases) {
  test(`${method} ${url} is read as upstream reads it`, () => {
    const [path, query] = url.split('?') as [string, string?];
    const info = requestInfoOf({ method, path, query: query ?? '' });
    if (!info.isResourceRequest) {
      assert.equal(`${info.path} ${info.verb}`, expected);
      return;
    }
    const version = info.group === '' ? info.version : `${info.group}/${info.version}`;
    const target = [info.resource, info.name, info.subresource].join('/').replace(/\/+$/, '');
    assert.equal(
      `${info.verb} ${version} ns=${info.namespace} ${target}${info.subpath === '' ? '' : ` +${info.subpath}`}`,
      expected,
    );
  });
}

test('a path that cannot be decoded is a bad request', () => {
  assert.throws(
    () => requestInfoOf({ method: 'GET', path: '/api/%zz', query: '' }),
    (error) => error instanceof UnreadablePath && error.status === 400,
  );
});

test('a verb prefix with nothing behind it is an error of the server, as upstream has it', () => {
  assert.throws(
    () => requestInfoOf({ method: 'GET', path: '/api/v1/watch', query: '' }),
    (error) => error instanceof UnreadablePath && error.status === 500,
  );
});
