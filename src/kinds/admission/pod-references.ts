/** Which API objects a pod refers to. */
import type { Container, Pod, Volume } from '#api/generated/core/v1.ts';

/** The kind of the first API object that the pod needs, as upstream names it; '' for none. */
export function apiObjectReference({ spec }: Pod): string {
  if (spec === undefined) return '';
  if ((spec.serviceAccountName ?? '') !== '') return 'serviceaccounts';
  if ((spec.imagePullSecrets ?? []).length > 0) return 'secrets';
  const containers: readonly Container[] = [...spec.containers, ...(spec.initContainers ?? [])];
  if (containers.some(usesSecret) || (spec.volumes ?? []).some(holdsSecret)) return 'secrets';
  if (containers.some(usesConfigMap) || (spec.volumes ?? []).some(holdsConfigMap)) return 'configmaps';
  if (
    (spec.volumes ?? []).some(({ projected }) =>
      projected?.sources?.some((source) => source.serviceAccountToken !== undefined),
    )
  )
    return 'serviceaccounts';
  if (
    (spec.volumes ?? []).some((volume) => volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined)
  )
    return 'persistentvolumeclaims';
  return (spec.resourceClaims ?? []).length > 0 ? 'resourceclaims' : '';
}

function usesSecret({ env, envFrom }: Container): boolean {
  return (
    env?.some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined) === true ||
    envFrom?.some(({ secretRef }) => secretRef !== undefined) === true
  );
}

function usesConfigMap({ env, envFrom }: Container): boolean {
  return (
    env?.some(({ valueFrom }) => valueFrom?.configMapKeyRef !== undefined) === true ||
    envFrom?.some(({ configMapRef }) => configMapRef !== undefined) === true
  );
}

function holdsSecret(volume: Volume): boolean {
  return volume.secret !== undefined || volume.projected?.sources?.some(({ secret }) => secret !== undefined) === true;
}

function holdsConfigMap(volume: Volume): boolean {
  return (
    volume.configMap !== undefined ||
    volume.projected?.sources?.some(({ configMap }) => configMap !== undefined) === true
  );
}
