/** Terms of pod affinity: which pods they mean. */
import type { DeepReadonly } from '#base/immutable.ts';
import type { Pod, PodAffinityTerm } from '#api/generated/core/v1.ts';
import { namespaces } from '#api/generated/resources.ts';
import type { Selector } from '#api/meta/label-selector.ts';
import { checkedRequirement, makeSelector, nothing, selectorOf, selectorText } from '#api/meta/label-selector.ts';
import type { Caches } from '#client/cache.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

export interface Term {
  /** Equal ids: the same pods and the same topology. */
  readonly id: string;
  readonly topologyKey: string;
  /** Does the term, as its pod wrote it, mean this pod? */
  means(pod: DeepReadonly<Pod>): boolean;
}

/** The term of a pod: its namespaces resolved, its matchLabelKeys filled in. */
export function termOf(owner: DeepReadonly<Pod>, term: DeepReadonly<PodAffinityTerm>, caches: Caches): Term {
  const selector = selectorFor(owner, term);
  const listed = term.namespaces ?? [];
  const bySelector = term.namespaceSelector === undefined ? nothing : selectorOf(term.namespaceSelector);
  const own = owner.metadata.namespace ?? '';
  const isOwn = listed.length === 0 && term.namespaceSelector === undefined;
  const inNamespace = (name: string): boolean => {
    if (isOwn) return name === own;
    if (listed.includes(name) || bySelector.isEverything) return true;
    if (bySelector.isNothing) return false;
    return bySelector.matches(caches.of(namespaces).get({ namespace: '', name })?.metadata.labels);
  };
  const scope = isOwn ? own : `${listed.join()} ${bySelector.isNothing ? '-' : `{${selectorText(bySelector)}}`}`;
  return {
    id: `${term.topologyKey} ${scope} ${selector.isNothing ? '-' : selectorText(selector)}`,
    topologyKey: term.topologyKey,
    means: (pod) => inNamespace(pod.metadata.namespace ?? '') && selector.matches(pod.metadata.labels),
  };
}

function selectorFor(owner: DeepReadonly<Pod>, term: DeepReadonly<PodAffinityTerm>): Selector {
  if (term.labelSelector === undefined) return nothing;
  const requirements = [...selectorOf(term.labelSelector).requirements];
  const add = (keys: readonly string[] | undefined, operator: 'in' | 'notin'): void => {
    for (const key of keys ?? []) {
      const value = owner.metadata.labels?.[key];
      if (value !== undefined) requirements.push(checkedRequirement(key, operator, [value]));
    }
  };
  add(term.matchLabelKeys, 'in');
  add(term.mismatchLabelKeys, 'notin');
  return makeSelector(requirements);
}

/** The terms of a pod by what they ask for. */
export interface PodTerms {
  readonly required: readonly Term[];
  readonly requiredAnti: readonly Term[];
  /** Anti-affinity counts negative. */
  readonly preferred: readonly { readonly term: Term; readonly weight: number }[];
}

const none: PodTerms = { required: [], requiredAnti: [], preferred: [] };

export function termsOf({ pod }: PodInfo, caches: Caches): PodTerms {
  const affinity = pod.spec?.affinity;
  if (affinity?.podAffinity === undefined && affinity?.podAntiAffinity === undefined) return none;
  const { podAffinity, podAntiAffinity } = affinity;
  const make = (term: DeepReadonly<PodAffinityTerm>): Term => termOf(pod, term, caches);
  const preferred = [
    ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) => ({
      term: make(podAffinityTerm),
      weight,
    })),
    ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) => ({
      term: make(podAffinityTerm),
      weight: -weight,
    })),
  ];
  return {
    required: (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(make),
    requiredAnti: (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(make),
    preferred,
  };
}
