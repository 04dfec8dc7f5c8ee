/** Columns that workloads with a pod template share. */
import type { LabelSelector } from '#api/object.ts';
import type { PodTemplateSpec } from '#api/generated/core/v1.ts';
import type { Column } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { formatLabelSelector } from '#api/meta/label-selector.ts';

interface Workload {
  spec?: { template?: PodTemplateSpec; selector?: LabelSelector };
}

export const templateColumns: readonly Column<Workload>[] = [
  {
    name: 'Containers',
    type: 'string',
    priority: 1,
    value: (object) =>
      containers(object)
        .map((container) => container.name)
        .join(),
  },
  {
    name: 'Images',
    type: 'string',
    priority: 1,
    value: (object) =>
      containers(object)
        .map((container) => container.image ?? '')
        .join(),
  },
  {
    name: 'Selector',
    type: 'string',
    priority: 1,
    value: (object) => formatLabelSelector(object.spec?.selector),
  },
];

function containers(object: DeepReadonly<Workload>): readonly { readonly name: string; readonly image?: string }[] {
  return object.spec?.template?.spec?.containers ?? [];
}
