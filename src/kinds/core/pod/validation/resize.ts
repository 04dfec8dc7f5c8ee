/** What a resize may change: CPU and memory, without a change of the pod's quality of service. */
import type { Pod, ResourceRequirements } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { qosClass } from '#kinds/core/pod/qos.ts';
import type { AnyContainer } from '#kinds/core/pod/validation/context.ts';
import { validateLeniently } from '#kinds/core/pod/validation/leniency.ts';
import { checkPod } from '#kinds/core/pod/validation/pod.ts';

type AnyPod = DeepReadonly<Pod>;
type Requirements = DeepReadonly<ResourceRequirements> | undefined;
type List = Readonly<Record<string, string | number>> | undefined;

const onlyResources = 'only cpu and memory resources are mutable';

export function validateResize(pod: AnyPod, old: AnyPod): FieldError[] {
  if (old.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined)
    return [fieldError.forbidden('', 'static pods cannot be resized')];
  if (old.spec.os?.name === 'windows') return [fieldError.forbidden('', 'windows pods cannot be resized')];
  const before = { spec: old.spec, annotations: old.metadata.annotations };
  return validateLeniently(before, (lenient) => {
    const errors: FieldError[] = [];
    checkPod(errors, pod, lenient);
    checkResize(errors, pod, old);
    return errors;
  });
}

function checkResize(errors: FieldError[], pod: AnyPod, old: AnyPod): void {
  if ((old.status?.qosClass ?? qosClass(old)) !== qosClass(pod)) {
    const text = 'Pod QOS Class may not change as a result of resizing';
    errors.push(fieldError.invalid('spec', pod.status?.qosClass ?? '', text));
  }
  const running = old.status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  if (running !== undefined && running.resources === undefined)
    errors.push(fieldError.forbidden('spec', 'Pod running on node without support for resize'));
  checkPodLevel(errors, pod.spec.resources, old.spec.resources);
  const count = errors.length;
  checkOrder(errors, pod.spec.containers, old.spec.containers, 'containers');
  checkOrder(errors, pod.spec.initContainers, old.spec.initContainers, 'initContainers');
  if (errors.length > count) return;
  old.spec.initContainers?.forEach((container, i) => {
    const own = pod.spec.initContainers?.[i];
    if (container.restartPolicy === 'Always')
      checkKept(errors, own?.resources, container.resources, `spec.initContainers[${i}].resources`);
  });
  old.spec.containers.forEach((container, i) =>
    checkKept(errors, pod.spec.containers[i]?.resources, container.resources, `spec.containers[${i}].resources`),
  );
  checkOthers(errors, pod, old);
}

function checkOthers(errors: FieldError[], pod: AnyPod, old: AnyPod): void {
  pod.spec.containers.forEach((container, i) => {
    if (!isSameButResources(container, old.spec.containers[i]))
      errors.push(fieldError.forbidden('spec', onlyResources));
  });
  pod.spec.initContainers?.forEach((container, i) => {
    const before = old.spec.initContainers?.[i];
    const text = 'only cpu and memory resources for init or sidecar containers are mutable';
    if (container.restartPolicy !== 'Always') {
      if (!semanticEqual(container, before))
        errors.push(fieldError.forbidden('spec', 'resources for non-sidecar init containers are immutable'));
    } else if (!isSameButResources(container, before))
      errors.push(fieldError.forbidden(`spec.initContainers[${i}]`, text));
  });
}

function isSameButResources(container: AnyContainer, old: AnyContainer | undefined): boolean {
  const resources = withOldAmounts(container.resources, old?.resources);
  return semanticEqual({ ...container, resources }, old);
}

function withOldAmounts(resources: Requirements, old: Requirements): Requirements {
  const limits = mixed(resources?.limits, old?.limits);
  const requests = mixed(resources?.requests, old?.requests);
  const has = (list: List): boolean => Object.keys(list ?? {}).length > 0;
  return { ...(has(limits) ? { limits } : {}), ...(has(requests) ? { requests } : {}) };
}

function mixed(list: List, old: List): Record<string, string | number> {
  const result: Record<string, string | number> = { ...list };
  for (const name of ['cpu', 'memory']) {
    delete result[name];
    if (old?.[name] !== undefined) result[name] = old[name];
  }
  return result;
}

function checkKept(errors: FieldError[], resources: Requirements, old: Requirements, path: string): void {
  if (hasRemoved(resources?.requests, old?.requests))
    errors.push(fieldError.forbidden(`${path}.requests`, 'resource requests cannot be removed'));
  if (hasRemoved(resources?.limits, old?.limits))
    errors.push(fieldError.forbidden(`${path}.limits`, 'resource limits cannot be removed'));
}

function hasRemoved(list: List, old: List): boolean {
  for (const name in old) if (list?.[name] === undefined) return true;
  return false;
}

function checkPodLevel(errors: FieldError[], resources: Requirements, old: Requirements): void {
  if (old !== undefined && resources === undefined) {
    errors.push(fieldError.forbidden('spec.resources', 'pod-level resources cannot be removed'));
    return;
  }
  if (hasRemoved(resources?.requests, old?.requests))
    errors.push(fieldError.forbidden('spec.resources.requests', 'pod-level resource requests cannot be removed'));
  if (hasRemoved(resources?.limits, old?.limits))
    errors.push(fieldError.forbidden('spec.resources.limits', 'pod-level resource limits cannot be removed'));
  if (resources !== undefined && !semanticEqual({ ...resources, ...withOldAmounts(resources, old) }, { ...old }))
    errors.push(fieldError.forbidden('spec', 'only cpu and memory resources are mutable at pod-level'));
}

type Containers = readonly AnyContainer[] | undefined;

function checkOrder(errors: FieldError[], list: Containers, old: Containers, field: string): void {
  if ((list ?? []).length !== (old ?? []).length) {
    errors.push(fieldError.forbidden(`spec.${field}`, `${field} may not be added or removed on resize`));
    return;
  }
  old?.forEach(({ name }, i) => {
    const text = `${field} may not be renamed or reordered on resize`;
    if (list?.[i]?.name !== name) errors.push(fieldError.forbidden(`spec.${field}[${i}].name`, text));
  });
}
