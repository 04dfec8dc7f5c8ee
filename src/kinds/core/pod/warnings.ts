/** Warnings about specs that are accepted but will hardly do what was meant. */
import type { Container, ContainerPort, Pod, PodAffinity, PodSpec, PodTemplateSpec } from '#api/generated/core/v1.ts';
import type { ObjectMeta } from '#api/object.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isDNS1123Label, isLabelValue } from '#api/meta/names.ts';
import { parseQuantity, quantityText } from '#lang/quantity/quantity.ts';
import { warningsForIp } from '#kinds/ip-validation.ts';
import { namesProfiles } from '#kinds/core/pod/validation/annotations.ts';
import { type AnyContainer, containersWithPaths } from '#kinds/core/pod/validation/context.ts';
import { volumeWarnings } from '#kinds/core/pod/volume-warnings.ts';

type Spec = DeepReadonly<PodSpec>;
type Meta = DeepReadonly<Partial<ObjectMeta>> | undefined;
type Term = NonNullable<
  NonNullable<
    NonNullable<NonNullable<Spec['affinity']>['nodeAffinity']>['preferredDuringSchedulingIgnoredDuringExecution']
  >[number]['preference']
>;

/** Labels and annotations of nodes that nothing sets any more, or not for long. */
export const deprecatedNodeLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};
const deprecatedAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};
const nullSelector = 'a null labelSelector results in matching no pod';
const noSeccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

export function podWarnings(pod: DeepReadonly<Pod>): string[] {
  const text =
    "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended";
  const list = nameWarnings(pod.metadata.name, text);
  if (pod.spec !== undefined) list.push(...specWarnings(pod.spec, pod.metadata, ''));
  return list;
}

/** Of a template at `spec.template`, or at another path that ends with a dot. */
export function templateWarnings(
  template: DeepReadonly<PodTemplateSpec> | undefined,
  prefix = 'spec.template.',
): string[] {
  return template?.spec === undefined ? [] : specWarnings(template.spec, template.metadata, prefix);
}

/** Names of controllers become parts of host names, which are shorter. */
export function workloadNameWarnings(name: string | undefined): string[] {
  const text =
    'this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended';
  return nameWarnings(name, text);
}

function nameWarnings(name: string | undefined, text: string): string[] {
  const messages = isDNS1123Label(name ?? '');
  return messages.length === 0 ? [] : [`metadata.name: ${text}: [${messages.join(' ')}]`];
}

function specWarnings(spec: Spec, meta: Meta, prefix: string): string[] {
  const list: string[] = [];
  const path = `${prefix}spec`;
  addPlacement(list, spec, path);
  for (const key in deprecatedAnnotations)
    if (meta?.annotations?.[key] !== undefined)
      list.push(`${prefix}metadata.annotations[${key}]: ${deprecatedAnnotations[key]}`);
  if (spec.volumes !== undefined) list.push(...volumeWarnings(spec.volumes, `${path}.volumes`));
  addDuplicates(list, spec, path);
  for (const name of byteResources) addFraction(list, spec.overhead, `${path}.overhead`, name);
  addProfiles(list, spec, meta, prefix);
  addPorts(list, spec, path);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const text = 'must be >= 0; negative values are invalid and will be treated as 1';
    list.push(`${path}.terminationGracePeriodSeconds: ${text}`);
  }
  addAffinity(list, spec.affinity?.podAffinity, `${path}.affinity.podAffinity`);
  addAffinity(list, spec.affinity?.podAntiAffinity, `${path}.affinity.podAntiAffinity`);
  spec.dnsConfig?.nameservers?.forEach((address, i) =>
    list.push(...warningsForIp(address, `${path}.dnsConfig.nameservers[${i}]`)),
  );
  spec.hostAliases?.forEach(({ ip }, i) => list.push(...warningsForIp(ip, `${path}.hostAliases[${i}].ip`)));
  return list;
}

