/** What makes the pods of a StatefulSet individuals: ordinal, name, host name and claims. Pure. */
import type { DeepReadonly } from '#base/immutable.ts';
import { cloneJson } from '#base/immutable.ts';
import type { ControllerRevision, StatefulSet } from '#api/generated/apps/v1.ts';
import type { PersistentVolumeClaim, Pod, PodSpec, PodTemplateSpec } from '#api/generated/core/v1.ts';
import { statefulsets } from '#api/generated/resources.ts';
import { revisionHashLabel } from '#controller/history.ts';
import { podFromTemplate } from '#controller/pod-control.ts';

type Wanted = DeepReadonly<StatefulSet>;

/** The number at the end of the name, if the rest is the set's name. */
export function ordinalOf(set: Wanted, pod: DeepReadonly<Pod>): number | undefined {
  const name = pod.metadata.name ?? '';
  const prefix = `${set.metadata.name}-`;
  const rest = name.slice(prefix.length);
  return name.startsWith(prefix) && /^\d+$/.test(rest) ? Number(rest) : undefined;
}

/** Ordinals the set wants, the first and the one after the last. */
export function ordinalRange(set: Wanted): { from: number; to: number } {
  const from = set.spec?.ordinals?.start ?? 0;
  return { from, to: from + (set.spec?.replicas ?? 1) };
}

/** The pod of an ordinal from the template of a revision. */
export function podOf(set: Wanted, ordinal: number, revision: DeepReadonly<ControllerRevision>): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podFromTemplate(templateIn(revision), { object: set, resource: statefulsets });
  delete pod.metadata.generateName;
  pod.metadata.name = name;
  pod.metadata.labels = {
    ...pod.metadata.labels,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
    [revisionHashLabel]: revision.metadata.name ?? '',
  };
  const spec = pod.spec as PodSpec;
  spec.hostname = name;
  spec.subdomain = set.spec?.serviceName ?? '';
  const claims = claimsOf(set, ordinal);
  if (claims.length > 0) spec.volumes = withClaims(spec.volumes ?? [], claims);
  return pod;
}

function templateIn(revision: DeepReadonly<ControllerRevision>): PodTemplateSpec {
  const data = revision.data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } } | undefined;
  const { $patch: _, ...template } = cloneJson(data?.spec?.template ?? { spec: { containers: [] } }) as {
    $patch?: string;
  } & PodTemplateSpec;
  return template;
}

interface NamedClaim {
  /** Of the volume in the pod. */
  readonly volume: string;
  readonly claim: PersistentVolumeClaim;
}

/** The claims of an ordinal: `data-web-0` for the template `data`. */
export function claimsOf(set: Wanted, ordinal: number): NamedClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => {
    const volume = template.metadata.name ?? '';
    const claim = cloneJson(template) as PersistentVolumeClaim;
    const labels = { ...template.metadata.labels, ...set.spec?.selector?.matchLabels };
    const name = `${volume}-${set.metadata.name}-${ordinal}`;
    claim.metadata = { ...claim.metadata, name, namespace: set.metadata.namespace, labels };
    delete claim.status;
    return { volume, claim };
  });
}

function withClaims(volumes: NonNullable<PodSpec['volumes']>, claims: readonly NamedClaim[]): typeof volumes {
  const others = volumes.filter(({ name }) => !claims.some(({ volume }) => volume === name));
  const own = claims.map(({ volume, claim }) => ({
    name: volume,
    persistentVolumeClaim: { claimName: claim.metadata.name ?? '' },
  }));
  return [...own, ...others];
}
