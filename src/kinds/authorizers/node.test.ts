import { test } from 'node:test';
import assert from 'node:assert/strict';
import { pods } from '#api/generated/resources.ts';
import type { AuthorizationAttributes } from '#api/resource.ts';
import { nodeAuthorizer } from '#kinds/authorizers/node.ts';
import { MemoryCluster } from '#kinds/testdata/memory-call.ts';

const world = new MemoryCluster();
world.put(pods, {
  metadata: { name: 'p', namespace: 'ns' },
  spec: {
    nodeName: 'n1',
    serviceAccountName: 'bot',
    imagePullSecrets: [{ name: 'pull' }],
    containers: [
      {
        name: 'c',
        image: 'i',
        env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'key', key: 'k' } } }],
        envFrom: [{ configMapRef: { name: 'env' } }],
      },
    ],
    volumes: [
      { name: 'a', configMap: { name: 'files' } },
      { name: 'b', projected: { sources: [{ secret: { name: 'projected' } }] } },
      { name: 'c', persistentVolumeClaim: { claimName: 'disk' } },
    ],
  },
});
const authorizer = nodeAuthorizer.create(world.reader);

type Resource = NonNullable<AuthorizationAttributes['resource']>;
function ask(node: string, verb: string, plural: string, rest: Partial<Resource> = {}): string {
  const resource: Resource = { group: '', version: 'v1', plural, subresource: '', namespace: 'ns', name: '', ...rest };
  const { decision, reason } = authorizer.authorize({
    user: { name: `system:node:${node}`, groups: ['system:nodes'] },
    verb,
    resource,
  });
  return decision === 'allow' ? 'allow' : reason;
}
const unrelated = (node: string): string => `no relationship found between node '${node}' and this object`;
const lease = { group: 'coordination.k8s.io', namespace: 'kube-node-lease' };

const cases: readonly [string, string, string][] = [
  ['pull secret', ask('n1', 'get', 'secrets', { name: 'pull' }), 'allow'],
  ['secret in a variable', ask('n1', 'watch', 'secrets', { name: 'key' }), 'allow'],
  ['projected secret', ask('n1', 'get', 'secrets', { name: 'projected' }), 'allow'],
  ['config of variables', ask('n1', 'get', 'configmaps', { name: 'env' }), 'allow'],
  ['config in a volume', ask('n1', 'list', 'configmaps', { name: 'files' }), 'allow'],
  ['claim', ask('n1', 'get', 'persistentvolumeclaims', { name: 'disk' }), 'allow'],
  ['token of its account', ask('n1', 'create', 'serviceaccounts', { name: 'bot', subresource: 'token' }), 'allow'],
  ['secret of another node', ask('n2', 'get', 'secrets', { name: 'pull' }), unrelated('n2')],
  ['secret that no pod names', ask('n1', 'get', 'secrets', { name: 'x' }), unrelated('n1')],
  ['all secrets', ask('n1', 'list', 'secrets'), 'No Object name found'],
  ['a write', ask('n1', 'update', 'secrets', { name: 'pull' }), 'can only read resources of this type'],
  ['its pods', ask('n1', 'list', 'pods', { fieldSelector: 'spec.nodeName=n1' }), 'allow'],
  ['all pods', ask('n1', 'list', 'pods'), 'can only list/watch pods with spec.nodeName field selector'],
  ['its pod', ask('n1', 'get', 'pods', { name: 'p' }), 'allow'],
  ['a pod elsewhere', ask('n2', 'get', 'pods', { name: 'p' }), unrelated('n2')],
  ['its own node', ask('n1', 'get', 'nodes', { namespace: '', name: 'n1' }), 'allow'],
  [
    'another node',
    ask('n1', 'get', 'nodes', { namespace: '', name: 'n2' }),
    "node 'n1' cannot read 'n2', only its own Node object",
  ],
  ['its lease', ask('n1', 'update', 'leases', { ...lease, name: 'n1' }), 'allow'],
  [
    'another lease',
    ask('n1', 'update', 'leases', { ...lease, name: 'n2' }),
    'can only access node lease with the same name as the requesting node',
  ],
  ['services, by the rules of system:node', ask('n1', 'list', 'services', { namespace: '' }), 'allow'],
  ['deployments', ask('n1', 'list', 'deployments', { group: 'apps' }), ''],
];
for (const [title, answer, expected] of cases) test(`a node asks for ${title}`, () => assert.equal(answer, expected));

test('who is no node is not judged', () => {
  const answer = authorizer.authorize({ user: { name: 'system:node:n1', groups: [] }, verb: 'get', path: '/' });
  assert.deepEqual(answer, { decision: 'no-opinion', reason: '' });
});
