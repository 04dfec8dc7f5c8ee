/**
 * The rules of a pod's spec, for pods and for templates of them. The order of the rules is upstream's: it is the order of
 * the messages.
 */
import type { ObjectMeta } from '#api/object.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { nameIsDNSSubdomain, rangeMessage } from '#api/meta/names.ts';
import { validateLabels } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { checkAffinity } from '#kinds/core/pod/validation/affinity.ts';
import {
  checkContainers,
  checkEphemeralContainers,
  checkInitContainers,
} from '#kinds/core/pod/validation/containers.ts';
import {
  addMessages,
  type AnySpec,
  checkLabel,
  checkPresent,
  checkRequiredSupported,
  containersWithPaths,
  isBlank,
  type PodCheck,
  type PodLeniency,
} from '#kinds/core/pod/validation/context.ts';
import {
  checkDnsConfig,
  checkHostAliases,
  checkHostnameOverride,
  checkHostNetworkPorts,
  checkOwnUsers,
} from '#kinds/core/pod/validation/network.ts';
import { checkResourceClaims } from '#kinds/core/pod/validation/resource-claims.ts';
import { checkOverhead, checkPodResources } from '#kinds/core/pod/validation/resources.ts';
import {
  checkReadinessGates,
  checkSchedulingGates,
  checkSpread,
  checkTolerations,
} from '#kinds/core/pod/validation/scheduling.ts';
import { checkPodSecurity } from '#kinds/core/pod/validation/security.ts';
import { checkVolumes } from '#kinds/core/pod/validation/volumes.ts';
import { checkHostProcess, checkLinux, checkWindows } from '#kinds/core/pod/validation/windows.ts';

const restartPolicies = ['Always', 'OnFailure', 'Never'] as const;
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'] as const;
const preemptionPolicies = ['PreemptLowerPriority', 'Never'] as const;
const systems = ['linux', 'windows'] as const;
const maxDeadline = 2_147_483_647;
export const mirrorAnnotation = 'kubernetes.io/config.mirror';

export interface SpecOptions {
  /** The pod's own metadata; absent for templates. */
  readonly meta?: DeepReadonly<ObjectMeta>;
  readonly lenient?: PodLeniency;
}

const noMeta: SpecOptions = {};
const strict: PodLeniency = {};
const noNames: ReadonlySet<string> = new Set();

/** Appends what the spec at `path` breaks. */
export function checkPodSpec(errors: FieldError[], spec: AnySpec, path: string, options = noMeta): void {
  const claims = spec.resourceClaims;
  const check: PodCheck = {
    errors,
    spec,
    isPod: options.meta !== undefined,
    hostUsers: spec.hostUsers !== false,
    lenient: options.lenient ?? strict,
    volumes: new Map(),
    claimNames:
      claims === undefined ? noNames : new Set(claims.map(({ name }) => name).filter((name) => !isBlank(name))),
  };
  checkParts(check, options.meta, path);
  checkPolicies(check, path);
  checkPlacement(check, path);
  checkNames(check, path);
  checkSystem(check, path);
  checkFileKeyVolumes(check, path);
}

function checkParts(check: PodCheck, meta: DeepReadonly<ObjectMeta> | undefined, path: string): void {
  const { errors, spec } = check;
  if (spec.terminationGracePeriodSeconds === undefined)
    errors.push(fieldError.required(`${path}.terminationGracePeriodSeconds`));
  checkVolumes(check, meta, `${path}.volumes`);
  checkResourceClaims(check, meta?.annotations?.[mirrorAnnotation] !== undefined, `${path}.resourceClaims`);
  checkContainers(check, `${path}.containers`);
  checkInitContainers(check, `${path}.initContainers`);
  checkEphemeralContainers(check, `${path}.ephemeralContainers`);
  checkPodResources(check, path);
  checkHostNetworkPorts(check, path);
}

function checkPolicies(check: PodCheck, path: string): void {
  const { errors, spec } = check;
  checkRequiredSupported(errors, spec.restartPolicy, `${path}.restartPolicy`, restartPolicies);
  checkRequiredSupported(errors, spec.dnsPolicy, `${path}.dnsPolicy`, dnsPolicies);
  if (spec.nodeSelector !== undefined) errors.push(...validateLabels(spec.nodeSelector, `${path}.nodeSelector`));
  checkPodSecurity(check, `${path}.securityContext`);
}

function checkPlacement(check: PodCheck, path: string): void {
  const { errors, spec } = check;
  checkAffinity(check, spec.affinity, `${path}.affinity`);
  checkDnsConfig(errors, spec, `${path}.dnsConfig`);
  checkReadinessGates(errors, spec.readinessGates, `${path}.readinessGates`);
  checkSchedulingGates(errors, spec.schedulingGates, `${path}.schedulingGates`);
  checkSpread(check, spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`);
  checkHostProcess(check, path);
  checkOwnUsers(check, path);
  checkHostnameOverride(errors, spec, path);
}

function checkNames({ errors, spec }: PodCheck, path: string): void {
  checkName(errors, spec.serviceAccountName, `${path}.serviceAccountName`);
  checkName(errors, spec.nodeName, `${path}.nodeName`);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && !(deadline >= 1 && deadline <= maxDeadline))
    errors.push(fieldError.invalid(`${path}.activeDeadlineSeconds`, deadline, rangeMessage(1, maxDeadline)));
  if (spec.hostname !== undefined && spec.hostname !== '') checkLabel(errors, spec.hostname, `${path}.hostname`);
  if (spec.subdomain !== undefined && spec.subdomain !== '') checkLabel(errors, spec.subdomain, `${path}.subdomain`);
  checkTolerations(errors, spec.tolerations, `${path}.tolerations`);
  checkHostAliases(errors, spec.hostAliases, `${path}.hostAliases`);
  checkName(errors, spec.priorityClassName, `${path}.priorityClassName`);
  const { runtimeClassName } = spec;
  if (runtimeClassName !== undefined)
    addMessages(errors, nameIsDNSSubdomain(runtimeClassName, false), `${path}.runtimeClassName`, runtimeClassName);
  if (spec.preemptionPolicy !== undefined)
    checkRequiredSupported(errors, spec.preemptionPolicy, `${path}.preemptionPolicy`, preemptionPolicies);
}

function checkName(errors: FieldError[], name: string | undefined, path: string): void {
  if (name !== undefined && name !== '') addMessages(errors, nameIsDNSSubdomain(name, false), path, name);
}

function checkSystem(check: PodCheck, path: string): void {
  const { errors, spec } = check;
  if (spec.overhead !== undefined) checkOverhead(check, spec.overhead, `${path}.overhead`);
  if (spec.os === undefined) return;
  const { name } = spec.os;
  if (!checkPresent(errors, name, `${path}.os.name`)) return;
  if (name === 'linux') checkLinux(check, path);
  else if (name === 'windows') checkWindows(check, path);
  else errors.push(fieldError.notSupported(`${path}.os`, name, systems));
}

/** Variables read from a file of a volume: one that lives and dies with the pod. */
function checkFileKeyVolumes({ errors, spec }: PodCheck, path: string): void {
  for (const [container, at] of containersWithPaths(spec, path))
    container.env?.forEach(({ valueFrom }, i) => {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (name === undefined) return;
      const where = `${at}.env[${i}].valueFrom.fileKeyRef.volumeName`;
      const volume = spec.volumes?.findLast((other) => other.name === name);
      if (volume === undefined) errors.push(fieldError.notFound(where, name));
      else if (volume.emptyDir === undefined)
        errors.push(fieldError.invalid(where, name, 'referenced volume must be of type emptyDir'));
    });
}
