/** Rules of a pod's containers of all three sorts. */
import type { ContainerPort, ContainerResizePolicy, ContainerRestartRule } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isValidPortName, isValidPortNumber } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import {
  addMessages,
  type AnyContainer,
  checkLabel,
  checkPresent,
  checkRequiredSupported,
  checkSupported,
  isBlank,
  type PodCheck,
} from '#kinds/core/pod/validation/context.ts';
import { checkEnv, checkEnvFrom } from '#kinds/core/pod/validation/env.ts';
import { checkDevices, checkMounts } from '#kinds/core/pod/validation/mounts.ts';
import { checkLifecycle, checkProbes } from '#kinds/core/pod/validation/probes.ts';
import { checkContainerResources } from '#kinds/core/pod/validation/resources.ts';
import { checkSecurity } from '#kinds/core/pod/validation/security.ts';

const messagePolicies = ['File', 'FallbackToLogsOnError'] as const;
const pullPolicies = ['Always', 'IfNotPresent', 'Never'] as const;
const protocols = ['SCTP', 'TCP', 'UDP'] as const;
const restartPolicies = ['Always', 'Never', 'OnFailure'] as const;
const ruleActions = ['Restart', 'RestartAllContainers'] as const;
const ruleOperators = ['In', 'NotIn'] as const;
const resizeResources = ['cpu', 'memory'] as const;
const resizePolicies = ['NotRequired', 'RestartContainer'] as const;
const maxRules = 20;
const maxExitCodes = 255;

export function checkContainers(check: PodCheck, path: string): void {
  const { errors, spec } = check;
  const containers = spec.containers ?? [];
  if (containers.length === 0) {
    errors.push(fieldError.required(path));
    return;
  }
  const names = new Set<string>();
  containers.forEach((container, i) => {
    const at = `${path}[${i}]`;
    checkCommon(check, container, at);
    if (names.has(container.name)) errors.push(fieldError.duplicate(`${at}.name`, container.name ?? ''));
    else names.add(container.name);
    if (container.lifecycle !== undefined) checkLifecycle(check, container.lifecycle, `${at}.lifecycle`);
    checkProbes(check, container, at);
    checkRestartRules(errors, container, at);
  });
  checkHostPorts(errors, containers, path);
}

export function checkInitContainers(check: PodCheck, path: string): void {
  const { errors, spec } = check;
  const names = new Set((spec.containers ?? []).map(({ name }) => name));
  spec.initContainers?.forEach((container, i) => {
    const at = `${path}[${i}]`;
    checkCommon(check, container, at);
    checkInitRestartRules(errors, container, at);
    if (names.has(container.name)) errors.push(fieldError.duplicate(`${at}.name`, container.name ?? ''));
    else if (!isBlank(container.name)) names.add(container.name);
    checkHostPorts(errors, [container], path);
    if (container.restartPolicy === 'Always') {
      if (container.lifecycle !== undefined) checkLifecycle(check, container.lifecycle, `${at}.lifecycle`);
      checkProbes(check, container, at);
      return;
    }
    forbidHooks(errors, container, at);
    if (check.lenient.restartOfInitContainers === true) return;
    container.resizePolicy?.forEach(({ restartPolicy }, n) => {
      const text = "must not be set to 'RestartContainer' for non-sidecar initContainers";
      const where = `${at}.resizePolicy[${n}].restartPolicy`;
      if (restartPolicy === 'RestartContainer') errors.push(fieldError.invalid(where, restartPolicy, text));
    });
  });
}

function forbidHooks(errors: FieldError[], container: AnyContainer, path: string): void {
  for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const text = 'may not be set for init containers without restartPolicy=Always';
    if (container[field] !== undefined) errors.push(fieldError.forbidden(`${path}.${field}`, text));
  }
}

/** What an ephemeral container may not have, in upstream's order. */
const forbiddenForEphemeral = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

export function checkEphemeralContainers(check: PodCheck, path: string): void {
  const { errors, spec } = check;
  if ((spec.ephemeralContainers ?? []).length === 0) return;
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Set(others);
  spec.ephemeralContainers?.forEach((ephemeral, i) => {
    const at = `${path}[${i}]`;
    const container = ephemeral as AnyContainer;
    checkCommon(check, container, at);
    checkImageSpace(errors, container, at);
    if (names.has(ephemeral.name)) errors.push(fieldError.duplicate(`${at}.name`, ephemeral.name ?? ''));
    else names.add(ephemeral.name);
    const target = ephemeral.targetContainerName ?? '';
    if (target !== '' && !others.has(target)) errors.push(fieldError.notFound(`${at}.targetContainerName`, target));
    const text = 'cannot be set for an Ephemeral Container';
    for (const field of forbiddenForEphemeral)
      if (isSet(container[field])) errors.push(fieldError.forbidden(`${at}.${field}`, text));
    container.volumeMounts?.forEach(({ subPath, subPathExpr }, n) => {
      if (!isBlank(subPath)) errors.push(fieldError.forbidden(`${at}.volumeMounts[${n}].subPath`, text));
      if (!isBlank(subPathExpr)) errors.push(fieldError.forbidden(`${at}.volumeMounts[${n}].subPathExpr`, text));
    });
  });
}

function isSet(value: unknown): boolean {
  if (value === undefined) return false;
  return typeof value !== 'object' || Object.keys(value as object).length > 0;
}

