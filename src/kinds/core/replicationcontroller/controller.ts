/** The ReplicationController controller. @see https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/ */
import type { ReplicationController } from '#api/generated/core/v1.ts';
import { replicationcontrollers } from '#api/generated/resources.ts';
import { nothing, selectorFromLabels } from '#api/meta/label-selector.ts';
import type { ReplicaOwner } from '#kinds/apps/replicaset/replicas.ts';
import { replicaController } from '#kinds/apps/replicaset/replicas.ts';

export const replicationControllerController = replicaController<ReplicationController & ReplicaOwner>({
  controllerName: 'replication-controller',
  resource: replicationcontrollers,
  selector(owner) {
    const labels = owner.spec?.selector as Record<string, string> | undefined;
    return labels === undefined || Object.keys(labels).length === 0 ? nothing : selectorFromLabels(labels);
  },
  countsTerminating: false,
});
