import { test } from 'node:test';
import assert from 'node:assert/strict';
import { namespaces, nodes, pods, priorityclasses, serviceaccounts } from '#api/generated/resources.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import type { KubeObject } from '#api/object.ts';
import type { AdmissionAttributes, AdmissionPlugin, HookCall } from '#api/resource.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import type { StatusError } from '#api/status.ts';
import { defaultTolerationSeconds } from '#kinds/admission/default-toleration-seconds.ts';
import { namespaceLifecycle } from '#kinds/admission/namespace-lifecycle.ts';
import { nodeRestriction } from '#kinds/admission/node-restriction.ts';
import { priorityAdmission } from '#kinds/admission/priority.ts';
import { serviceAccountAdmission } from '#kinds/admission/service-account.ts';
import { taintNodesByCondition } from '#kinds/admission/taint-nodes-by-condition.ts';
import { MemoryCluster } from '#kinds/testdata/memory-call.ts';

type Request = Partial<AdmissionAttributes> & { resource: ResourceRef };

async function admit(plugin: AdmissionPlugin, request: Request, call: HookCall): Promise<void> {
  const object = request.object;
  const key = { namespace: object?.metadata.namespace ?? '', name: object?.metadata.name ?? '' };
  const attributes: AdmissionAttributes = { operation: 'CREATE', subresource: '', key, ...request };
  if (!plugin.handles(attributes.operation, attributes)) return;
  await plugin.mutate?.(attributes, call);
  await plugin.validate?.(attributes, call);
}

function podOf(spec: Partial<Pod['spec']> = {}): KubeObject & Pod {
  return {
    metadata: { name: 'p', namespace: 'ns' },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  } as never;
}
const refused =
  (code: number, text: string) =>
  (error: StatusError): boolean => {
    assert.deepEqual([error.code, error.message], [code, text]);
    return true;
  };

test('a namespace must exist and live, and the first ones stay', async () => {
  const world = new MemoryCluster();
  world.put(namespaces, { metadata: { name: 'ending' }, spec: {}, status: { phase: 'Terminating' } });
  const call = world.call();
  const pod = podOf();
  await assert.rejects(
    () => admit(namespaceLifecycle, { resource: pods, object: pod }, call),
    refused(404, 'namespaces "ns" not found'),
  );
  pod.metadata.namespace = 'ending';
  const text = 'pods "p" is forbidden: unable to create new content in namespace ending because it is being terminated';
  await assert.rejects(() => admit(namespaceLifecycle, { resource: pods, object: pod }, call), refused(403, text));
  await admit(namespaceLifecycle, { resource: pods, object: pod, operation: 'UPDATE' }, call);
  const key = { namespace: '', name: 'default' };
  await assert.rejects(
    () => admit(namespaceLifecycle, { resource: namespaces, operation: 'DELETE', key }, call),
    refused(403, 'namespaces "default" is forbidden: this namespace may not be deleted'),
  );
});

