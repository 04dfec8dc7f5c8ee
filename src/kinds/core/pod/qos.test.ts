import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodSpec } from '#api/generated/core/v1.ts';
import { qosClass } from '#kinds/core/pod/qos.ts';

const both = { cpu: '1', memory: '1Gi' };
const container = (resources: object): PodSpec => ({ containers: [{ name: 'a', image: 'b', resources }] });

const cases: readonly (readonly [string, PodSpec, string])[] = [
  ['nothing said', container({}), 'BestEffort'],
  ['limits that are requests', container({ limits: both, requests: both }), 'Guaranteed'],
  ['a lower request', container({ limits: both, requests: { ...both, cpu: '500m' } }), 'Burstable'],
  ['a request alone', container({ requests: { cpu: '1' } }), 'Burstable'],
  ['other resources do not count', container({ limits: { 'example.com/gpu': '1' } }), 'BestEffort'],
  ['the whole pod, nothing said', { ...container({ limits: both, requests: both }), resources: {} }, 'BestEffort'],
  [
    'the whole pod, limits that are requests',
    { ...container({}), resources: { limits: both, requests: both } },
    'Guaranteed',
  ],
  ['the whole pod, limits of one resource', { ...container({}), resources: { limits: { cpu: '1' } } }, 'Burstable'],
];

for (const [title, spec, expected] of cases)
  test(`quality of service: ${title}`, () => {
    assert.equal(qosClass({ metadata: { name: 'p' }, spec }), expected);
  });
