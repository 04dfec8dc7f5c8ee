/** Pods. @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
import type { Pod } from '#api/generated/core/v1.ts';
import { pods } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { bindingSubresource } from '#kinds/core/pod/binding.ts';
import { podColumns } from '#kinds/core/pod/columns.ts';
import { defaultPod } from '#kinds/core/pod/defaults.ts';
import { evictionSubresource } from '#kinds/core/pod/eviction.ts';
import {
  prepareEphemeralUpdate,
  prepareNewPod,
  preparePodUpdate,
  prepareResize,
  prepareStatusUpdate,
} from '#kinds/core/pod/preparation.ts';
import { containerStream, portForwardStream, proxyStream } from '#kinds/core/pod/streams.ts';
import { validateNewPod } from '#kinds/core/pod/validation/pod.ts';
import { validateResize } from '#kinds/core/pod/validation/resize.ts';
import { validatePodStatus } from '#kinds/core/pod/validation/status.ts';
import { validateEphemeralUpdate, validatePodUpdate } from '#kinds/core/pod/validation/update.ts';
import { podWarnings } from '#kinds/core/pod/warnings.ts';

export const pod: Resource<Pod> = {
  ...pods,
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  schema: 'io.k8s.api.core.v1.Pod',
  metadataOnUpdate: 'change-object',
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,
  defaults: defaultPod,
  prepareForCreate: prepareNewPod,
  prepareForUpdate: preparePodUpdate,
  validateCreate: validateNewPod,
  validateUpdate: validatePodUpdate,
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
    status: { prepareForUpdate: prepareStatusUpdate, validateUpdate: validatePodStatus },
    binding: bindingSubresource,
    eviction: evictionSubresource,
    log: { kind: 'Pod', verbs: ['get'], stream: containerStream('log') },
    exec: { kind: 'PodExecOptions', verbs: ['create', 'get'], stream: containerStream('exec') },
    attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'], stream: containerStream('attach') },
    portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'], stream: portForwardStream },
    proxy: { kind: 'PodProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'], stream: proxyStream },
    ephemeralcontainers: {
      kind: 'Pod',
      verbs: ['get', 'patch', 'update'],
      update: { prepareForUpdate: prepareEphemeralUpdate, validateUpdate: validateEphemeralUpdate },
    },
    resize: {
      kind: 'Pod',
      verbs: ['get', 'patch', 'update'],
      update: { metadataOnUpdate: 'change-object', prepareForUpdate: prepareResize, validateUpdate: validateResize },
    },
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
