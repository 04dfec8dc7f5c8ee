import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestInfoOf } from '#apiserver/chain/request-info.ts';
import { RequestMetrics } from '#apiserver/request-metrics.ts';

function infoOf(method: string, path: string) {
  return requestInfoOf({ method, path, query: '', headers: {} } as never);
}

test('requests are counted by verb, resource, scope and code, and timed in cumulative buckets', () => {
  const metrics = new RequestMetrics();
  const info = infoOf('GET', '/api/v1/namespaces/a/pods/p');
  metrics.begin('readOnly');
  metrics.record(info, '', 200, 0.01);
  metrics.record(info, '', 404, 100);
  const labels =
    'component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1"';
  const lines = new Set(metrics.expose().split('\n'));
  for (const line of [
    `apiserver_request_total{code="200",${labels}} 1`,
    `apiserver_request_total{code="404",${labels}} 1`,
    `apiserver_request_duration_seconds_bucket{${labels},le="0.005"} 0`,
    `apiserver_request_duration_seconds_bucket{${labels},le="0.025"} 1`,
    `apiserver_request_duration_seconds_bucket{${labels},le="60"} 1`,
    `apiserver_request_duration_seconds_bucket{${labels},le="+Inf"} 2`,
    `apiserver_request_duration_seconds_count{${labels}} 2`,
    'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
  ])
    assert.ok(lines.has(line), line);
});

for (const [method, path, verb, scope] of [
  ['POST', '/api/v1/namespaces/a/pods', 'POST', 'resource'],
  ['GET', '/api/v1/pods', 'LIST', 'cluster'],
  ['GET', '/api/v1/namespaces/a/pods', 'LIST', 'namespace'],
  ['DELETE', '/api/v1/namespaces/a/pods', 'DELETECOLLECTION', 'namespace'],
  ['POST', '/api/v1/namespaces/a/pods/p/exec', 'CONNECT', 'resource'],
] as const)
  test(`${method} ${path} is ${verb} of ${scope} scope, not timed here`, () => {
    const metrics = new RequestMetrics();
    metrics.record(infoOf(method, path), 'All', 200, undefined);
    const text = metrics.expose();
    assert.match(text, new RegExp(`apiserver_request_total.*dry_run="All".*scope="${scope}".*verb="${verb}"`));
    assert.doesNotMatch(text, /duration_seconds_count/);
  });
