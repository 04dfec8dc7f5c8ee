import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Pod, PodSpec } from '#api/generated/core/v1.ts';
import { fieldErrorBody, type FieldError } from '#api/status.ts';
import { defaultPod } from '#kinds/core/pod/defaults.ts';
import { validateNewPod } from '#kinds/core/pod/validation/pod.ts';
import { validateResize } from '#kinds/core/pod/validation/resize.ts';
import { validatePodStatus } from '#kinds/core/pod/validation/status.ts';
import { checkPodTemplate } from '#kinds/core/pod/validation/template.ts';
import { validateEphemeralUpdate, validatePodUpdate } from '#kinds/core/pod/validation/update.ts';

const web = { name: 'web', image: 'example.com/web:1' };

function podOf(spec: Partial<PodSpec>, metadata: Pod['metadata'] = {}): Pod {
  const pod: Pod = {
    metadata: { name: 'p', namespace: 'n', ...metadata },
    spec: { containers: [{ ...web }], ...structuredClone(spec) },
  };
  defaultPod(pod);
  return pod;
}

const lines = (errors: readonly FieldError[]): string[] =>
  errors.map((error) => `${error.field}: ${fieldErrorBody(error)}`);

const cases: readonly [string, Partial<PodSpec>, readonly string[]][] = [
  ['a small pod is right', {}, []],
  ['no containers', { containers: [] }, ['spec.containers: Required value']],
  [
    'two containers of one name',
    { containers: [{ ...web }, { ...web }] },
    ['spec.containers[1].name: Duplicate value: "web"'],
  ],
  [
    'a mount without its volume',
    { containers: [{ ...web, volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
    ['spec.containers[0].volumeMounts[0].name: Not found: "data"'],
  ],
  [
    'a volume with two sources',
    { volumes: [{ name: 'a', emptyDir: {}, hostPath: { path: '/x' } }] },
    ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
  ],
  [
    'a request above its limit',
    { containers: [{ ...web, resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }] },
    ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  ],
  [
    'huge pages without cpu or memory',
    { containers: [{ ...web, resources: { limits: { 'hugepages-2Mi': '4Mi' } } }] },
    ['spec.containers[0].resources: Forbidden: HugePages require cpu or memory'],
  ],
  [
    'a probe without and one with two handlers',
    {
      containers: [
        { ...web, livenessProbe: {}, readinessProbe: { tcpSocket: { port: 80 }, exec: { command: ['true'] } } },
      ],
    },
    [
      'spec.containers[0].livenessProbe: Required value: must specify a handler type',
      'spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
    ],
  ],
  [
    'a hook that sleeps longer than the pod may end',
    { terminationGracePeriodSeconds: 5, containers: [{ ...web, lifecycle: { preStop: { sleep: { seconds: 6 } } } }] },
    [
      'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 6: must be non-negative and less than terminationGracePeriodSeconds (5)',
    ],
  ],
  [
    'a variable with two sources',
    {
      containers: [
        {
          ...web,
          env: [
            {
              name: 'A',
              valueFrom: { fieldRef: { fieldPath: 'metadata.name' }, secretKeyRef: { name: 's', key: 'k' } },
            },
          ],
        },
      ],
    },
    ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not have more than one field specified at a time'],
  ],
  [
    'a host alias that is no address',
    { hostAliases: [{ ip: 'nowhere', hostnames: ['a'] }] },
    ['spec.hostAliases[0].ip: Invalid value: "nowhere": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ],
  [
    'own users and the host network',
    { hostUsers: false, hostNetwork: true },
    ['spec.hostNetwork: Forbidden: when `hostUsers` is false'],
  ],
  [
    'a toleration of everything needs Exists',
    { tolerations: [{ effect: 'NoSchedule' }] },
    [
      'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
  ],
  [
    'no name server where there must be one',
    { dnsPolicy: 'None', dnsConfig: {} },
    ['spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None'],
  ],
  [
    'linux options on windows, windows options on linux',
    { os: { name: 'linux' }, securityContext: { windowsOptions: { runAsUserName: 'me' } } },
    ['spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod'],
  ],
  [
    'values that are objects are shown as upstream holds them',
    { securityContext: { seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'x' } } },
    [
      'spec.securityContext.seccompProfile.localhostProfile: Invalid value: {"Type":"RuntimeDefault","LocalhostProfile":"x"}: can only be set when seccomp type is Localhost',
    ],
  ],
  [
    'ephemeral containers come later',
    { ephemeralContainers: [{ name: 'dbg', image: 'b' }] },
    ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
  ],
];
for (const [name, spec, expected] of cases) {
  test(name, () => {
    assert.deepEqual(lines(validateNewPod(podOf(spec))), expected);
  });
}

test('a template is told its place, and may not have ephemeral containers', () => {
  const errors: FieldError[] = [];
  const { spec } = podOf({ ephemeralContainers: [{ name: 'dbg', image: 'b' }], hostname: 'Bad' });
  checkPodTemplate(errors, { metadata: { labels: { a: '!' } }, spec }, 'spec.template');
  assert.deepEqual(
    errors.map(({ field }) => field),
    ['spec.template.labels', 'spec.template.spec.hostname', 'spec.template.spec.ephemeralContainers'],
  );
});

const changed = (change: (pod: Pod) => void, spec: Partial<PodSpec> = {}): { pod: Pod; old: Pod } => {
  const [pod, old] = [podOf(spec), podOf(spec)];
  change(pod);
  return { pod, old };
};

const updates: readonly [string, (pod: Pod) => void, readonly string[]][] = [
  ['an image may change', ({ spec }) => void (spec.containers[0] = { ...spec.containers[0], ...web, image: 'b' }), []],
  [
    'a container may not be added',
    ({ spec }) =>
      void spec.containers.push({ name: 'b', image: 'b', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' }),
    ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  ],
  ['a toleration may be added', ({ spec }) => void (spec.tolerations = [{ key: 'a', operator: 'Exists' }]), []],
  [
    'a gate may not be added',
    ({ spec }) => void (spec.schedulingGates = [{ name: 'example.com/g' }]),
    [
      "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'example.com/g'",
    ],
  ],
];
for (const [name, change, expected] of updates) {
  test(name, () => {
    const { pod, old } = changed(change);
    assert.deepEqual(lines(validatePodUpdate(pod, old)), expected);
  });
}

test('other changes are refused with their diff', () => {
  const { pod, old } = changed(({ spec }) => void (spec.hostname = 'other'));
  const [error] = validatePodUpdate(pod, old);
  assert.equal(error?.field, 'spec');
  assert.match(error?.detail ?? '', /^pod updates may not change fields other than /);
  assert.match(error?.detail ?? '', /\n- "Hostname": "",\n\+ "Hostname": "other",\n/);
});

test('an ephemeral container stays', () => {
  const spec: Partial<PodSpec> = { ephemeralContainers: [{ name: 'dbg', image: 'b' }] };
  const { pod, old } = changed((each) => void delete each.spec.ephemeralContainers, spec);
  assert.deepEqual(lines(validateEphemeralUpdate(pod, old)), [
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "dbg" may not be removed\n',
  ]);
});

test('a resize changes amounts, not whether there are any', () => {
  const spec: Partial<PodSpec> = { containers: [{ ...web, resources: { requests: { cpu: '1' } } }] };
  const more = changed(
    (pod) =>
      void (pod.spec.containers[0] = { ...pod.spec.containers[0], ...web, resources: { requests: { cpu: '2' } } }),
    spec,
  );
  assert.deepEqual(lines(validateResize(more.pod, more.old)), []);
  const none = changed(
    (pod) => void (pod.spec.containers[0] = { ...pod.spec.containers[0], ...web, resources: {} }),
    spec,
  );
  assert.deepEqual(lines(validateResize(none.pod, none.old)), [
    'spec: Invalid value: "": Pod QOS Class may not change as a result of resizing',
    'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
  ]);
});

test('a container that ended for good stays ended', () => {
  const { pod, old } = changed(() => undefined, { restartPolicy: 'Never' });
  const status = { name: 'web', image: '', imageID: '', ready: false, restartCount: 0 };
  old.status = { containerStatuses: [{ ...status, state: { terminated: { exitCode: 1 } } }] };
  pod.status = { containerStatuses: [{ ...status, state: { running: {} } }] };
  assert.deepEqual(lines(validatePodStatus(pod, old)), [
    'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
  ]);
});
