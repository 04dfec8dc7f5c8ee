/** Rules of a pod's status, which only kubelet and scheduler write. */
import type { ContainerStatus, Pod, PodCondition } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { parseIp } from '#base/ip.ts';
import { nameIsDNSSubdomain } from '#api/meta/names.ts';
import { fieldIsImmutable } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { validateLegacyIp } from '#kinds/ip-validation.ts';
import { checkAnnotationChange, checkPodAnnotations } from '#kinds/core/pod/validation/annotations.ts';
import {
  addMessages,
  type AnySpec,
  checkQualifiedName,
  checkSubdomain,
  isBlank,
} from '#kinds/core/pod/validation/context.ts';

type AnyPod = DeepReadonly<Pod>;
type Status = NonNullable<AnyPod['status']>;
type Statuses = readonly DeepReadonly<ContainerStatus>[] | undefined;

const systemConditions: ReadonlySet<string> = new Set(['PodScheduled', 'Ready', 'Initialized']);
const notNegative = 'must be a non-negative integer';

export function validatePodStatus(pod: AnyPod, old: AnyPod): FieldError[] {
  const errors: FieldError[] = [];
  const status = pod.status ?? ({} as Status);
  const before = old.status ?? ({} as Status);
  checkAnnotationChange(errors, pod, old, 'metadata.annotations');
  checkPodAnnotations(errors, pod.metadata.annotations, pod.spec, 'metadata.annotations');
  checkConditions(errors, status.conditions);
  checkNominated(errors, status.nominatedNodeName, before.nominatedNodeName, old.spec.nodeName);
  if ((status.observedGeneration ?? 0) < 0)
    errors.push(fieldError.invalid('status.observedGeneration', status.observedGeneration, notNegative));
  if ((status.qosClass ?? '') !== (before.qosClass ?? ''))
    errors.push(fieldError.invalid('status.qosClass', status.qosClass ?? '', fieldIsImmutable));
  checkStates(errors, pod, old);
  checkClaimStatuses(errors, status, pod.spec);
  checkAddresses(errors, status, before);
  return errors;
}

function checkConditions(errors: FieldError[], list: readonly DeepReadonly<PodCondition>[] | undefined): void {
  list?.forEach(({ type, observedGeneration = 0 }, i) => {
    const path = `status.conditions[${i}]`;
    if (observedGeneration < 0)
      errors.push(fieldError.invalid(`${path}.observedGeneration`, observedGeneration, notNegative));
    if (!systemConditions.has(type)) checkQualifiedName(errors, type ?? '', `${path}.Type`);
  });
}

function checkNominated(
  errors: FieldError[],
  name: string | undefined,
  old: string | undefined,
  nodeName: string | undefined,
): void {
  if (name === undefined || name === '' || name === (old ?? '')) return;
  addMessages(errors, nameIsDNSSubdomain(name, false), 'status.nominatedNodeName', name);
  if (isBlank(nodeName)) return;
  const text = 'may not be set on pods that are already bound to a node';
  errors.push(fieldError.forbidden('status.nominatedNodeName', text));
}

/** A container that has ended stays ended, unless its restart policy or rules start it again. */
function checkStates(errors: FieldError[], pod: AnyPod, { spec, status: old }: AnyPod): void {
  const { containerStatuses, initContainerStatuses, ephemeralContainerStatuses } = pod.status ?? {};
  if (!restartsAll(spec)) {
    const { containers, initContainers } = spec;
    const check = (list: Statuses, before: Statuses, field: string, of: AnySpec['containers'] | undefined): void =>
      checkTransitions(errors, list, before, `status.${field}`, (name, exitCode) =>
        mayRestart(
          of?.find((container) => container.name === name),
          spec,
          exitCode,
        ),
      );
    check(containerStatuses, old?.containerStatuses, 'containerStatuses', containers);
    check(initContainerStatuses, old?.initContainerStatuses, 'initContainerStatuses', initContainers);
  }
  const path = 'status.ephemeralContainerStatuses';
  checkTransitions(errors, ephemeralContainerStatuses, old?.ephemeralContainerStatuses, path, () => false);
}

function checkTransitions(
  errors: FieldError[],
  list: Statuses,
  old: Statuses,
  path: string,
  mayStart: (name: string, exitCode: number) => boolean,
): void {
  old?.forEach(({ name, state }, i) => {
    if (state?.terminated === undefined) return;
    const now = list?.find((status) => status.name === name);
    if (now === undefined || now.state?.terminated !== undefined || mayStart(name, state.terminated.exitCode)) return;
    errors.push(fieldError.forbidden(`${path}[${i}].state`, 'may not be transitioned to non-terminated state'));
  });
}

type Container = AnySpec['containers'][number];

function mayRestart(container: Container | undefined, spec: AnySpec, exitCode: number): boolean {
  if (container === undefined) return false;
  for (const { exitCodes, action } of container.restartPolicyRules ?? []) {
    const isListed = exitCodes?.values?.includes(exitCode) === true;
    if (action === 'Restart' && exitCodes !== undefined && isListed === (exitCodes.operator === 'In')) return true;
  }
  const policy = container.restartPolicy ?? spec.restartPolicy;
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** A rule of one container may start all of them. */
function restartsAll({ containers, initContainers }: AnySpec): boolean {
  return [...(containers ?? []), ...(initContainers ?? [])].some(
    ({ restartPolicyRules }) => restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers') === true,
  );
}

function checkClaimStatuses(errors: FieldError[], { resourceClaimStatuses: list }: Status, spec: AnySpec): void {
  list?.forEach(({ name, resourceClaimName }, i) => {
    const path = `status.resourceClaimStatuses[${i}]`;
    if (spec.resourceClaims?.some((claim) => claim.name === name) !== true) {
      const text = 'must match the name of an entry in `spec.resourceClaims`';
      errors.push(fieldError.invalid(`${path}.name`, name, text));
    }
    if (list.findIndex((other) => other.name === name) < i) errors.push(fieldError.duplicate(`${path}.name`, name));
    if (resourceClaimName !== undefined) checkSubdomain(errors, resourceClaimName, `${path}.resourceClaimName`);
  });
}

function checkAddresses(errors: FieldError[], { podIPs, hostIP, hostIPs }: Status, old: Status): void {
  checkFamilies(errors, podIPs, old.podIPs, 'status.podIPs');
  const first = hostIPs?.[0];
  if (first === undefined) return;
  if ((hostIP ?? '') !== first.ip)
    errors.push(fieldError.invalid('status.hostIPs[0].ip', first.ip, 'must be equal to `hostIP`'));
  checkFamilies(errors, hostIPs, old.hostIPs, 'status.hostIPs');
}

type Addresses = readonly { readonly ip: string }[] | undefined;

function checkFamilies(errors: FieldError[], list: Addresses, old: Addresses, path: string): void {
  if (list === undefined) return;
  const known = (old ?? []).map(({ ip }) => ip);
  list.forEach(({ ip = '' }, i) => errors.push(...validateLegacyIp(ip, `${path}[${i}]`, known)));
  if (list.length < 2) return;
  const families = new Set(list.map(({ ip }) => parseIp(ip)?.family));
  if (families.size === 2 && list.length === 2 && !families.has(undefined)) return;
  const shown = list.map(({ ip }) => ({ IP: ip }));
  errors.push(fieldError.invalid(path, shown, 'may specify no more than one IP for each IP family'));
}
