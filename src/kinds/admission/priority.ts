/** Priority: pods get the numbers of their priority class. @see https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/ */
import { priorityclasses } from '#api/generated/resources.ts';
import type { Pod } from '#api/generated/core/v1.ts';
import type { PriorityClass } from '#api/generated/scheduling/v1.ts';
import type { AdmissionAttributes, AdmissionPlugin, HookCall, Reader } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isResource, reject } from '#kinds/admission/forbid.ts';

export const priorityAdmission: AdmissionPlugin = {
  name: 'Priority',
  handles: (operation, attributes) =>
    (operation === 'CREATE' || operation === 'UPDATE') &&
    attributes.subresource === '' &&
    (isResource(attributes, '', 'pods') || isResource(attributes, 'scheduling.k8s.io', 'priorityclasses')),
  mutate(attributes, call) {
    if (!isResource(attributes, '', 'pods')) return;
    if (attributes.operation === 'UPDATE') keep(attributes);
    else resolve(attributes, call);
  },
  validate(attributes, call) {
    if (isResource(attributes, 'scheduling.k8s.io', 'priorityclasses')) checkDefault(attributes, call);
  },
};

/** An update that leaves the numbers out means the old ones. */
function keep({ object, old }: AdmissionAttributes): void {
  const spec = (object as unknown as Pod).spec;
  const before = (old as unknown as Pod | undefined)?.spec;
  if (spec === undefined) return;
  if (spec.priority === undefined && before?.priority !== undefined) spec.priority = before.priority;
  if (spec.preemptionPolicy === undefined && before?.preemptionPolicy !== undefined)
    spec.preemptionPolicy = before.preemptionPolicy;
}

function resolve(attributes: AdmissionAttributes, { reader }: HookCall): void {
  const { spec } = attributes.object as unknown as Pod;
  if (spec === undefined) return;
  const wanted = spec.priorityClassName ?? '';
  const found = wanted === '' ? defaultClass(reader) : reader.get(priorityclasses, { namespace: '', name: wanted });
  if (wanted !== '' && found === undefined) throw reject(attributes, `no PriorityClass with name ${wanted} was found`);
  if (wanted === '' && found !== undefined) spec.priorityClassName = found.metadata.name ?? '';
  const priority = found?.value ?? 0;
  if (spec.priority !== undefined && spec.priority !== priority) {
    const text = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`;
    throw reject(attributes, text);
  }
  spec.priority = priority;
  const policy = found === undefined ? 'PreemptLowerPriority' : found.preemptionPolicy;
  if (policy === undefined) return;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    const text = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`;
    throw reject(attributes, text);
  }
  spec.preemptionPolicy = policy;
}

/** Of several defaults the one with the lowest value. */
function defaultClass(reader: Reader): DeepReadonly<PriorityClass> | undefined {
  let found: DeepReadonly<PriorityClass> | undefined;
  for (const each of reader.list(priorityclasses))
    if (each.globalDefault === true && (found === undefined || (found.value ?? 0) > (each.value ?? 0))) found = each;
  return found;
}

function checkDefault(attributes: AdmissionAttributes, { reader }: HookCall): void {
  const object = attributes.object as unknown as PriorityClass;
  if (object.globalDefault !== true) return;
  const present = defaultClass(reader);
  if (present === undefined) return;
  if (attributes.operation === 'UPDATE' && present.metadata.name === object.metadata.name) return;
  const text = `PriorityClass ${present.metadata.name} is already marked as default. Only one default can exist`;
  throw reject(attributes, text);
}
