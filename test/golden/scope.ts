/** Which golden cases count today: every step's resource is a kind or a review that we promise, and no step applies. */
import type { GoldenCase, GoldenStep } from './replay.mjs';

const promised = new Set([
  'namespaces',
  'nodes',
  'pods',
  'services',
  'endpoints',
  'configmaps',
  'secrets',
  'serviceaccounts',
  'events',
  'bindings',
  'apps/deployments',
  'apps/replicasets',
  'discovery.k8s.io/endpointslices',
  'events.k8s.io/events',
  'coordination.k8s.io/leases',
  'rbac.authorization.k8s.io/roles',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/clusterroles',
  'rbac.authorization.k8s.io/clusterrolebindings',
  'networking.k8s.io/servicecidrs',
  'networking.k8s.io/ipaddresses',
  'authentication.k8s.io/tokenreviews',
  'authentication.k8s.io/selfsubjectreviews',
  'authorization.k8s.io/subjectaccessreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
]);

/** `pods` or `group/plural` of a path; undefined for paths that name no resource. */
export function resourceOf(path: string): string | undefined {
  const parts: string[] = (path.split('?')[0] as string).split('/').filter((part) => part !== '');
  const root = parts[0];
  let group = '';
  if (root === 'apis') group = parts.splice(0, 2)[1] ?? '';
  else if (root === 'api') parts.splice(0, 1);
  else return undefined;
  parts.splice(0, 1);
  if (parts[0] === 'watch') parts.splice(0, 1);
  if (parts[0] === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(parts[2] as string))
    parts.splice(0, 2);
  const plural = parts[0];
  if (plural === undefined) return undefined;
  return group === '' ? plural : `${group}/${plural}`;
}

export function isCounted(golden: GoldenCase): boolean {
  return golden.steps.every(isCountedStep);
}

function isCountedStep(step: GoldenStep): boolean {
  if (step.during?.every(isCountedStep) === false) return false;
  if (step.method === undefined) return true;
  if (step.contentType?.startsWith('application/apply-patch') === true) return false;
  const resource = resourceOf(step.path);
  return resource === undefined || promised.has(resource);
}
