import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Pod } from '#api/generated/core/v1.ts';
import { defaultPod } from '#kinds/core/pod/defaults.ts';
import { imageTag } from '#kinds/core/pod/image-tag.ts';
import { podWarnings } from '#kinds/core/pod/warnings.ts';

const tags: readonly [string, string | undefined][] = [
  ['busybox', 'latest'],
  ['busybox:1.36', '1.36'],
  ['localhost:5000/a/b', 'latest'],
  ['localhost:5000/a/b:v2', 'v2'],
  [`busybox@sha256:${'a'.repeat(64)}`, undefined],
  [`busybox:1@sha256:${'a'.repeat(64)}`, '1'],
  ['Not An Image', undefined],
  ['a'.repeat(64), undefined],
  [`${'b'.repeat(260)}`, undefined],
];
for (const [image, tag] of tags) {
  test(`the tag of ${image.slice(0, 30)} is ${tag}`, () => {
    assert.equal(imageTag(image), tag);
  });
}

const podWith = (spec: Partial<Pod['spec']>): Pod => {
  const pod: Pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } };
  defaultPod(pod);
  return pod;
};

test('a limit without a request is a request', () => {
  const { spec } = podWith({ containers: [{ name: 'c', resources: { limits: { cpu: '1' } } }] });
  assert.deepEqual(spec.containers[0]?.resources, { limits: { cpu: '1' }, requests: { cpu: '1' } });
});

test("a pod's own requests are at least what its containers ask for", () => {
  const { spec } = podWith({
    resources: { limits: { cpu: '2', memory: '1Gi' } },
    containers: [{ name: 'c', resources: { requests: { cpu: '500m' } } }],
  });
  assert.deepEqual(spec.resources?.requests, { cpu: '500m', memory: '1Gi' });
});

test('amounts finer than a thousandth are rounded up', () => {
  const { spec } = podWith({ containers: [{ name: 'c', resources: { requests: { cpu: '100u' } } }] });
  assert.equal(spec.containers[0]?.resources?.requests?.['cpu'], '1m');
});

test('in the network of the host a port is its own', () => {
  const { spec } = podWith({ hostNetwork: true, containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] });
  assert.deepEqual(spec.containers[0]?.ports, [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
});

test('a volume without a source is an empty folder', () => {
  assert.deepEqual(podWith({ volumes: [{ name: 'v' }] }).spec.volumes, [{ name: 'v', emptyDir: {} }]);
});

test('a grace period below zero is one second', () => {
  assert.equal(podWith({ terminationGracePeriodSeconds: -5 }).spec.terminationGracePeriodSeconds, 1);
});

test('what will hardly do what was meant is told', () => {
  const ports = [{ containerPort: 80 }, { containerPort: 80 }];
  const pod = podWith({
    containers: [
      {
        name: 'c',
        ports,
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      },
    ],
    volumes: [{ name: 'v', rbd: { image: 'i', monitors: ['m'] } }],
    imagePullSecrets: [{}],
  });
  assert.deepEqual(podWarnings(pod), [
    'spec.volumes[0].rbd: deprecated in v1.28, non-functional in v1.31+',
    'spec.imagePullSecrets[0].name: invalid empty name ""',
    'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    'spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]',
  ]);
});
