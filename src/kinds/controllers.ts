/** All built-in controllers, in the order in which they start. */
import type { Controller } from '#controller/controller.ts';
import { deploymentController } from '#kinds/apps/deployment/controller.ts';
import { replicaSetController } from '#kinds/apps/replicaset/controller.ts';
import { endpointsController } from '#kinds/core/endpoints/controller.ts';
import { replicationControllerController } from '#kinds/core/replicationcontroller/controller.ts';
import { endpointSliceController } from '#kinds/discovery/endpointslice/controller.ts';

export const controllers: readonly Controller[] = [
  replicaSetController,
  deploymentController,
  replicationControllerController,
  endpointsController,
  endpointSliceController,
];
