import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '#api/generated/apps/v1.ts';
import { fieldErrorBody, type FieldError } from '#api/status.ts';
import { daemonSet } from '#kinds/apps/daemonset/resource.ts';
import { validateDaemonSet } from '#kinds/apps/daemonset/validation.ts';
import { deployment } from '#kinds/apps/deployment/resource.ts';
import { validateDeployment, validateDeploymentStatus } from '#kinds/apps/deployment/validation.ts';
import { replicaSet } from '#kinds/apps/replicaset/resource.ts';
import { validateReplicaSet } from '#kinds/apps/replicaset/validation.ts';
import { statefulSet } from '#kinds/apps/statefulset/resource.ts';
import { validateStatefulSet } from '#kinds/apps/statefulset/validation.ts';

const base = {
  selector: { matchLabels: { app: 'web' } },
  template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
};
const metadata = { name: 'web', namespace: 'n' };
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const lines = (errors: readonly FieldError[]): string[] =>
  errors.map((error) => `${error.field}: ${fieldErrorBody(error)}`);

function deploymentOf(spec: Partial<Deployment['spec']>): Deployment {
  const object: Deployment = { metadata, spec: { ...copy(base), ...spec } };
  deployment.defaults?.(object);
  return object;
}

const deployments: readonly [string, Partial<Deployment['spec']>, readonly string[]][] = [
  ['a small deployment is right', {}, []],
  ['fewer than none', { replicas: -1 }, ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']],
  [
    'an empty selector',
    { selector: {} },
    ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  ],
  [
    'a selector of other pods',
    { selector: { matchLabels: { app: 'db' } } },
    ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
  ],
  [
    'neither more nor less',
    { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
    ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
  ],
  [
    'a strategy nobody knows',
    { strategy: { type: 'Hope' as never } },
    [
      'spec.strategy: Unsupported value: {"Type":"Hope","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
    ],
  ],
];
for (const [name, spec, expected] of deployments) {
  test(name, () => {
    assert.deepEqual(lines(validateDeployment(deploymentOf(spec))), expected);
  });
}

test('a selector is for ever', () => {
  const now = deploymentOf({
    selector: { matchLabels: { tier: 'x' } },
    template: { ...copy(base.template), metadata: { labels: { tier: 'x' } } },
  });
  assert.deepEqual(lines(validateDeployment(now, deploymentOf({}))), [
    'spec.selector: Invalid value: {"matchLabels":{"tier":"x"}}: field is immutable',
  ]);
});

test('a part of a status is not more than the whole', () => {
  const object = { ...deploymentOf({}), status: { replicas: 1, readyReplicas: 2 } };
  assert.deepEqual(lines(validateDeploymentStatus(object, object)), [
    'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
  ]);
});

test('pods of a replica set start again', () => {
  const object: ReplicaSet = { metadata, spec: copy(base) };
  (object.spec as NonNullable<ReplicaSet['spec']>).template = {
    ...copy(base.template),
    spec: { ...copy(base.template.spec), restartPolicy: 'Never' },
  };
  replicaSet.defaults?.(object);
  assert.deepEqual(lines(validateReplicaSet(object)), [
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ]);
});

test('a daemon set surges or lets go, not both', () => {
  const object: DaemonSet = {
    metadata,
    spec: { ...copy(base), updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } },
  };
  daemonSet.defaults?.(object);
  assert.deepEqual(lines(validateDaemonSet(object)), [
    'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
  ]);
});

test('the pods of a stateful set may mount the volumes of its claims', () => {
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  const container = { name: 'c', image: 'i', volumeMounts: [{ name: 'data', mountPath: '/data' }] };
  const template = { ...copy(base.template), spec: { containers: [container] } };
  const object: StatefulSet = {
    metadata,
    spec: { ...copy(base), template, serviceName: 's', volumeClaimTemplates: [claim as never] },
  };
  statefulSet.defaults?.(object);
  assert.deepEqual(lines(validateStatefulSet(object)), []);
  const now = copy(object);
  (now.spec as NonNullable<StatefulSet['spec']>).serviceName = 'other';
  assert.match(lines(validateStatefulSet(now, object))[0] ?? '', /^spec: Forbidden: updates to statefulset spec/);
});
