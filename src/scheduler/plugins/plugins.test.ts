import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '#base/random.ts';
import type { Affinity, Node, Pod, TopologySpreadConstraint } from '#api/generated/core/v1.ts';
import type { Caches } from '#client/cache.ts';
import { BaseScoreCache } from '#scheduler/base-scores.ts';
import { rejectionMessage } from '#scheduler/failure.ts';
import { NodeTable } from '#scheduler/node-table.ts';
import { podInfo } from '#scheduler/pod-info.ts';
import { defaultPlugins } from '#scheduler/plugins/default-plugins.ts';
import { selectNode } from '#scheduler/select-node.ts';
import { VerdictCache } from '#scheduler/verdicts.ts';

/** A server without Services and workloads: pods spread by their own constraints only. */
const noCaches: Caches = {
  of() {
    throw new Error('not served');
  },
};

function node(name: string, zone: string | undefined): Node {
  const labels = { 'kubernetes.io/hostname': name, ...(zone === undefined ? {} : { zone }) };
  return { metadata: { name, labels }, spec: {}, status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } } };
}
let sequence = 0;
function pod(app: string, more: { affinity?: Affinity; spread?: TopologySpreadConstraint } = {}): Pod {
  const uid = `u${sequence++}`;
  const { affinity, spread } = more;
  return {
    metadata: { name: uid, namespace: 'n', uid, labels: { app } },
    spec: {
      containers: [{ name: 'c' }],
      ...(affinity === undefined ? {} : { affinity }),
      ...(spread === undefined ? {} : { topologySpreadConstraints: [spread] }),
    },
  };
}
const term = (app: string, topologyKey = 'zone'): { labelSelector: object; topologyKey: string } => ({
  labelSelector: { matchLabels: { app } },
  topologyKey,
});
const near = (app: string): Affinity => ({
  podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app)] },
});
const away = (app: string): Affinity => ({
  podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app)] },
});
const ratherNear = (app: string): Affinity => ({
  podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term(app) }] },
});
const spread = (
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway',
  more: object = {},
): TopologySpreadConstraint => ({
  topologyKey: 'zone',
  maxSkew: 1,
  whenUnsatisfiable,
  labelSelector: { matchLabels: { app: 'a' } },
  ...more,
});
const zones = [node('x1', 'x'), node('x2', 'x'), node('y1', 'y')];

interface Case {
  name: string;
  nodes?: Node[];
  /** Pods that are there: by node. */
  placed: [node: string, pod: Pod][];
  pod: Pod;
  want: string | RegExp;
}
const cases: Case[] = [
  {
    name: 'spread evens zones',
    placed: [['x1', pod('a')]],
    pod: pod('a', { spread: spread('DoNotSchedule') }),
    want: 'y1',
  },
  {
    name: 'spread does not count pods of other labels',
    placed: [['y1', pod('b')]],
    pod: pod('a', { spread: spread('DoNotSchedule', { maxSkew: 1 }) }),
    want: /^(x1|x2)$/,
  },
  {
    name: 'spread refuses what would lean too far',
    nodes: [node('x1', 'x'), node('z1', undefined)],
    placed: [['x1', pod('a')]],
    pod: pod('a', { spread: spread('DoNotSchedule', { minDomains: 2 }) }),
    want: "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label).",
  },
  {
    name: 'soft spread prefers the emptier zone',
    placed: [
      ['x1', pod('a')],
      ['x2', pod('a')],
    ],
    pod: pod('a', { spread: spread('ScheduleAnyway') }),
    want: 'y1',
  },
  {
    name: 'near: the zone of the other pod',
    placed: [['y1', pod('b')]],
    pod: pod('a', { affinity: near('b') }),
    want: 'y1',
  },
  {
    name: 'near: nobody is there',
    placed: [],
    pod: pod('a', { affinity: near('b') }),
    want: "0/3 nodes are available: 3 node(s) didn't match pod affinity rules.",
  },
  {
    name: 'near: the first of a group may start it',
    placed: [['y1', pod('b')]],
    pod: pod('a', { affinity: near('a') }),
    want: /^x1|x2|y1$/,
  },
  {
    name: 'away: not in the zone of the other pod',
    placed: [['x1', pod('b')]],
    pod: pod('a', { affinity: away('b') }),
    want: 'y1',
  },
  {
    name: 'away: everywhere is somebody',
    placed: [
      ['x1', pod('b')],
      ['y1', pod('b')],
    ],
    pod: pod('a', { affinity: away('b') }),
    want: "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.",
  },
  {
    name: 'existing pods keep others away',
    placed: [
      ['x2', pod('b', { affinity: away('a') })],
      ['y1', pod('b', { affinity: away('a') })],
    ],
    pod: pod('a'),
    want: "0/3 nodes are available: 3 node(s) didn't satisfy existing pods anti-affinity rules.",
  },
  {
    name: 'a preference decides',
    placed: [['y1', pod('b')]],
    pod: pod('a', { affinity: ratherNear('b') }),
    want: 'y1',
  },
  {
    name: 'existing pods attract',
    placed: [['y1', pod('b', { affinity: ratherNear('a') })]],
    pod: pod('a'),
    want: 'y1',
  },
];

for (const { name, nodes = zones, placed, pod: wanted, want } of cases) {
  test(`plugins: ${name}`, () => {
    const table = new NodeTable();
    const plugins = defaultPlugins(table, noCaches);
    for (const each of nodes) table.setNode(each);
    for (const [on, each] of placed) table.setPod(podInfo(each), on);
    const scores = new BaseScoreCache(table, new VerdictCache(table));
    const random = new SeededRandom(7);
    const selector = { table, scores, plugins, nominated: () => [], hasNominations: () => false, random };
    const selection = selectNode(selector, podInfo(wanted));
    const answer =
      selection.kind === 'rejected'
        ? rejectionMessage(selection.rejection)
        : (table.nodeAt(selection.slot).metadata.name ?? '');
    if (typeof want === 'string') assert.equal(answer, want);
    else assert.match(answer, want);
  });
}

test('plugins: counts follow pods that come and go', () => {
  const table = new NodeTable();
  const plugins = defaultPlugins(table, noCaches);
  for (const each of zones) table.setNode(each);
  const scores = new BaseScoreCache(table, new VerdictCache(table));
  const random = new SeededRandom(7);
  const selector = { table, scores, plugins, nominated: () => [], hasNominations: () => false, random };
  const wanted = podInfo(pod('a', { affinity: away('b') }));
  const choose = (): string => selectNode(selector, wanted).kind;
  const [one, two] = [podInfo(pod('b')), podInfo(pod('b'))];
  assert.equal(choose(), 'selected');
  table.setPod(one, 'x1');
  table.setPod(two, 'y1');
  assert.equal(choose(), 'rejected');
  table.removePod(two.uid);
  assert.equal(choose(), 'selected');
});
