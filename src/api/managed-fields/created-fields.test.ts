import { test } from 'node:test';
import assert from 'node:assert/strict';
import { cloneJson } from '#base/immutable.ts';
import { SeededRandom } from '#base/random.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { compareObjects, Unownable } from '#api/managed-fields/compare.ts';
import { createdFields } from '#api/managed-fields/created-fields.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'a',
    namespace: 'b',
    labels: { app: 'web', 'a"b<c': '1' },
    annotations: {},
    finalizers: ['x/y', 'z'],
  },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'web:1',
        args: ['a', 'b'],
        ports: [
          { containerPort: 80, protocol: 'TCP' },
          { containerPort: 80, protocol: 'UDP', name: 'u' },
          { containerPort: 443 },
        ],
        env: [
          { name: 'A', value: '1' },
          { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'A', value: '2' },
        ],
        resources: { limits: { cpu: '1' } },
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
      },
      { name: 'log', image: 'log:1', resources: {} },
    ],
    securityContext: {},
    volumes: [{ name: 'v', emptyDir: {} }],
    tolerations: [{ key: 'a', operator: 'Exists' }],
    nodeSelector: { os: 'linux' },
  },
  status: { phase: '', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: null }] },
};
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'u' }] },
  spec: {
    ports: [{ port: 80, targetPort: 'http' }],
    selector: { app: 'web' },
    type: 'ClusterIP',
    clusterIPs: ['1.2.3.4'],
  },
  status: { loadBalancer: {} },
};
const configMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {},
  data: { a: '', b: 'x' },
  binaryData: { c: 'eA==' },
};
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: { replicas: 0, strategy: {}, selector: null, template: { metadata: { labels: { a: 'b' } }, spec: pod.spec } },
  status: {},
};
const objects: readonly [string, object][] = [
  ['io.k8s.api.core.v1.Pod', pod],
  ['io.k8s.api.core.v1.Service', service],
  ['io.k8s.api.core.v1.ConfigMap', configMap],
  ['io.k8s.api.apps.v1.Deployment', deployment],
];

type Fields = Record<string, unknown>;

/** Drops, empties, renames, swaps or doubles something, somewhere. */
function mutate(value: unknown, random: SeededRandom): void {
  if (typeof value !== 'object' || value === null) return;
  const fields = value as Fields;
  const keys = Object.keys(fields);
  if (keys.length === 0) return;
  const key = keys[Math.floor(random.next() * keys.length)] as string;
  const item = fields[key];
  if (typeof item === 'object' && item !== null && random.next() < 0.7) return mutate(item, random);
  const choice = Math.floor(random.next() * 6);
  if (Array.isArray(value)) {
    if (choice < 2) value.splice(Number(key), 1);
    else if (choice < 4) value.push(cloneJson(item));
    else value.reverse();
  } else if (choice === 0) delete fields[key];
  else if (choice === 1) fields[key] = null;
  else if (choice === 2) fields[key] = typeof item === 'object' ? {} : '';
  else if (choice === 3) fields[`${key}-2`] = item;
  else if (choice === 4) fields[key] = 0;
  else {
    delete fields[key];
    fields[key] = item;
  }
}

function outcome(fields: () => object): string {
  try {
    return JSON.stringify(fields());
  } catch (error) {
    if (!(error instanceof Unownable)) throw error;
    return error.message;
  }
}

for (const [definition, object] of objects) {
  const schema = builtinSchemas.type(definition);
  test(`${definition}: the fields of whatever is created are those the comparison finds, a second time as well`, () => {
    const random = new SeededRandom(7);
    for (let i = 0; i < 400; i++) {
      const copy = cloneJson(object);
      for (let n = 0; n < 1 + (i % 5); n++) mutate(copy, random);
      const expected = outcome(() => compareObjects(schema, undefined, copy as Fields).changed);
      for (let n = 0; n < 2; n++)
        assert.equal(
          outcome(() => createdFields(schema, copy)),
          expected,
          JSON.stringify(copy),
        );
    }
  });
}

test('objects with the same fields share one set, whatever the values', () => {
  const schema = builtinSchemas.type('io.k8s.api.core.v1.Pod');
  const other = cloneJson(pod);
  other.metadata.name = 'another';
  (other.spec.containers[0] as { image: string }).image = 'web:2';
  assert.equal(createdFields(schema, other), createdFields(schema, pod));
  assert.ok(Object.isFrozen(createdFields(schema, pod)['f:spec']));
});
