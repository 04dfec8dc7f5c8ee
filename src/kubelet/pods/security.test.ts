import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '#api/generated/core/v1.ts';
import { containerSecurity, verifyRunAsNonRoot } from '#kubelet/pods/security.ts';

function pod(podContext: NonNullable<Pod['spec']>['securityContext'], own: Container['securityContext'] = {}): Pod {
  return {
    metadata: { name: 'a', namespace: 'b', uid: 'u' },
    spec: {
      containers: [{ name: 'main', ...(own === undefined ? {} : { securityContext: own }) }],
      ...(podContext === undefined ? {} : { securityContext: podContext }),
    },
  };
}
const main = (object: Pod): Container => object.spec?.containers[0] as Container;

const refusals = [
  {
    title: 'runAsUser 0',
    object: pod({ runAsNonRoot: true, runAsUser: 0 }),
    user: {},
    text: `container's runAsUser breaks non-root policy (pod: "a_b(u)", container: main)`,
  },
  {
    title: 'a root image',
    object: pod({ runAsNonRoot: true }),
    user: { uid: 0 },
    text: 'container has runAsNonRoot and image will run as root (pod: "a_b(u)", container: main)',
  },
  {
    title: 'an image user without a number',
    object: pod({ runAsNonRoot: true }),
    user: { name: 'web' },
    text: 'container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root (pod: "a_b(u)", container: main)',
  },
];
for (const { title, object, user, text } of refusals) {
  test(`runAsNonRoot refuses ${title}`, () =>
    assert.throws(() => verifyRunAsNonRoot(object, main(object), user), new Error(text)));
}

test('runAsNonRoot lets others through', () => {
  for (const [object, user] of [
    [pod({ runAsNonRoot: true }), { uid: 1000 }],
    [pod({ runAsNonRoot: true }, { runAsUser: 5 }), { uid: 0 }],
    [pod({ runAsNonRoot: true }, { runAsNonRoot: false }), { uid: 0 }],
  ] as const) {
    assert.doesNotThrow(() => verifyRunAsNonRoot(object, main(object), user));
  }
});

test("the container's context overrides the pod's, groups add up", () => {
  const object = pod(
    { runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4], seccompProfile: { type: 'RuntimeDefault' } },
    { runAsUser: 10, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  );
  const security = containerSecurity(object, main(object), { imageUser: { uid: 7 } });
  assert.deepEqual([security.runAsUser, security.runAsGroup, security.supplementalGroups], [10, 2, [3, 4]]);
  assert.deepEqual(
    [security.noNewPrivs, security.dropCapabilities, security.seccomp],
    [true, ['ALL'], 'runtime-default'],
  );
  assert.ok(security.maskedPaths.includes('/proc/kcore'));
});

test('a privileged container is not confined', () => {
  const object = pod({ seccompProfile: { type: 'RuntimeDefault' } }, { privileged: true });
  const security = containerSecurity(object, main(object), { imageUser: { name: 'web' } });
  assert.deepEqual(
    [security.privileged, security.seccomp, security.maskedPaths, security.runAsUserName],
    [true, 'unconfined', [], 'web'],
  );
});
