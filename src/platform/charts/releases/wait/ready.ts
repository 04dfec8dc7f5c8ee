/**
 * When an object of a release counts as ready, per kind, by Helm's rules. Kinds without a rule are ready once they exist.
 * @see https://helm.sh/docs/intro/using_helm/#helpful-options-for-installupgraderollback
 */
import type { CustomResourceDefinition } from '#api/generated/apiextensions/v1.ts';
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '#api/generated/apps/v1.ts';
import type { Job } from '#api/generated/batch/v1.ts';
import type { PersistentVolumeClaim, Pod, Service } from '#api/generated/core/v1.ts';
import { daemonsets, deployments, pods, replicasets, statefulsets } from '#api/generated/resources.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import { formatLabelSelector } from '#api/meta/label-selector.ts';
import type { HasMetadata } from '#api/object.ts';
import type { ResourceRef } from '#api/resource-ref.ts';
import { notFound } from '#api/status.ts';
import type { ReleaseObject } from '#platform/charts/releases/cluster/objects.ts';
import { ReleaseError } from '#platform/charts/releases/errors.ts';
import type { LiveObjects } from '#platform/charts/releases/wait/live-objects.ts';

/** What readiness is judged with. */
export interface Readiness {
  readonly live: LiveObjects;
  readonly jobs: 'wait' | 'ignore';
  /** Why something is not ready yet. */
  debug(message: string): void;
}

type Rule = (one: ReleaseObject, readiness: Readiness) => Promise<boolean>;

/** By group and kind. */
const rules: Readonly<Record<string, Rule>> = {
  '/Pod': async (one, readiness) => podReady(await current<Pod>(one, readiness), readiness),
  'batch/Job': async (one, readiness) =>
    readiness.jobs === 'ignore' || jobReady(await current<Job>(one, readiness), readiness),
  'apps/Deployment': deploymentReady,
  'extensions/Deployment': deploymentReady,
  '/PersistentVolumeClaim': async (one, readiness) => {
    const claim = await current<PersistentVolumeClaim>(one, readiness);
    return claim.status?.phase === 'Bound' || notYet(readiness, `PersistentVolumeClaim is not bound: ${path(one)}`);
  },
  '/Service': async (one, readiness) => serviceReady(one, await current<Service>(one, readiness), readiness),
  'apps/DaemonSet': async (one, readiness) =>
    daemonSetReady(one, await current<DaemonSet>(one, readiness, daemonsets), readiness),
  'apiextensions.k8s.io/CustomResourceDefinition': async (one, readiness) =>
    crdReady(await current<CustomResourceDefinition>(one, readiness)),
  'apps/StatefulSet': async (one, readiness) =>
    statefulSetReady(one, await current<StatefulSet>(one, readiness, statefulsets), readiness),
  '/ReplicationController': podsOwnerReady,
  'apps/ReplicaSet': podsOwnerReady,
  'extensions/ReplicaSet': podsOwnerReady,
};

/** Whether an object is ready. Throws what ends the waiting: it is gone, or it has failed for good. */
export function isReady(one: ReleaseObject, readiness: Readiness): Promise<boolean> {
  const rule = rules[`${one.resource.group}/${one.resource.kind}`];
  return rule === undefined ? Promise.resolve(true) : rule(one, readiness);
}

function path({ key }: ReleaseObject): string {
  return `${key.namespace}/${key.name}`;
}

function notYet({ debug }: Readiness, message: string): false {
  debug(message);
  return false;
}

async function current<T extends HasMetadata>(
  { resource, key }: ReleaseObject,
  { live }: Readiness,
  as: ResourceRef<HasMetadata> = resource,
): Promise<T> {
  const found = await live.get(as, key);
  if (found === undefined) throw notFound(as, key.name);
  return found as T;
}

function podReady(pod: Pod, readiness: Readiness): boolean {
  const isReadyNow = (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
  return isReadyNow || notYet(readiness, `Pod is not ready: ${pod.metadata.namespace}/${pod.metadata.name}`);
}

function jobReady(job: Job, readiness: Readiness): boolean {
  const name = `${job.metadata.namespace}/${job.metadata.name}`;
  if ((job.status?.failed ?? 0) > (job.spec?.backoffLimit ?? 6)) {
    readiness.debug(`Job is failed: ${name}`);
    throw new ReleaseError(`job is failed: ${name}`);
  }
  const completions = job.spec?.completions;
  const isDone = completions === undefined || (job.status?.succeeded ?? 0) >= completions;
  return isDone || notYet(readiness, `Job is not completed: ${name}`);
}

function serviceReady(one: ReleaseObject, { spec, status }: Service, readiness: Readiness): boolean {
  if (spec?.type === 'ExternalName') return true;
  if ((spec?.clusterIP ?? '') === '')
    return notYet(readiness, `Service does not have cluster IP address: ${path(one)}`);
  if (spec?.type !== 'LoadBalancer' || (spec.externalIPs ?? []).length > 0) return true;
  if ((status?.loadBalancer?.ingress ?? []).length > 0) return true;
  return notYet(readiness, `Service does not have load balancer ingress IP address: ${path(one)}`);
}

function isObserved(one: ReleaseObject, object: HasMetadata & { status?: unknown }, readiness: Readiness): boolean {
  const observed = (object.status as { observedGeneration?: number } | undefined)?.observedGeneration ?? 0;
  const generation = object.metadata.generation ?? 0;
  return (
    Number(observed) === Number(generation) ||
    notYet(
      readiness,
      `${one.resource.kind} is not ready: ${path(one)}. observedGeneration (${observed}) does not match spec generation (${generation}).`,
    )
  );
}

async function deploymentReady(one: ReleaseObject, readiness: Readiness): Promise<boolean> {
  const deployment = await current<Deployment>(one, readiness, deployments);
  if (deployment.spec?.paused === true) return true;
  const replicaSet = await newReplicaSet(deployment, one, readiness);
  if (replicaSet === undefined) return false;
  if (!isObserved({ ...one, resource: { ...one.resource, kind: 'ReplicaSet' } }, replicaSet, readiness)) return false;
  if (!isObserved(one, deployment, readiness)) return false;
  const expected = (deployment.spec?.replicas ?? 1) - maxUnavailable(deployment);
  const ready = replicaSet.status?.readyReplicas ?? 0;
  return (
    ready >= expected ||
    notYet(readiness, `Deployment is not ready: ${path(one)}. ${ready} out of ${expected} expected pods are ready`)
  );
}

/** The ReplicaSet of the current template; the oldest if there are several. */
async function newReplicaSet(
  deployment: Deployment,
  one: ReleaseObject,
  { live }: Readiness,
): Promise<ReplicaSet | undefined> {
  const labelSelector = formatLabelSelector(deployment.spec?.selector ?? {});
  const all = (await live.list({
    resource: replicasets,
    namespace: one.key.namespace,
    labelSelector,
  })) as ReplicaSet[];
  return all
    .filter(({ metadata }) =>
      metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === deployment.metadata.uid),
    )
    .sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))
    .find(({ spec }) => jsonEqual(withoutHash(spec?.template), withoutHash(deployment.spec?.template)));
}

