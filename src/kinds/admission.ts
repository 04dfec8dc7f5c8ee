/** The built-in admission plugins, in upstream's order. */
import type { AdmissionPlugin } from '#api/resource.ts';
import { defaultTolerationSeconds } from '#kinds/admission/default-toleration-seconds.ts';
import { limitRanger } from '#kinds/admission/limit-ranger.ts';
import { namespaceLifecycle } from '#kinds/admission/namespace-lifecycle.ts';
import { nodeRestriction } from '#kinds/admission/node-restriction.ts';
import { priorityAdmission } from '#kinds/admission/priority.ts';
import { runtimeClassAdmission } from '#kinds/admission/runtime-class.ts';
import { serviceAccountAdmission } from '#kinds/admission/service-account.ts';
import { taintNodesByCondition } from '#kinds/admission/taint-nodes-by-condition.ts';

export const admissionPlugins: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccountAdmission,
  nodeRestriction,
  taintNodesByCondition,
  priorityAdmission,
  defaultTolerationSeconds,
  runtimeClassAdmission,
];
