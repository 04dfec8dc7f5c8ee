/** pods/binding: a write to a pod with a body of its own kind. */
import type { Pod } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import type { CustomSubresource, HookCall } from '#api/resource.ts';
import type { HasMetadata, KubeObject, ObjectKey } from '#api/object.ts';
import { badRequest, conflict, fieldError, type FieldError, invalid } from '#api/status.ts';
import { timestamp } from '#base/clock.ts';

interface BindingBody extends KubeObject {
  target?: { kind?: string; name?: string };
}

const success: HasMetadata = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  code: 201,
} as HasMetadata;

export const bindingSubresource: CustomSubresource<Pod> = {
  kind: 'Binding',
  verbs: ['create'],
  schema: 'io.k8s.api.core.v1.Binding',
  create: bind,
};

/** Puts a pod on a node: once, and never on a pod that is being deleted. */
export async function bind(key: ObjectKey, body: BindingBody, call: HookCall): Promise<HasMetadata> {
  const errors = validateBinding(body);
  if (errors.length > 0) throw invalid({ group: '', kind: 'Binding' }, body.metadata?.name ?? '', errors);
  if ((body.metadata.name ?? key.name) !== key.name)
    throw badRequest('name in URL does not match name in Binding object');
  const nodeName = body.target?.name ?? '';
  await call.writer.update(
    pods,
    key,
    (pod) => {
      refuse(pod, key.name, body.metadata.uid);
      pod.spec.nodeName = nodeName;
      for (const [name, value] of Object.entries(body.metadata.annotations ?? {})) {
        pod.metadata.annotations ??= {};
        pod.metadata.annotations[name] = value;
      }
      markScheduled(pod, timestamp(call.nowMs));
      return pod;
    },
    { dryRun: call.dryRun, subresource: 'binding' },
  );
  return success;
}

function validateBinding(body: BindingBody): FieldError[] {
  const { kind = '', name = '' } = body.target ?? {};
  if (kind !== '' && kind !== 'Node') return [fieldError.notSupported('target.kind', kind, ['Node', '<empty>'])];
  return name === '' ? [fieldError.required('target.name')] : [];
}

/** What errors name. */
const podsBinding = { group: '', plural: 'pods/binding' };

function refuse(pod: Pod, name: string, uid: string | undefined): void {
  if (uid !== undefined && uid !== '' && uid !== pod.metadata.uid) {
    throw conflict(
      podsBinding,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
    );
  }
  if (pod.metadata.deletionTimestamp !== undefined)
    throw conflict(podsBinding, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  const assigned = pod.spec.nodeName;
  if (assigned !== undefined && assigned !== '')
    throw conflict(podsBinding, name, `pod ${name} is already assigned to node "${assigned}"`);
  if ((pod.spec.schedulingGates ?? []).length > 0)
    throw conflict(podsBinding, name, `pod ${name} has non-empty .spec.schedulingGates`);
}

function markScheduled(pod: Pod, now: string): void {
  pod.status ??= {};
  const others = (pod.status.conditions ?? []).filter((condition) => condition.type !== 'PodScheduled');
  pod.status.conditions = [
    ...others,
    { type: 'PodScheduled', status: 'True', lastProbeTime: null as unknown as string, lastTransitionTime: now },
  ];
}
