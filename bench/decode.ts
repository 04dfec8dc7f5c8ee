/**
 * What a body costs: decode (parse, check, normalise) and encode of a pod of about 5 KB, as JSON and as protobuf.
 *
 *   node bench/decode.ts
 */
import { decodeBody } from '#api/schema/decode.ts';
import type { DecodeRequest } from '#api/schema/decode.ts';
import { objectToProtobuf } from '#api/schema/protobuf.ts';
import { builtinSchemas } from '#api/schema/schemas.ts';
import { printYaml } from '#lang/yaml/print.ts';

const container = (i: number): object => ({
  name: `container-${i}`,
  image: `registry.example.com/team/service-${i}:v1.2.3`,
  command: ['/bin/server', '--listen=:8080', '--config=/etc/config/server.yaml'],
  ports: [
    { name: 'http', containerPort: 8080, protocol: 'TCP' },
    { name: 'metrics', containerPort: 9090, protocol: 'TCP' },
  ],
  env: [
    { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    { name: 'LOG_LEVEL', value: 'info' },
    { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'database', key: 'url' } } },
  ],
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } },
  volumeMounts: [
    { name: 'config', mountPath: '/etc/config', readOnly: true },
    { name: 'data', mountPath: '/var/lib/data' },
  ],
  livenessProbe: {
    httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' },
    initialDelaySeconds: 5,
    periodSeconds: 10,
    timeoutSeconds: 1,
  },
  readinessProbe: { httpGet: { path: '/readyz', port: 8080, scheme: 'HTTP' }, periodSeconds: 5, failureThreshold: 3 },
  imagePullPolicy: 'IfNotPresent',
  terminationMessagePath: '/dev/termination-log',
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
});
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'service-7c5ddbdf54-abcde',
    namespace: 'production',
    labels: {
      'app.kubernetes.io/name': 'service',
      'app.kubernetes.io/instance': 'production',
      'pod-template-hash': '7c5ddbdf54',
    },
    annotations: {
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '9090',
      checksum: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'service-7c5ddbdf54',
        uid: '0d9b2a52-6f5e-4d7c-8f5d-7d1f2f0a9d11',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  },
  spec: {
    containers: [container(1), container(2), container(3)],
    volumes: [
      { name: 'config', configMap: { name: 'service', defaultMode: 420 } },
      { name: 'data', emptyDir: { sizeLimit: '1Gi' } },
    ],
    serviceAccountName: 'service',
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    terminationGracePeriodSeconds: 30,
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ],
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              topologyKey: 'kubernetes.io/hostname',
              labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'service' } },
            },
          },
        ],
      },
    },
    schedulerName: 'default-scheduler',
  },
};

const definition = 'io.k8s.api.core.v1.Pod';
const encoder = new TextEncoder();
const request: DecodeRequest = {
  format: 'json',
  expected: { group: '', version: 'v1', kind: 'Pod' },
  type: builtinSchemas.type(definition),
  fieldValidation: 'Strict',
};
const json = encoder.encode(JSON.stringify(pod));
const unknown = encoder.encode(JSON.stringify({ ...pod, extra: 1 }));
const yaml = encoder.encode(printYaml(pod));
const protobuf = objectToProtobuf(pod, definition);
const { object } = decodeBody(json, request);

const decoder = new TextDecoder();
const cases: Readonly<Record<string, () => unknown>> = {
  'JSON.parse alone': () => JSON.parse(decoder.decode(json)),
  'decode JSON': () => decodeBody(json, request),
  'decode JSON, unknown field (Warn)': () => decodeBody(unknown, { ...request, fieldValidation: 'Warn' }),
  'decode YAML': () => decodeBody(yaml, { ...request, format: 'yaml' }),
  'decode protobuf': () => decodeBody(protobuf, { ...request, format: 'protobuf' }),
  'encode JSON': () => encoder.encode(JSON.stringify(object)),
  'encode protobuf': () => objectToProtobuf(object, definition),
  'encode YAML': () => printYaml(object),
};

function microseconds(run: () => unknown): number {
  for (let i = 0; i < 3000; i++) run();
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    for (let i = 0; i < 1000; i++) run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

console.log(`pod: ${json.length} bytes of JSON, ${protobuf.length} of protobuf`);
for (const [name, run] of Object.entries(cases))
  console.log(`${name.padEnd(36)} ${microseconds(run).toFixed(1).padStart(8)} µs`);