function addPlacement(list: string[], spec: Spec, path: string): void {
  for (const key in spec.nodeSelector) {
    const text = deprecatedNodeLabels[key];
    if (text !== undefined) list.push(`${path}.nodeSelector[${key}]: ${text}`);
  }
  const affinity = spec.affinity?.nodeAffinity;
  const at = `${path}.affinity.nodeAffinity`;
  affinity?.[required]?.nodeSelectorTerms?.forEach((term, i) =>
    addTerm(list, term, `${at}.${required}.nodeSelectorTerms[${i}]`),
  );
  affinity?.[preferred]?.forEach(({ preference }, i) => {
    const where = `${at}.${preferred}[${i}].preference`;
    addTerm(list, preference ?? {}, where);
    preference?.matchExpressions?.forEach(({ values }, n) =>
      values?.forEach((value, v) => {
        for (const message of isLabelValue(value))
          list.push(`${where}.matchExpressions[${n}].values[${v}]: ${value} is invalid, ${message}`);
      }),
    );
  });
  spec.topologySpreadConstraints?.forEach(({ topologyKey, labelSelector }, i) => {
    const where = `${path}.topologySpreadConstraints[${i}]`;
    const text = deprecatedNodeLabels[topologyKey];
    if (text !== undefined) list.push(`${where}.topologyKey: ${topologyKey} is ${text}`);
    if (labelSelector === undefined) list.push(`${where}.labelSelector: ${nullSelector}`);
  });
}

function addTerm(list: string[], { matchExpressions }: Term, path: string): void {
  matchExpressions?.forEach(({ key }, i) => {
    const text = deprecatedNodeLabels[key];
    if (text !== undefined) list.push(`${path}.matchExpressions[${i}].key: ${key} is ${text}`);
  });
}

function addDuplicates(list: string[], { hostAliases = [], imagePullSecrets = [] }: Spec, path: string): void {
  hostAliases.forEach(({ ip }, i) => {
    if (hostAliases.findIndex((other) => other.ip === ip) < i)
      list.push(`${path}.hostAliases[${i}].ip: duplicate ip ${JSON.stringify(ip)}`);
  });
  imagePullSecrets.forEach(({ name = '' }, i) => {
    if (imagePullSecrets.findIndex((other) => (other.name ?? '') === name) < i)
      list.push(`${path}.imagePullSecrets[${i}].name: duplicate name ${JSON.stringify(name)}`);
  });
  imagePullSecrets.forEach(({ name = '' }, i) => {
    if (name === '') list.push(`${path}.imagePullSecrets[${i}].name: invalid empty name ""`);
  });
}

const byteResources: readonly string[] = ['memory', 'ephemeral-storage'];

/** Bytes come whole. */
function addFraction(
  list: string[],
  amounts: Readonly<Record<string, string | number>> | undefined,
  path: string,
  name: string,
): void {
  const amount = amounts?.[name];
  if (amount === undefined) return;
  const quantity = parseQuantity(amount);
  if (quantity.nanos % 1_000_000_000n === 0n) return;
  const text = JSON.stringify(quantityText(quantity));
  list.push(`${path}[${name}]: fractional byte value ${text} is invalid, must be an integer`);
}

function addProfiles(list: string[], spec: Spec, meta: Meta, prefix: string): void {
  const annotations = meta?.annotations;
  const isNamed = annotations !== undefined && namesProfiles(annotations);
  const at = `${prefix}metadata.annotations`;
  const ofPod = 'seccomp.security.alpha.kubernetes.io/pod';
  if (isNamed && spec.securityContext?.seccompProfile === undefined && annotations[ofPod] !== undefined)
    list.push(`${at}[${ofPod}]: ${noSeccomp}`);
  for (const [container, path] of containersWithPaths(spec, `${prefix}spec`)) {
    if (isNamed) addProfilesOf(list, container, spec, { annotations, prefix });
    for (const name of byteResources) {
      addFraction(list, container.resources?.limits, `${path}.resources.limits`, name);
      addFraction(list, container.resources?.requests, `${path}.resources.requests`, name);
    }
    addHiddenVariables(list, container, path);
  }
}