/** Only a pod itself cares: templates of old may have any image. */
export function checkImageSpace(errors: FieldError[], { image = '' }: AnyContainer, path: string): void {
  if (image.trim() !== image)
    errors.push(fieldError.invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
}

function checkCommon(check: PodCheck, container: AnyContainer, path: string): void {
  const { errors, spec } = check;
  if (checkPresent(errors, container.name, `${path}.name`)) checkLabel(errors, container.name, `${path}.name`);
  checkPresent(errors, container.image, `${path}.image`);
  checkRequiredSupported(
    errors,
    container.terminationMessagePolicy,
    `${path}.terminationMessagePolicy`,
    messagePolicies,
  );
  if (container.ports !== undefined) checkPorts(errors, container.ports, `${path}.ports`);
  checkEnv(errors, container.env, `${path}.env`);
  checkEnvFrom(errors, container.envFrom, `${path}.envFrom`);
  if (container.volumeMounts !== undefined) checkMounts(check, container, `${path}.volumeMounts`);
  if (container.volumeDevices !== undefined) checkDevices(check, container, `${path}.volumeDevices`);
  checkRequiredSupported(errors, container.imagePullPolicy, `${path}.imagePullPolicy`, pullPolicies);
  checkContainerResources(check, container.resources, `${path}.resources`);
  if (container.resizePolicy !== undefined)
    checkResizePolicy(errors, container.resizePolicy, `${path}.resizePolicy`, spec.restartPolicy);
  checkSecurity(check, container.securityContext, `${path}.securityContext`);
}

function checkPorts(errors: FieldError[], ports: readonly DeepReadonly<ContainerPort>[], path: string): void {
  const names = new Set<string>();
  ports.forEach(({ name = '', containerPort = 0, hostPort = 0, protocol }, i) => {
    const at = `${path}[${i}]`;
    if (name !== '') {
      const messages = isValidPortName(name);
      addMessages(errors, messages, `${at}.name`, name);
      if (messages.length === 0 && names.has(name)) errors.push(fieldError.duplicate(`${at}.name`, name));
      else if (messages.length === 0) names.add(name);
    }
    if (containerPort === 0) errors.push(fieldError.required(`${at}.containerPort`));
    else addMessages(errors, isValidPortNumber(containerPort), `${at}.containerPort`, containerPort);
    if (hostPort !== 0) addMessages(errors, isValidPortNumber(hostPort), `${at}.hostPort`, hostPort);
    checkRequiredSupported(errors, protocol, `${at}.protocol`, protocols);
  });
}

function checkHostPorts(errors: FieldError[], containers: readonly AnyContainer[], path: string): void {
  const taken = new Set<string>();
  containers.forEach(({ ports }, i) =>
    ports?.forEach(({ hostPort = 0, hostIP = '', protocol = '' }, n) => {
      if (hostPort === 0) return;
      const port = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(port)) errors.push(fieldError.duplicate(`${path}[${i}].ports[${n}].hostPort`, port));
      taken.add(port);
    }),
  );
}

function checkResizePolicy(
  errors: FieldError[],
  list: readonly DeepReadonly<ContainerResizePolicy>[],
  path: string,
  podPolicy: string | undefined,
): void {
  list.forEach(({ resourceName = '', restartPolicy = '' }, i) => {
    if (list.findIndex((other) => other.resourceName === resourceName) < i)
      errors.push(fieldError.duplicate(`${path}[${i}]`, resourceName));
    checkRequiredSupported(errors, resourceName, path, resizeResources);
    checkRequiredSupported(errors, restartPolicy, path, resizePolicies);
    if (podPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      const text = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
      errors.push(fieldError.invalid(path, restartPolicy, text));
    }
  });
}

/** As {@link checkRestartRules}; rules without a policy are not looked at. */
function checkInitRestartRules(errors: FieldError[], container: AnyContainer, path: string): void {
  if (container.restartPolicy !== undefined) checkRestartRules(errors, container, path);
  else if ((container.restartPolicyRules ?? []).length > 0) errors.push(ruleWithoutPolicy(path));
}

function ruleWithoutPolicy(path: string): FieldError {
  return fieldError.required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used');
}

function checkRestartRules(errors: FieldError[], container: AnyContainer, path: string): void {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  if (restartPolicy === undefined && rules.length > 0) errors.push(ruleWithoutPolicy(path));
  checkSupported(errors, restartPolicy, `${path}.restartPolicy`, restartPolicies);
  if (rules.length > maxRules) errors.push(fieldError.tooMany(`${path}.restartPolicyRules`, rules.length, maxRules));
  rules.forEach((rule, i) => checkRule(errors, rule, `${path}.restartPolicyRules[${i}]`));
}

function checkRule(
  errors: FieldError[],
  { action, exitCodes }: DeepReadonly<ContainerRestartRule>,
  path: string,
): void {
  checkSupported(errors, action ?? '', `${path}.action`, ruleActions);
  if (exitCodes === undefined) {
    errors.push(fieldError.required(`${path}.exitCodes`, 'must be specified'));
    return;
  }
  checkSupported(errors, exitCodes.operator ?? '', `${path}.exitCodes.operator`, ruleOperators);
  const count = (exitCodes.values ?? []).length;
  if (count > maxExitCodes) errors.push(fieldError.tooMany(`${path}.exitCodes.values`, count, maxExitCodes));
}