test('a pod gets its account, pull secrets and token', async () => {
  const world = new MemoryCluster();
  world.put(serviceaccounts, { metadata: { name: 'default', namespace: 'ns' }, imagePullSecrets: [{ name: 'pull' }] });
  const pod = podOf({
    containers: [
      { name: 'a', image: 'i' },
      {
        name: 'b',
        image: 'i',
        volumeMounts: [{ name: 'own', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
      },
    ],
  });
  await admit(serviceAccountAdmission, { resource: pods, object: pod }, world.call());
  assert.equal(pod.spec?.serviceAccountName, 'default');
  assert.deepEqual(pod.spec?.imagePullSecrets, [{ name: 'pull' }]);
  const [volume] = pod.spec?.volumes ?? [];
  assert.match(volume?.name ?? '', /^kube-api-access-[a-z0-9]{5}$/);
  assert.equal(pod.spec?.containers[0]?.volumeMounts?.[0]?.name, volume?.name);
  assert.equal(pod.spec?.containers[1]?.volumeMounts?.length, 1);
  assert.deepEqual(
    volume?.projected?.sources?.map((source) => Object.keys(source)[0]),
    ['serviceAccountToken', 'configMap', 'downwardAPI'],
  );
});

test('a pod may do without a token, but not without an account', async () => {
  const world = new MemoryCluster();
  world.put(serviceaccounts, { metadata: { name: 'bot', namespace: 'ns' }, automountServiceAccountToken: false });
  const pod = podOf({ serviceAccountName: 'bot' });
  await admit(serviceAccountAdmission, { resource: pods, object: pod }, world.call());
  assert.equal(pod.spec?.volumes, undefined);
  const text = 'pods "p" is forbidden: error looking up service account ns/nobody: serviceaccount "nobody" not found';
  const lost = podOf({ serviceAccountName: 'nobody' });
  await assert.rejects(
    () => admit(serviceAccountAdmission, { resource: pods, object: lost }, world.call()),
    refused(403, text),
  );
});

test('an enforcing account limits the secrets of its pods', async () => {
  const world = new MemoryCluster();
  const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
  world.put(serviceaccounts, { metadata: { name: 'bot', namespace: 'ns', annotations }, secrets: [{ name: 'mine' }] });
  const pod = podOf({ serviceAccountName: 'bot', volumes: [{ name: 'v', secret: { secretName: 'other' } }] });
  const text =
    'pods "p" is forbidden: volume with secret.secretName="other" is not allowed because service account bot does not reference that secret';
  await assert.rejects(
    () => admit(serviceAccountAdmission, { resource: pods, object: pod }, world.call()),
    refused(403, text),
  );
});

test('priority comes from the class, the default class, or is zero', async () => {
  const world = new MemoryCluster();
  const bare = podOf();
  await admit(priorityAdmission, { resource: pods, object: bare }, world.call());
  assert.deepEqual([bare.spec?.priority, bare.spec?.preemptionPolicy], [0, 'PreemptLowerPriority']);
  world.put(priorityclasses, { metadata: { name: 'usual' }, value: 7, globalDefault: true, preemptionPolicy: 'Never' });
  const usual = podOf();
  await admit(priorityAdmission, { resource: pods, object: usual }, world.call());
  assert.deepEqual(
    [usual.spec?.priorityClassName, usual.spec?.priority, usual.spec?.preemptionPolicy],
    ['usual', 7, 'Never'],
  );
  const text = 'pods "p" is forbidden: no PriorityClass with name x was found';
  await assert.rejects(
    () => admit(priorityAdmission, { resource: pods, object: podOf({ priorityClassName: 'x' }) }, world.call()),
    refused(403, text),
  );
  await assert.rejects(
    () => admit(priorityAdmission, { resource: pods, object: podOf({ priority: 8 }) }, world.call()),
    /must not be provided in pod spec/,
  );
  const second = { metadata: { name: 'b' }, globalDefault: true } as never;
  await assert.rejects(
    () => admit(priorityAdmission, { resource: priorityclasses, object: second }, world.call()),
    /usual is already marked as default/,
  );
});

test('pods tolerate five minutes unless they say otherwise; new nodes take none', async () => {
  const call = new MemoryCluster().call();
  const pod = podOf({ tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' }] });
  await admit(defaultTolerationSeconds, { resource: pods, object: pod }, call);
  assert.deepEqual(
    pod.spec?.tolerations?.map(({ key, tolerationSeconds }) => [key, tolerationSeconds]),
    [
      ['node.kubernetes.io/not-ready', undefined],
      ['node.kubernetes.io/unreachable', 300],
    ],
  );
  const node = { metadata: { name: 'n' } } as KubeObject;
  await admit(taintNodesByCondition, { resource: nodes, object: node }, call);
  await admit(taintNodesByCondition, { resource: nodes, object: node }, call);
  assert.deepEqual(node['spec'], { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] });
});

const kubelet = { name: 'system:node:n1', groups: ['system:nodes'] };
const restrictions: readonly [string, Request, string][] = [
  [
    'another node',
    { resource: nodes, object: { metadata: { name: 'n2' } } },
    'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
  ],
  [
    'restricted labels',
    {
      resource: nodes,
      object: {
        metadata: {
          name: 'n1',
          labels: { 'node-restriction.kubernetes.io/x': 'a', 'kubernetes.io/os': 'linux', 'x.k8s.io/y': '' },
        },
      },
    },
    'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/x, x.k8s.io/y',
  ],
  [
    'its own taints',
    {
      resource: nodes,
      operation: 'UPDATE',
      object: { metadata: { name: 'n1' } },
      old: { metadata: { name: 'n1' }, spec: { taints: [{ key: 'a' }] } },
    },
    'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
  ],
  [
    'a pod that is no mirror',
    { resource: pods, object: podOf() },
    'pods "p" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
  ],
  [
    'a pod elsewhere',
    { resource: pods, operation: 'UPDATE', subresource: 'status', object: podOf(), old: podOf({ nodeName: 'n2' }) },
    'pods "p" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
  ],
];
for (const [title, request, text] of restrictions) {
  test(`a node may not change ${title}`, async () => {
    const call = new MemoryCluster().call({ user: kubelet });
    await assert.rejects(() => admit(nodeRestriction, request, call), refused(403, text));
  });
}