function addProfilesOf(
  list: string[],
  { name, securityContext: own }: AnyContainer,
  { securityContext: ofPod }: Spec,
  { annotations, prefix }: { annotations: Readonly<Record<string, string>>; prefix: string },
): void {
  const at = `${prefix}metadata.annotations`;
  const seccomp = `container.seccomp.security.alpha.kubernetes.io/${name}`;
  if (own?.seccompProfile === undefined && annotations[seccomp] !== undefined)
    list.push(`${at}[${seccomp}]: ${noSeccomp}`);
  const appArmor = `container.apparmor.security.beta.kubernetes.io/${name}`;
  const hasField = (own?.appArmorProfile ?? ofPod?.appArmorProfile) !== undefined;
  if (prefix !== '' && !hasField && annotations[appArmor] !== undefined)
    list.push(`${at}[${appArmor}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
}

/** A variable may be extended by one of the same name; otherwise the first is lost. */
function addHiddenVariables(list: string[], { env = [] }: DeepReadonly<Container>, path: string): void {
  if (env.length < 2) return;
  const seen = new Set<string>();
  env.forEach(({ name, value = '', valueFrom }, i) => {
    const isRepeated = seen.has(name);
    seen.add(name);
    if (!isRepeated) return;
    const reference = `$(${name})`;
    if (valueFrom === undefined && value !== reference && value.includes(reference)) return;
    const text = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`;
    list.push(`${path}.env[${i}]: ${text}`);
  });
}

interface PlacedPort {
  readonly path: string;
  readonly port: DeepReadonly<ContainerPort>;
}

function addPorts(list: string[], spec: Spec, path: string): void {
  const placed: PlacedPort[] = [];
  for (const [{ ports }, at] of containersWithPaths(spec, path))
    ports?.forEach((port, i) => {
      const own = { path: `${at}.ports[${i}]`, port };
      if ((port.hostIP ?? '') !== '' && (port.hostPort ?? 0) === 0)
        list.push(`${own.path}: hostIP set without hostPort: ${goPort(port)}`);
      for (const other of placed) addOverlap(list, own, other);
      placed.push(own);
    });
  const names = new Map<string, string>();
  for (const { path: at, port } of placed) {
    if ((port.name ?? '') === '') continue;
    const name = port.name as string;
    const other = names.get(name);
    if (other === undefined) names.set(name, at);
    else {
      const text = `services and probes that select ports by name will use ${other}`;
      list.push(`${at}: duplicate port name ${JSON.stringify(name)} with ${other}, ${text}`);
    }
  }
}

function addOverlap(list: string[], { path, port }: PlacedPort, { path: other, port: before }: PlacedPort): void {
  if (port.containerPort !== before.containerPort || port.protocol !== before.protocol) return;
  const [hostPort, otherHostPort] = [port.hostPort ?? 0, before.hostPort ?? 0];
  const [ip, otherIp] = [port.hostIP ?? '', before.hostIP ?? ''];
  if (ip === otherIp && hostPort === otherHostPort) list.push(`${path}: duplicate port definition with ${other}`);
  else if (hostPort === 0 || otherHostPort === 0) list.push(`${path}: overlapping port definition with ${other}`);
  else if (hostPort === otherHostPort && (ip === '') !== (otherIp === ''))
    list.push(`${path}: dangerously ambiguous port definition with ${other}`);
}

/** As Go prints a struct. */
function goPort({ name = '', hostPort = 0, containerPort, protocol = 'TCP', hostIP = '' }: PlacedPort['port']): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}

function addAffinity(list: string[], affinity: DeepReadonly<PodAffinity> | undefined, path: string): void {
  affinity?.[required]?.forEach(({ labelSelector }, i) => {
    if (labelSelector === undefined) list.push(`${path}.${required}[${i}].labelSelector: ${nullSelector}`);
  });
  affinity?.[preferred]?.forEach(({ podAffinityTerm }, i) => {
    if (podAffinityTerm?.labelSelector === undefined)
      list.push(`${path}.${preferred}[${i}].podAffinityTerm.labelSelector: ${nullSelector}`);
  });
}
