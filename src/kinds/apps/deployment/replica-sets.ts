/** What a Deployment wants to know about its ReplicaSets. Pure functions over values. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Deployment, ReplicaSet } from '#api/generated/apps/v1.ts';
import type { PodTemplateSpec } from '#api/generated/core/v1.ts';
import { semanticEqual } from '#api/meta/equality.ts';

export type Set = DeepReadonly<ReplicaSet>;
type Wanted = DeepReadonly<Deployment>;

export const templateHashLabel = 'pod-template-hash';
export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';

export function replicasOf(object: { readonly spec?: { readonly replicas?: number } }): number {
  return object.spec?.replicas ?? 1;
}

/** The set whose template is the Deployment's; the oldest if there are several. */
export function newReplicaSet(deployment: Wanted, sets: readonly Set[]): Set | undefined {
  const oldestFirst = [...sets].sort(byCreation);
  return oldestFirst.find((set) => equalIgnoringHash(set.spec?.template, deployment.spec?.template));
}

export function equalIgnoringHash(
  a: DeepReadonly<PodTemplateSpec> | undefined,
  b: DeepReadonly<PodTemplateSpec> | undefined,
): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: DeepReadonly<PodTemplateSpec> | undefined): unknown {
  const labels = template?.metadata?.labels;
  if (labels?.[templateHashLabel] === undefined) return template;
  const { [templateHashLabel]: _, ...others } = labels;
  return { ...template, metadata: { ...template?.metadata, labels: others } };
}

export function byCreation(a: Set, b: Set): number {
  const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  return compareText(x, y) || compareText(a.metadata.name ?? '', b.metadata.name ?? '');
}

/** Larger sets first; of equal ones the newer. */
export function bySizeNewer(a: Set, b: Set): number {
  return replicasOf(b) - replicasOf(a) || byCreation(b, a);
}

/** Larger sets first; of equal ones the older. */
export function bySizeOlder(a: Set, b: Set): number {
  return replicasOf(b) - replicasOf(a) || byCreation(a, b);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Its place in the rollout history; 0 if it has none or an unreadable one. */
export function revisionOf(object: DeepReadonly<{ metadata: { annotations?: Record<string, string> } }>): bigint {
  const text = object.metadata.annotations?.[revisionAnnotation];
  return text !== undefined && /^-?\d+$/.test(text) ? BigInt(text) : 0n;
}

/** The newest revision, a 64-bit number. */
export function maxRevision(sets: readonly Set[]): bigint {
  return sets.map(revisionOf).reduce((newest, revision) => (revision > newest ? revision : newest), 0n);
}

export function active(sets: readonly Set[]): Set[] {
  return sets.filter((set) => replicasOf(set) > 0);
}

export function wantedReplicas(sets: readonly Set[]): number {
  return sets.reduce((sum, set) => sum + replicasOf(set), 0);
}

export function countStatus(
  sets: readonly Set[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas',
): number {
  return sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
}

export function isRollingUpdate(deployment: Wanted): boolean {
  return deployment.spec?.strategy?.type !== 'Recreate';
}

/** Pods that may be made above the number wanted; 0 unless rolling. */
export function maxSurge(deployment: Wanted): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

/** Pods that may be missing; 0 unless rolling, never more than there are. */
export function maxUnavailable(deployment: Wanted): number {
  const replicas = replicasOf(deployment);
  if (!isRollingUpdate(deployment) || replicas === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, replicas);
}

/** If rounding makes both zero, one pod may be missing: otherwise nothing could ever move. */
function fenceposts(deployment: Wanted): { surge: number; unavailable: number } {
  const rolling = deployment.spec?.strategy?.rollingUpdate;
  const replicas = replicasOf(deployment);
  const surge = scaledValue(rolling?.maxSurge, replicas, Math.ceil);
  const unavailable = scaledValue(rolling?.maxUnavailable, replicas, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** `3` or `25%` of a total. */
export function scaledValue(value: number | string | undefined, total: number, round: (x: number) => number): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value);
  return percent === null ? 0 : round((Number(percent[1]) * total) / 100);
}

/** It has a deadline: MaxInt32 stands for none. */
export function hasProgressDeadline(deployment: Wanted): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== 2_147_483_647;
}

/** A non-negative number of an annotation. */
export function numberAnnotation(set: Set, name: string): number | undefined {
  const text = set.metadata.annotations?.[name];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
