/** Nodes. @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/ */
import type { Node, NodeSpec } from '#api/generated/core/v1.ts';
import { nodes } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { validateNode, validateNodeUpdate } from '#kinds/core/node/validation.ts';
import { roundResourceList } from '#kinds/core/pod/resource-defaults.ts';

const roleLabel = 'node-role.kubernetes.io/';

export const node: Resource<Node> = {
  ...nodes,
  singular: 'node',
  shortNames: ['no'],
  schema: 'io.k8s.api.core.v1.Node',
  metadataOnUpdate: 'object-change',
  registryPath: 'minions',
  keepsStatusOnCreate: true,
  generation: false,
  allowUnconditionalUpdate: true,
  defaults(object) {
    defaultRanges((object.spec ??= {}));
    roundResourceList(object.status?.capacity);
    roundResourceList(object.status?.allocatable);
    if (object.status?.allocatable === undefined && object.status?.capacity !== undefined)
      object.status.allocatable = { ...object.status.capacity };
  },
  prepareForCreate(object) {
    delete object.spec?.configSource;
    delete object.status?.config;
  },
  prepareForUpdate(object, old) {
    if (old.spec?.configSource === undefined) delete object.spec?.configSource;
    object.status = old.status as Mutable<Node['status']>;
  },
  validateCreate: validateNode,
  validateUpdate: (object, old) => [...validateNode(object), ...validateNodeUpdate(object, old)],
  warnings: nodeWarnings,
  isVolatile: (object, old) => old !== undefined && onlyHeartbeats(object, old),
  selectableFieldNames: ['spec.unschedulable'],
  selectableFields: (object) => ({ 'spec.unschedulable': String(object.spec?.unschedulable ?? false) }),
  subresources: {
    status: {
      validateUpdate: validateNodeUpdate,
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<Node['spec']>;
        if (old.status?.config === undefined) delete object.status?.config;
      },
    },
    proxy: { kind: 'NodeProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  },
  columns: [
    { name: 'Status', type: 'string', value: statusWord },
    { name: 'Roles', type: 'string', value: roles },
    ageColumn,
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

/** The older field is the first of the newer ones; where they differ it is the one that counts. */
function defaultRanges(spec: NodeSpec): void {
  const { podCIDR } = spec;
  if (podCIDR && spec.podCIDRs?.[0] !== podCIDR) spec.podCIDRs = [podCIDR];
  const first = spec.podCIDRs?.[0];
  if (first !== undefined) spec.podCIDR = first;
}

function nodeWarnings({ spec }: DeepReadonly<Node>): string[] {
  const list: string[] = [];
  if (spec?.configSource !== undefined) list.push('spec.configSource: the feature is removed');
  if ((spec?.externalID ?? '') !== '')
    list.push('spec.externalID: this field is deprecated, and is unused by Kubernetes');
  return list;
}

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