function withoutHash(template: { metadata?: { labels?: Record<string, string> } } | undefined): unknown {
  const { 'pod-template-hash': _hash, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

function maxUnavailable({ spec }: Deployment): number {
  const replicas = spec?.replicas ?? 1;
  if (spec?.strategy?.type === 'Recreate' || replicas === 0) return 0;
  const { maxSurge, maxUnavailable: unavailable } = spec?.strategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge ?? 0, replicas, Math.ceil);
  const result = scaled(unavailable ?? 0, replicas, Math.floor);
  // Neither may be zero at once: then one pod may be missing.
  return Math.min(surge === 0 && result === 0 ? 1 : result, replicas);
}

function scaled(value: number | string, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? total : round((Number(percent) * total) / 100);
}

function daemonSetReady(one: ReleaseObject, set: DaemonSet, readiness: Readiness): boolean {
  if (!isObserved(one, set, readiness)) return false;
  if (set.spec?.updateStrategy?.type !== 'RollingUpdate') return true;
  const wanted = set.status?.desiredNumberScheduled ?? 0;
  const updated = set.status?.updatedNumberScheduled ?? 0;
  const what = `DaemonSet is not ready: ${path(one)}.`;
  if (updated !== wanted)
    return notYet(readiness, `${what} ${updated} out of ${wanted} expected pods have been scheduled`);
  const expected = wanted - scaled(set.spec.updateStrategy.rollingUpdate?.maxUnavailable ?? wanted, wanted, Math.ceil);
  const ready = set.status?.numberReady ?? 0;
  return ready >= expected || notYet(readiness, `${what} ${ready} out of ${expected} expected pods are ready`);
}

function crdReady({ status }: CustomResourceDefinition): boolean {
  return (status?.conditions ?? []).some(
    (condition) =>
      (condition.type === 'Established' && condition.status === 'True') ||
      // A name conflict can take long to be resolved; Helm does not wait for it.
      (condition.type === 'NamesAccepted' && condition.status === 'False'),
  );
}

function statefulSetReady(one: ReleaseObject, { spec, status, metadata }: StatefulSet, readiness: Readiness): boolean {
  if (!isObserved(one, { metadata, status }, readiness)) return false;
  if (spec?.updateStrategy?.type !== 'RollingUpdate') return true;
  const partition = spec.updateStrategy.rollingUpdate?.partition ?? 0;
  const replicas = spec.replicas ?? 1;
  const updated = status?.updatedReplicas ?? 0;
  const ready = status?.readyReplicas ?? 0;
  const what = `StatefulSet is not ready: ${path(one)}.`;
  if (updated < replicas - partition)
    return notYet(readiness, `${what} ${updated} out of ${replicas - partition} expected pods have been scheduled`);
  if (ready !== replicas) return notYet(readiness, `${what} ${ready} out of ${replicas} expected pods are ready`);
  if (partition === 0 && status?.currentRevision !== status?.updateRevision)
    return notYet(
      readiness,
      `${what} currentRevision ${status?.currentRevision} does not yet match updateRevision ${status?.updateRevision}`,
    );
  return true;
}

async function podsOwnerReady(one: ReleaseObject, readiness: Readiness): Promise<boolean> {
  const as = one.resource.kind === 'ReplicaSet' ? replicasets : one.resource;
  const owner = await current<HasMetadata & { status?: unknown }>(one, readiness, as);
  if (!isObserved(one, owner, readiness)) return false;
  const spec = one.object['spec'] as { selector?: Record<string, unknown> } | undefined;
  const selector = one.resource.kind === 'ReplicaSet' ? (spec?.selector ?? {}) : { matchLabels: spec?.selector ?? {} };
  const labelSelector = formatLabelSelector(selector as Parameters<typeof formatLabelSelector>[0]);
  const owned = await readiness.live.list({ resource: pods, namespace: one.key.namespace, labelSelector });
  return (owned as Pod[]).every((pod) => podReady(pod, readiness));
}
