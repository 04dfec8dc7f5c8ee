/** Every built-in resource, in the order discovery shows them within their groups. */
import type { Resource } from '#api/resource.ts';
import { selfSubjectReview } from '#kinds/authentication/selfsubjectreview/resource.ts';
import { tokenReview } from '#kinds/authentication/tokenreview/resource.ts';
import { localSubjectAccessReview } from '#kinds/authorization/localsubjectaccessreview/resource.ts';
import { selfSubjectAccessReview } from '#kinds/authorization/selfsubjectaccessreview/resource.ts';
import { selfSubjectRulesReview } from '#kinds/authorization/selfsubjectrulesreview/resource.ts';
import { subjectAccessReview } from '#kinds/authorization/subjectaccessreview/resource.ts';
import { controllerRevision } from '#kinds/apps/controllerrevision/resource.ts';
import { daemonSet } from '#kinds/apps/daemonset/resource.ts';
import { statefulSet } from '#kinds/apps/statefulset/resource.ts';
import { podTemplate } from '#kinds/core/podtemplate/resource.ts';
import { replicationController } from '#kinds/core/replicationcontroller/resource.ts';
import { deployment } from '#kinds/apps/deployment/resource.ts';
import { replicaSet } from '#kinds/apps/replicaset/resource.ts';
import { node } from '#kinds/core/node/resource.ts';
import { pod } from '#kinds/core/pod/resource.ts';
import { job } from '#kinds/batch/job/resource.ts';
import { cronJob } from '#kinds/batch/cronjob/resource.ts';
import { podDisruptionBudget } from '#kinds/policy/poddisruptionbudget/resource.ts';
import { ingress } from '#kinds/networking/ingress/resource.ts';
import { ingressClass } from '#kinds/networking/ingressclass/resource.ts';
import { networkPolicy } from '#kinds/networking/networkpolicy/resource.ts';
import { runtimeClass } from '#kinds/node/runtimeclass/resource.ts';
import { limitRange } from '#kinds/core/limitrange/resource.ts';
import { resourceQuota } from '#kinds/core/resourcequota/resource.ts';
import { persistentVolume } from '#kinds/core/persistentvolume/resource.ts';
import { persistentVolumeClaim } from '#kinds/core/persistentvolumeclaim/resource.ts';
import { storageClass } from '#kinds/storage/storageclass/resource.ts';
import { csiDriver } from '#kinds/storage/csidriver/resource.ts';
import { csiNode } from '#kinds/storage/csinode/resource.ts';
import { csiStorageCapacity } from '#kinds/storage/csistoragecapacity/resource.ts';
import { volumeAttachment } from '#kinds/storage/volumeattachment/resource.ts';
import { volumeAttributesClass } from '#kinds/storage/volumeattributesclass/resource.ts';
import { horizontalPodAutoscaler } from '#kinds/autoscaling/horizontalpodautoscaler/resource.ts';
import { lease } from '#kinds/coordination/lease/resource.ts';
import { binding } from '#kinds/core/binding/resource.ts';
import { componentStatus } from '#kinds/core/componentstatus/resource.ts';
import { configMap } from '#kinds/core/configmap/resource.ts';
import { endpoints } from '#kinds/core/endpoints/resource.ts';
import { event } from '#kinds/core/event/resource.ts';
import { namespace } from '#kinds/core/namespace/resource.ts';
import { secret } from '#kinds/core/secret/resource.ts';
import { service } from '#kinds/core/service/resource.ts';
import { serviceAccount } from '#kinds/core/serviceaccount/resource.ts';
import { endpointSlice } from '#kinds/discovery/endpointslice/resource.ts';
import { eventsEvent } from '#kinds/events/event/resource.ts';
import { ipAddress } from '#kinds/networking/ipaddress/resource.ts';
import { serviceCIDR } from '#kinds/networking/servicecidr/resource.ts';
import { clusterRole } from '#kinds/rbac/clusterrole/resource.ts';
import { clusterRoleBinding } from '#kinds/rbac/clusterrolebinding/resource.ts';
import { role } from '#kinds/rbac/role/resource.ts';
import { roleBinding } from '#kinds/rbac/rolebinding/resource.ts';
import { deviceClass } from '#kinds/resource/deviceclass/resource.ts';
import { resourceClaim } from '#kinds/resource/resourceclaim/resource.ts';
import { resourceClaimTemplate } from '#kinds/resource/resourceclaimtemplate/resource.ts';
import { resourceSlice } from '#kinds/resource/resourceslice/resource.ts';
import { certificateSigningRequest } from '#kinds/certificates/certificatesigningrequest/resource.ts';
import { flowSchema } from '#kinds/flowcontrol/flowschema/resource.ts';
import { priorityLevelConfiguration } from '#kinds/flowcontrol/prioritylevelconfiguration/resource.ts';
import { priorityClass } from '#kinds/scheduling/priorityclass/resource.ts';

/** A list of kinds of different types: each is only ever called with its own objects. */
const all: readonly unknown[] = [
  namespace,
  binding,
  componentStatus,
  configMap,
  secret,
  serviceAccount,
  service,
  endpoints,
  event,
  endpointSlice,
  eventsEvent,
  lease,
  serviceCIDR,
  ipAddress,
  role,
  roleBinding,
  clusterRole,
  clusterRoleBinding,
  priorityClass,
  tokenReview,
  selfSubjectReview,
  subjectAccessReview,
  selfSubjectAccessReview,
  localSubjectAccessReview,
  selfSubjectRulesReview,
  pod,
  node,
  deployment,
  replicaSet,
  daemonSet,
  statefulSet,
  controllerRevision,
  replicationController,
  podTemplate,
  job,
  cronJob,
  podDisruptionBudget,
  ingress,
  ingressClass,
  networkPolicy,
  runtimeClass,
  limitRange,
  resourceQuota,
  persistentVolume,
  persistentVolumeClaim,
  storageClass,
  csiDriver,
  csiNode,
  csiStorageCapacity,
  volumeAttachment,
  volumeAttributesClass,
  horizontalPodAutoscaler,
  deviceClass,
  resourceClaim,
  resourceClaimTemplate,
  resourceSlice,
  flowSchema,
  priorityLevelConfiguration,
  certificateSigningRequest,
];

export const resources = all as readonly Resource[];
