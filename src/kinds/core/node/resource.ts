/** Nodes. @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/ */
import type { Node } from '#api/generated/core/v1.ts';
import { nodes } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import { ageColumn } from '#kinds/age-column.ts';

const roleLabel = 'node-role.kubernetes.io/';

export const node: Resource<Node> = {
  ...nodes,
  singular: 'node',
  shortNames: ['no'],
  schema: 'io.k8s.api.core.v1.Node',
  registryPath: 'minions',
  keepsStatusOnCreate: true,
  generation: false,
  allowUnconditionalUpdate: true,
  defaults(object) {
    object.spec ??= {};
    if (object.status?.allocatable === undefined && object.status?.capacity !== undefined)
      object.status.allocatable = { ...object.status.capacity };
  },
  prepareForUpdate(object, old) {
    object.status = old.status as Mutable<Node['status']>;
  },
  isVolatile: (object, old) => old !== undefined && onlyHeartbeats(object, old),
  selectableFieldNames: ['spec.unschedulable'],
  selectableFields: (object) => ({ 'spec.unschedulable': String(object.spec?.unschedulable ?? false) }),
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<Node['spec']>;
      },
    },
    proxy: { kind: 'NodeProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  },
  columns: [
    { name: 'Status', type: 'string', value: statusWord },
    { name: 'Roles', type: 'string', value: roles },
    ageColumn as never,
    { name: 'Version', type: 'string', value: (object) => object.status?.nodeInfo?.kubeletVersion ?? '' },
    { name: 'Internal-IP', type: 'string', priority: 1, value: (object) => address(object, 'InternalIP') },
    { name: 'External-IP', type: 'string', priority: 1, value: (object) => address(object, 'ExternalIP') },
    { name: 'OS-Image', type: 'string', priority: 1, value: (object) => orUnknown(object.status?.nodeInfo?.osImage) },
    {
      name: 'Kernel-Version',
      type: 'string',
      priority: 1,
      value: (object) => orUnknown(object.status?.nodeInfo?.kernelVersion),
    },
    {
      name: 'Container-Runtime',
      type: 'string',
      priority: 1,
      value: (object) => orUnknown(object.status?.nodeInfo?.containerRuntimeVersion),
    },
  ],
};

const orUnknown = (text: string | undefined): string => (text === undefined || text === '' ? '<unknown>' : text);

function address(object: DeepReadonly<Node>, type: string): string {
  return object.status?.addresses?.find((entry) => entry.type === type)?.address ?? '<none>';
}

function statusWord(object: DeepReadonly<Node>): string {
  const ready = object.status?.conditions?.find((condition) => condition.type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return object.spec?.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

function roles(object: DeepReadonly<Node>): string {
  const names = Object.entries(object.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(roleLabel) && key.length > roleLabel.length) return [key.slice(roleLabel.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return names.length === 0 ? '<none>' : [...new Set(names)].sort().join();
}

/** Nothing but the times of the conditions' heartbeats differs. */
function onlyHeartbeats(object: DeepReadonly<Node>, old: DeepReadonly<Node>): boolean {
  if (!jsonEqual(object.spec, old.spec) || !jsonEqual(object.metadata.labels, old.metadata.labels)) return false;
  if (!jsonEqual(object.metadata.annotations, old.metadata.annotations)) return false;
  const still = (status: DeepReadonly<Node>['status']): unknown => ({
    ...status,
    conditions: status?.conditions?.map((condition) => ({ ...condition, lastHeartbeatTime: '' })),
  });
  return jsonEqual(still(object.status), still(old.status));
}
