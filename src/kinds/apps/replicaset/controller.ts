/** The ReplicaSet controller. @see https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/ */
import type { ReplicaSet } from '#api/generated/apps/v1.ts';
import { replicasets } from '#api/generated/resources.ts';
import { selectorOf } from '#api/meta/label-selector.ts';
import { replicaController } from '#kinds/apps/replicaset/replicas.ts';

export const replicaSetController = replicaController<ReplicaSet>({
  controllerName: 'replicaset-controller',
  resource: replicasets,
  selector: (owner) => selectorOf(owner.spec?.selector),
  countsTerminating: true,
});
