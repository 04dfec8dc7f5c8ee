/** What the server itself makes of a pod that comes in: its first status, merged selectors, and what stays as it was. */
import type { Container, Pod, PodAffinity, PodSpec, PodStatus } from '#api/generated/core/v1.ts';
import type { LabelSelector } from '#api/object.ts';
import type { HookCall } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';
import { timestamp } from '#base/clock.ts';
import { dropDisabledFields } from '#kinds/core/pod/disabled-fields.ts';
import { qosClass } from '#kinds/core/pod/qos.ts';

type AnyPod = DeepReadonly<Pod>;

export function prepareNewPod(pod: Pod, call: HookCall): void {
  dropDisabledFields(pod.spec);
  pod.metadata.generation = 1;
  pod.status = { phase: 'Pending', qosClass: qosClass(pod) };
  if ((pod.spec.schedulingGates ?? []).length > 0) pod.status.conditions = [gatedCondition(call.nowMs)];
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  mergeAffinity(podAffinity, pod.metadata.labels);
  mergeAffinity(podAntiAffinity, pod.metadata.labels);
  for (const constraint of pod.spec.topologySpreadConstraints ?? [])
    mergeKeys(constraint.labelSelector, constraint.matchLabelKeys, 'In', pod.metadata.labels);
}

function gatedCondition(nowMs: number): NonNullable<PodStatus['conditions']>[number] {
  return {
    type: 'PodScheduled',
    status: 'False',
    lastProbeTime: null as unknown as string,
    lastTransitionTime: timestamp(nowMs),
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  };
}

type Labels = Readonly<Record<string, string>> | undefined;

/** The pod's own values of the named labels become a part of each term's selector. */
function mergeAffinity(affinity: PodAffinity | undefined, labels: Labels): void {
  const preferred =
    affinity?.preferredDuringSchedulingIgnoredDuringExecution?.map((each) => each.podAffinityTerm) ?? [];
  for (const term of [...preferred, ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])]) {
    mergeKeys(term?.labelSelector, term?.matchLabelKeys, 'In', labels);
    mergeKeys(term?.labelSelector, term?.mismatchLabelKeys, 'NotIn', labels);
  }
}

function mergeKeys(
  selector: LabelSelector | undefined,
  keys: readonly string[] | undefined,
  operator: 'In' | 'NotIn',
  labels: Labels,
): void {
  if (selector === undefined || keys === undefined) return;
  for (const key of keys) {
    const value = labels?.[key];
    if (value === undefined) continue;
    selector.matchExpressions ??= [];
    selector.matchExpressions.push({ key, operator, values: [value] });
  }
}

/** An update of a pod leaves its status alone. */
export function preparePodUpdate(pod: Pod, old: AnyPod): void {
  dropDisabledFields(pod.spec);
  keepStatus(pod, old);
}

function keepStatus(pod: Pod, old: AnyPod): void {
  if (old.status === undefined) delete pod.status;
  else pod.status = old.status as Mutable<PodStatus>;
}

/** Metadata that only an update of the object itself changes. */
function keepMetadata({ metadata }: Pod, { metadata: old }: AnyPod): void {
  const target = metadata as unknown as Record<string, unknown>;
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    if (old[field] === undefined) delete target[field];
    else target[field] = old[field];
  }
}

export function prepareStatusUpdate(pod: Pod, old: AnyPod): void {
  pod.spec = old.spec as Mutable<PodSpec>;
  if (old.metadata.ownerReferences === undefined) delete pod.metadata.ownerReferences;
  else pod.metadata.ownerReferences = old.metadata.ownerReferences as Mutable<typeof old.metadata.ownerReferences>;
  const status = (pod.status ??= {});
  if ((status.qosClass ?? '') === '' && old.status?.qosClass !== undefined) status.qosClass = old.status.qosClass;
  keepObservedGenerations(status, old.status);
}

/** Writers older than the field do not send it; what was observed stays observed. */
function keepObservedGenerations(status: PodStatus, old: DeepReadonly<PodStatus> | undefined): void {
  if (old === undefined) return;
  if (!status.observedGeneration && old.observedGeneration !== undefined)
    status.observedGeneration = old.observedGeneration;
  for (const condition of status.conditions ?? []) {
    if (condition.observedGeneration) continue;
    const before = old.conditions?.find(({ type }) => type === condition.type)?.observedGeneration;
    if (before !== undefined) condition.observedGeneration = before;
  }
}

export function prepareEphemeralUpdate(pod: Pod, old: AnyPod): void {
  const containers = pod.spec.ephemeralContainers;
  pod.spec = { ...(old.spec as Mutable<PodSpec>) };
  if (containers === undefined) delete pod.spec.ephemeralContainers;
  else pod.spec.ephemeralContainers = containers;
  keepStatus(pod, old);
  keepMetadata(pod, old);
}

/** Only resources and resize policies of the same containers get through. */
export function prepareResize(pod: Pod, old: AnyPod): void {
  const { containers, initContainers, resources } = pod.spec;
  if (!hasSameNames(containers, old.spec.containers) || !hasSameNames(initContainers, old.spec.initContainers)) return;
  pod.spec = { ...(old.spec as Mutable<PodSpec>), containers: resized(containers, old.spec.containers) };
  if (initContainers !== undefined) pod.spec.initContainers = resized(initContainers, old.spec.initContainers);
  if (resources === undefined) delete pod.spec.resources;
  else pod.spec.resources = resources;
  keepStatus(pod, old);
  keepMetadata(pod, old);
}

type Containers = DeepReadonly<Container[]> | undefined;

function hasSameNames(list: Containers, old: Containers): boolean {
  const [now, before] = [list ?? [], old ?? []];
  return now.length === before.length && now.every(({ name }, i) => name === before[i]?.name);
}

function resized(list: readonly Container[], old: Containers): Container[] {
  return list.map(({ resources, resizePolicy }, i) => {
    const container = { ...old?.[i] } as Container;
    delete container.resizePolicy;
    if (resources !== undefined) container.resources = resources;
    if (resizePolicy !== undefined) container.resizePolicy = resizePolicy;
    return container;
  });
}
