/**
 * The names of resources: Kubernetes' own, huge pages, and those of extensions (`example.com/gpu`).
 * @see https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
 */
import { isQualifiedName } from '#api/meta/names.ts';

const counted = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
] as const;
const measured = [
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'requests.storage',
] as const;
const countedNames: ReadonlySet<string> = new Set(counted);
const quotaNames: ReadonlySet<string> = new Set([...counted, ...measured]);

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** A name without a domain is Kubernetes' own, and so is one of the domain kubernetes.io. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

export function isExtendedResourceName(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false;
  return isQualifiedName(`requests.${name}`).length === 0;
}

/** Comes in whole numbers only. */
export function isIntegerResource(name: string): boolean {
  return countedNames.has(name) || isExtendedResourceName(name);
}

export function isStandardContainerResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || isHugePages(name);
}

export function isStandardQuotaResource(name: string): boolean {
  return quotaNames.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');
}

export function isStandardResource(name: string): boolean {
  return name === 'storage' || isStandardQuotaResource(name);
}
