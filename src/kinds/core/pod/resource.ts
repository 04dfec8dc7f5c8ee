/** Pods. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
import type { Pod } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';
import { bindingSubresource, evictionSubresource } from '#kinds/core/pod/binding.ts';
import { podColumns } from '#kinds/core/pod/columns.ts';
import { defaultPod } from '#kinds/core/pod/defaults.ts';
import { dropDisabledFields } from '#kinds/core/pod/disabled-fields.ts';
import { podWarnings } from '#kinds/core/pod/warnings.ts';
import { validateNewPod } from '#kinds/core/pod/validation/pod.ts';
import { qosClass } from '#kinds/core/pod/qos.ts';
import { containerStream, portForwardStream, proxyStream } from '#kinds/core/pod/streams.ts';

export const pod: Resource<Pod> = {
  ...pods,
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  schema: 'io.k8s.api.core.v1.Pod',
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,
  defaults: defaultPod,
  prepareForCreate(object) {
    dropDisabledFields(object.spec);
    object.status = { phase: 'Pending', qosClass: qosClass(object) };
  },
  prepareForUpdate(object, old) {
    object.status = old.status as Mutable<Pod['status']>;
  },
  validateCreate: validateNewPod,
  warnings: (object, old) => (old === undefined ? podWarnings(object) : []),
  gracePeriodSeconds: podGracePeriod,
  selectableFieldNames: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  selectableFields: (object) => ({
    'spec.nodeName': object.spec?.nodeName ?? '',
    'spec.restartPolicy': object.spec?.restartPolicy ?? '',
    'spec.schedulerName': object.spec?.schedulerName ?? '',
    'spec.serviceAccountName': object.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': String(object.spec?.hostNetwork ?? false),
    'status.phase': object.status?.phase ?? '',
    'status.podIP': object.status?.podIP ?? object.status?.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': object.status?.nominatedNodeName ?? '',
  }),
  columns: podColumns,
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<Pod['spec']>;
        object.status ??= {};
        object.status.qosClass = old.status?.qosClass ?? qosClass(object);
      },
    },
    binding: bindingSubresource,
    eviction: evictionSubresource,
    log: { kind: 'Pod', verbs: ['get'], stream: containerStream('log') },
    exec: { kind: 'PodExecOptions', verbs: ['create', 'get'], stream: containerStream('exec') },
    attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'], stream: containerStream('attach') },
    portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'], stream: portForwardStream },
    proxy: { kind: 'PodProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'], stream: proxyStream },
    ephemeralcontainers: { kind: 'Pod', verbs: ['get', 'patch', 'update'], update: {} },
    resize: { kind: 'Pod', verbs: ['get', 'patch', 'update'], update: {} },
  },
};

/** Its own grace period unless asked otherwise; none for a pod that is on no node or has finished. */
function podGracePeriod(object: DeepReadonly<Pod>, requested: number | undefined): number {
  const period = requested ?? object.spec?.terminationGracePeriodSeconds ?? 30;
  if (period < 0) return 1;
  const isUnassigned = (object.spec?.nodeName ?? '') === '';
  const hasFinished = object.status?.phase === 'Failed' || object.status?.phase === 'Succeeded';
  return isUnassigned || hasFinished ? 0 : period;
}
