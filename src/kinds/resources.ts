/** Every built-in resource, in the order discovery shows them within their groups. */
import type { Resource } from '#api/resource.ts';
import { selfSubjectReview } from '#kinds/authentication/selfsubjectreview/resource.ts';
import { tokenReview } from '#kinds/authentication/tokenreview/resource.ts';
import { localSubjectAccessReview } from '#kinds/authorization/localsubjectaccessreview/resource.ts';
import { selfSubjectAccessReview } from '#kinds/authorization/selfsubjectaccessreview/resource.ts';
import { selfSubjectRulesReview } from '#kinds/authorization/selfsubjectrulesreview/resource.ts';
import { subjectAccessReview } from '#kinds/authorization/subjectaccessreview/resource.ts';
import { deployment } from '#kinds/apps/deployment/resource.ts';
import { replicaSet } from '#kinds/apps/replicaset/resource.ts';
import { node } from '#kinds/core/node/resource.ts';
import { pod } from '#kinds/core/pod/resource.ts';
import { lease } from '#kinds/coordination/lease/resource.ts';
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
import { priorityClass } from '#kinds/scheduling/priorityclass/resource.ts';

/** A list of kinds of different types: each is only ever called with its own objects. */
const all: readonly unknown[] = [
  namespace,
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
];

export const resources = all as readonly Resource[];
