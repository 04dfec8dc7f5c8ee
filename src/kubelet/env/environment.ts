/** The environment of a container, from every source, in upstream's order: envFrom, then env, Services where no name is set. */
import type { ConfigMap, Secret, Service } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import type { ReadonlyContainer, ReadonlyPod } from '#kubelet/pods/pod-runtime.ts';
import { decodeBase64 } from '#kubelet/volumes/payload.ts';
import { expand } from '#kubelet/env/expand.ts';
import { type Allocatable, fieldValue, type PodAddresses, resourceValue } from '#kubelet/env/field-path.ts';
import { serviceEnvironment } from '#kubelet/env/service-environment.ts';

export interface EnvironmentSources {
  /** Undefined if there is none of that name. */
  configMap(name: string): Promise<DeepReadonly<ConfigMap> | undefined>;
  secret(name: string): Promise<DeepReadonly<Secret> | undefined>;
  readonly services: Iterable<DeepReadonly<Service>>;
  readonly addresses: PodAddresses;
  readonly allocatable: Allocatable;
}

/** Rejects with upstream's text when a source that is not optional is missing: CreateContainerConfigError. */
export async function containerEnvironment(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  sources: EnvironmentSources,
): Promise<{ name: string; value: string }[]> {
  const variables = await environmentFrom(container, sources);
  const services = serviceEnvironment(
    sources.services,
    pod.metadata.namespace ?? '',
    pod.spec?.enableServiceLinks !== false,
  );
  const known = new Map<string, string>(services);
  for (const [name, value] of variables) known.set(name, value);
  for (const variable of container.env ?? []) {
    const value =
      variable.valueFrom === undefined
        ? expand(variable.value ?? '', known)
        : await valueFrom(pod, container, { source: variable.valueFrom, sources });
    if (value === undefined) continue;
    known.set(variable.name, value);
    variables.set(variable.name, value);
  }
  for (const [name, value] of services) if (!variables.has(name)) variables.set(name, value);
  return [...variables].map(([name, value]) => ({ name, value }));
}

async function environmentFrom(
  container: ReadonlyContainer,
  sources: EnvironmentSources,
): Promise<Map<string, string>> {
  const variables = new Map<string, string>();
  for (const source of container.envFrom ?? []) {
    const prefix = source.prefix ?? '';
    if (source.configMapRef !== undefined) {
      const { name = '', optional } = source.configMapRef;
      const configMap = await sources.configMap(name);
      if (configMap === undefined && optional !== true) throw new Error(`configmap "${name}" not found`);
      for (const [key, value] of Object.entries(configMap?.data ?? {})) variables.set(prefix + key, value);
    } else if (source.secretRef !== undefined) {
      const { name = '', optional } = source.secretRef;
      const secret = await sources.secret(name);
      if (secret === undefined && optional !== true) throw new Error(`secret "${name}" not found`);
      for (const [key, value] of Object.entries(secret?.data ?? {})) variables.set(prefix + key, decodeText(value));
    }
  }
  return variables;
}

type ValueSource = NonNullable<NonNullable<ReadonlyContainer['env']>[number]['valueFrom']>;

/** Undefined: optional and not there. */
async function valueFrom(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  { source, sources }: { source: ValueSource; sources: EnvironmentSources },
): Promise<string | undefined> {
  if (source.fieldRef !== undefined) return fieldValue(pod, source.fieldRef.fieldPath, sources.addresses);
  if (source.resourceFieldRef !== undefined) {
    const { containerName = '', resource, divisor } = source.resourceFieldRef;
    const target =
      containerName === '' ? container : (pod.spec?.containers.find(({ name }) => name === containerName) ?? container);
    return resourceValue(target, { resource, ...(divisor === undefined ? {} : { divisor }) }, sources.allocatable);
  }
  const namespace = pod.metadata.namespace ?? '';
  if (source.configMapKeyRef !== undefined) {
    const { name = '', key, optional } = source.configMapKeyRef;
    const configMap = await sources.configMap(name);
    if (configMap === undefined && optional !== true) throw new Error(`configmap "${name}" not found`);
    const value = configMap?.data?.[key];
    if (value === undefined && optional !== true)
      throw new Error(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    return value;
  }
  if (source.secretKeyRef !== undefined) {
    const { name = '', key, optional } = source.secretKeyRef;
    const secret = await sources.secret(name);
    if (secret === undefined && optional !== true) throw new Error(`secret "${name}" not found`);
    const value = secret?.data?.[key];
    if (value === undefined && optional !== true)
      throw new Error(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    return value === undefined ? undefined : decodeText(value);
  }
  return '';
}

function decodeText(base64: string): string {
  return new TextDecoder().decode(decodeBase64(base64));
}
