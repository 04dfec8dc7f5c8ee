/** The hello example, run and asked: what `npm start` shows and a test checks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type * as appsv1 from '#api/generated/apps/v1.ts';
import type * as corev1 from '#api/generated/core/v1.ts';
import { configmaps, deployments, pods, services } from '#api/generated/resources.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { loadAllYaml } from '#lang/yaml/to-json.ts';
import { Failure } from '#cmd/failure.ts';
import type { RunningCluster } from '#cmd/up/up.ts';
import { buildImage } from '#host/images/build.ts';
import { importImageBytes } from '#host/images/import.ts';
import type { Client } from '#client/client.ts';
import type { Cache } from '#client/cache.ts';

export interface HelloOptions {
  readonly word: string;
  /** The folder of the example. */
  readonly example: string;
  readonly step: (what: string) => void;
}

const image = 'localhost/hello:1';
const rolloutMs = 60_000;
const answerMs = 10_000;

/** Resolves with the names of the pods that answered. With simulated nodes nothing can answer: the pods that are ready. */
export async function runHello(cluster: RunningCluster, options: HelloOptions): Promise<string[]> {
  const { controlPlane } = cluster.server;
  const { client } = controlPlane;
  if (cluster.containerdSocket !== undefined) {
    const { archive } = await buildImage({ name: image, directory: join(options.example, 'image') });
    await importImageBytes(cluster.containerdSocket, archive);
    options.step('image built');
  }
  const key = { namespace: 'default', name: 'hello' };
  await replace(client, configmaps, { metadata: key, data: { word: options.word } });
  // Pods read the word when they start: those of an earlier start are replaced.
  if ((await client.find(deployments, key)) !== undefined)
    await removeDeployment(client, controlPlane.caches.of(pods), key);
  for (const object of loadAllYaml(readFileSync(join(options.example, 'hello.yaml'), 'utf8')) as HasMetadata[]) {
    if (object.kind === 'Deployment') await client.create(deployments, object as appsv1.Deployment);
    else if ((await client.find(services, key)) === undefined) await client.create(services, object as corev1.Service);
  }
  const cache = controlPlane.caches.of(deployments);
  await until(cache, rolloutMs, 'the rollout of hello', () => (cache.get(key)?.status?.readyReplicas ?? 0) === 3);
  options.step('example rolled out');
  if (cluster.containerdSocket === undefined) return readyPods(controlPlane.caches.of(pods));
  const answered = await askFromPod(client, controlPlane.caches.of(pods), options.word);
  options.step('answers by DNS name');
  return answered;
}

function readyPods(cache: Cache<corev1.Pod>): string[] {
  return [...cache.list('default')]
    .filter((pod) => pod.metadata.labels?.['app'] === 'hello')
    .map((pod) => pod.metadata.name ?? '');
}

async function replace<T extends HasMetadata>(client: Client, resource: ResourceRef<T>, object: T): Promise<void> {
  const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' };
  if ((await client.find(resource, key)) === undefined) await client.create(resource, object);
  else await client.update(resource, object);
}

async function removeDeployment(
  client: Client,
  cache: Cache<corev1.Pod>,
  key: { namespace: string; name: string },
): Promise<void> {
  await client.delete(deployments, key);
  await until(cache, rolloutMs, 'the end of the earlier hello pods', () => readyPods(cache).length === 0);
}

/** A throw-away pod asks by name until three pods have answered; its log is the proof. */
async function askFromPod(client: Client, cache: Cache<corev1.Pod>, word: string): Promise<string[]> {
  const key = { namespace: 'default', name: 'hello-client' };
  // The distribution's static busybox resolves names in nslookup only: its wget would need the C library's shared parts.
  const script = [
    'name=hello.default.svc.cluster.local',
    'for i in $(seq 1 200); do',
    `address=$(nslookup $name | awk '/^Name:/ { found = 1 } found && /^Address/ { print $NF; exit }')`,
    `[ -n "$address" ] && printf 'GET /cgi-bin/hello HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n' $name | nc -w 2 $address 80 >> /tmp/answers`,
    `[ "$(sort -u /tmp/answers | grep -c '^${word} ')" -ge 3 ] && break`,
    'done',
    `sort -u /tmp/answers | grep '^${word} '`,
  ].join('\n');
  if ((await client.find(pods, key)) !== undefined) await deletePod(client, cache, key);
  await client.create(pods, {
    metadata: key,
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'client', image, imagePullPolicy: 'Never', command: ['sh', '-c', script] }],
    },
  });
  await until(cache, answerMs, 'answers of three pods', () =>
    ['Succeeded', 'Failed'].includes(cache.get(key)?.status?.phase ?? ''),
  );
  const log = await client.request({ method: 'GET', path: '/api/v1/namespaces/default/pods/hello-client/log' });
  const lines = (await textOf(log.body)).split('\n').filter((line) => line.startsWith(`${word} `));
  await deletePod(client, cache, key);
  const answered = lines.map((line) => line.slice(word.length + 1)).sort();
  if (answered.length < 3) throw new Failure(`only ${answered.length} of 3 pods answered through the Service`);
  return answered;
}

async function deletePod(
  client: Client,
  cache: Cache<corev1.Pod>,
  key: { namespace: string; name: string },
): Promise<void> {
  await client.delete(pods, key, { gracePeriodSeconds: 0 });
  await until(cache, answerMs, `the end of pod ${key.name}`, () => cache.get(key) === undefined);
}

async function textOf(body: {
  kind: string;
  bytes?: Uint8Array;
  chunks?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}): Promise<string> {
  const decoder = new TextDecoder();
  if (body.bytes !== undefined) return decoder.decode(body.bytes);
  let text = '';
  for await (const chunk of body.chunks ?? []) text += decoder.decode(chunk, { stream: true });
  return text;
}

/** Waits for changes of a cache until the condition holds. Throws a Failure that names what was waited for. */
async function until<T extends HasMetadata>(
  cache: Cache<T>,
  timeoutMs: number,
  what: string,
  holds: () => boolean,
): Promise<void> {
  const changed = Promise.withResolvers<void>();
  const stop = cache.subscribe(() => {
    if (holds()) changed.resolve();
  });
  try {
    if (holds()) return;
    const inTime = await Promise.race([changed.promise.then(() => true), delay(timeoutMs, false, { ref: false })]);
    if (!inTime)
      throw new Failure(
        `${what} did not come within ${timeoutMs / 1000} s: look with kubectl get pods -A and kubectl describe`,
      );
  } finally {
    stop();
  }
}
