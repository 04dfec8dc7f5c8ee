import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '#base/random.ts';
import type { Node, Pod, PodSpec } from '#api/generated/core/v1.ts';
import { BaseScoreCache } from '#scheduler/base-scores.ts';
import { rejectionMessage } from '#scheduler/failure.ts';
import { NodeTable } from '#scheduler/node-table.ts';
import { podInfo } from '#scheduler/pod-info.ts';
import type { Selector } from '#scheduler/select-node.ts';
import { selectNode } from '#scheduler/select-node.ts';
import { VerdictCache } from '#scheduler/verdicts.ts';

function node(name: string, more: { spec?: Node['spec']; labels?: Record<string, string>; cpu?: string } = {}): Node {
  const allocatable = { cpu: more.cpu ?? '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '10Gi' };
  return { metadata: { name, labels: more.labels }, spec: more.spec ?? {}, status: { allocatable } };
}
let sequence = 0;
function pod(spec: Partial<PodSpec> = {}, requests: Record<string, string> = {}): Pod {
  const uid = `u${sequence++}`;
  const containers = [{ name: 'c', resources: { requests } }, ...(spec.containers ?? [])] as PodSpec['containers'];
  return { metadata: { name: uid, namespace: 'n', uid }, spec: { ...spec, containers } };
}
function selectorOver(nodes: Node[]): Selector {
  const table = new NodeTable();
  for (const each of nodes) table.setNode(each);
  const scores = new BaseScoreCache(table, new VerdictCache(table));
  return { table, scores, plugins: [], nominated: () => [], hasNominations: () => false, random: new SeededRandom(1) };
}
function choose(selector: Selector, of: Pod): string {
  const selection = selectNode(selector, podInfo(of));
  if (selection.kind === 'rejected') return rejectionMessage(selection.rejection);
  return selector.table.nodeAt(selection.slot).metadata.name ?? '';
}
const port = (hostPort: number, hostIP?: string): Partial<PodSpec> => ({
  containers: [{ name: 'p', ports: [{ containerPort: 80, hostPort, ...(hostIP === undefined ? {} : { hostIP }) }] }],
});
const taint = { key: 'k', value: 'v', effect: 'NoSchedule' } as const;
const required = (key: string, operator: string, values: string[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator: operator as 'In', values }] }],
      },
    },
  },
});

const cases: { name: string; nodes: Node[]; pod: Pod; placed?: Pod[]; want: string }[] = [
  { name: 'no nodes', nodes: [], pod: pod(), want: 'no nodes available to schedule pods' },
  {
    name: 'each reason is counted and sorted',
    nodes: [
      node('a', { spec: { unschedulable: true } }),
      node('b', { spec: { taints: [taint] } }),
      node('c', { cpu: '1' }),
      node('d', { cpu: '1' }),
    ],
    pod: pod({}, { cpu: '2', memory: '16Gi' }),
    want: '0/4 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu, 2 Insufficient memory.',
  },
  {
    name: 'a tolerated taint is no obstacle',
    nodes: [node('a', { spec: { taints: [taint] } })],
    pod: pod({ tolerations: [{ key: 'k', operator: 'Exists' }] }),
    want: 'a',
  },
  {
    name: 'nodeSelector',
    nodes: [node('a'), node('b', { labels: { disk: 'ssd' } })],
    pod: pod({ nodeSelector: { disk: 'ssd' } }),
    want: 'b',
  },
  {
    name: 'required affinity that nobody meets',
    nodes: [node('a', { labels: { zone: 'x' } })],
    pod: pod(required('zone', 'NotIn', ['x'])),
    want: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
  },
  {
    name: 'Gt compares numbers',
    nodes: [node('a', { labels: { n: '9' } }), node('b', { labels: { n: '10' } })],
    pod: pod(required('n', 'Gt', ['9'])),
    want: 'b',
  },
  {
    name: 'a host port that is taken',
    nodes: [node('a')],
    placed: [pod(port(80))],
    pod: pod(port(80, '10.0.0.1')),
    want: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  },
  {
    name: 'the same host port on another address',
    nodes: [node('a')],
    placed: [pod(port(80, '10.0.0.2'))],
    pod: pod(port(80, '10.0.0.1')),
    want: 'a',
  },
  {
    name: 'the emptier node is preferred',
    nodes: [node('a'), node('b')],
    placed: [pod({}, { cpu: '1' })],
    pod: pod(),
    want: 'b',
  },
  {
    name: 'an extended resource nobody has',
    nodes: [node('a')],
    pod: pod({}, { 'example.com/gpu': '1' }),
    want: '0/1 nodes are available: 1 Insufficient example.com/gpu.',
  },
];

for (const { name, nodes, pod: wanted, placed = [], want } of cases) {
  test(`select node: ${name}`, () => {
    const selector = selectorOver(nodes);
    for (const each of placed) selector.table.setPod(podInfo(each), 'a');
    assert.equal(choose(selector, wanted), want);
  });
}

test('a changed node is judged again, an unchanged one is not', () => {
  const selector = selectorOver([node('a', { spec: { unschedulable: true } })]);
  const wanted = pod();
  assert.match(choose(selector, wanted), /unschedulable/);
  selector.table.setNode(node('a'));
  assert.equal(choose(selector, wanted), 'a');
});

test('a removed pod gives its room back, and a slot is used again', () => {
  const selector = selectorOver([node('a', { cpu: '1' })]);
  const first = podInfo(pod({}, { cpu: '1' }));
  selector.table.setPod(first, 'a');
  assert.match(choose(selector, pod({}, { cpu: '1' })), /Insufficient cpu/);
  selector.table.removePod(first.uid);
  assert.equal(choose(selector, pod({}, { cpu: '1' })), 'a');
  selector.table.removeNode('a');
  selector.table.setNode(node('z'));
  assert.equal(selector.table.size, 1);
  assert.equal(choose(selector, pod()), 'z');
});
