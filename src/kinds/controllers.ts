/** All built-in controllers, in the order in which they start. The garbage collector runs beside them (#controller/garbage-collector). */
import type { Controller } from '#controller/controller.ts';
import { daemonSetController } from '#kinds/apps/daemonset/controller.ts';
import { deploymentController } from '#kinds/apps/deployment/controller.ts';
import { replicaSetController } from '#kinds/apps/replicaset/controller.ts';
import { statefulSetController } from '#kinds/apps/statefulset/controller.ts';
import { cronJobController } from '#kinds/batch/cronjob/controller.ts';
import { jobController } from '#kinds/batch/job/controller.ts';
import { ttlAfterFinishedController } from '#kinds/batch/job/ttl-controller.ts';
import { rootCAPublisher } from '#kinds/core/configmap/root-ca-controller.ts';
import { endpointsController } from '#kinds/core/endpoints/controller.ts';
import { namespaceController } from '#kinds/core/namespace/controller.ts';
import { nodeLifecycleController } from '#kinds/core/node/controller.ts';
import { podGCController } from '#kinds/core/pod/pod-gc-controller.ts';
import { taintEvictionController } from '#kinds/core/pod/taint-eviction-controller.ts';
import { replicationControllerController } from '#kinds/core/replicationcontroller/controller.ts';
import { serviceAccountController } from '#kinds/core/serviceaccount/controller.ts';
import { endpointSliceController } from '#kinds/discovery/endpointslice/controller.ts';
import { endpointSliceMirroringController } from '#kinds/discovery/endpointslice/mirroring-controller.ts';
import { disruptionController } from '#kinds/policy/poddisruptionbudget/controller.ts';
import { clusterRoleAggregationController } from '#kinds/rbac/clusterrole/controller.ts';

export interface ControllerOptions {
  /** PEM: what kube-root-ca.crt holds. */
  readonly rootCA: string;
}

/** New ones: some remember what they have seen. */
export function createControllers(options: ControllerOptions): readonly Controller[] {
  return [
    serviceAccountController,
    rootCAPublisher(options.rootCA),
    namespaceController,
    nodeLifecycleController(),
    taintEvictionController,
    podGCController(),
    replicaSetController,
    deploymentController,
    daemonSetController(),
    statefulSetController,
    replicationControllerController,
    jobController,
    cronJobController,
    ttlAfterFinishedController,
    endpointsController,
    endpointSliceController,
    endpointSliceMirroringController,
    clusterRoleAggregationController,
    disruptionController,
  ];
}
