/** Service accounts may restrict which secrets their pods use (deprecated, but still kept to). */
import type { Container, PodSpec, ServiceAccount } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';

/** '' if the account references every secret that the pod uses. */
export function referencedSecretProblem(account: DeepReadonly<ServiceAccount>, spec: DeepReadonly<PodSpec>): string {
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name));
  const tail = `is not allowed because service account ${account.metadata.name} does not reference that`;
  for (const { secret } of spec.volumes ?? []) {
    if (secret !== undefined && !mountable.has(secret.secretName))
      return `volume with secret.secretName="${secret.secretName}" ${tail} secret`;
  }
  const groups: [string, readonly DeepReadonly<Container>[]][] = [
    ['init container', spec.initContainers ?? []],
    ['container', spec.containers],
  ];
  for (const [label, containers] of groups)
    for (const container of containers) {
      const use = unmountableUse(container, mountable);
      if (use !== '') return `${label} ${container.name} ${use} ${tail} secret`;
    }
  const pullable = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  for (const [i, { name }] of (spec.imagePullSecrets ?? []).entries())
    if (!pullable.has(name)) return `imagePullSecrets[${i}].name="${name}" ${tail} imagePullSecret`;
  return '';
}

function unmountableUse(container: DeepReadonly<Container>, mountable: ReadonlySet<string | undefined>): string {
  for (const { name, valueFrom } of container.env ?? []) {
    const secret = valueFrom?.secretKeyRef;
    if (secret !== undefined && !mountable.has(secret.name))
      return `with envVar ${name} referencing secret.secretName="${secret.name}"`;
  }
  for (const { secretRef } of container.envFrom ?? [])
    if (secretRef !== undefined && !mountable.has(secretRef.name))
      return `with envFrom referencing secret.secretName="${secretRef.name}"`;
  return '';
}
