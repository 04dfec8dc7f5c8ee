/** ComponentStatuses: deprecated; the parts of the control plane are one process here, which is well if it answers. */
import type { ComponentStatus } from '#api/generated/core/v1.ts';
import { componentstatuses } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';

const components = ['controller-manager', 'scheduler', 'etcd-0'];

export const componentStatus: Resource<ComponentStatus> = {
  ...componentstatuses,
  singular: 'componentstatus',
  shortNames: ['cs'],
  schema: 'io.k8s.api.core.v1.ComponentStatus',
  verbs: ['get', 'list'],
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  computed: () =>
    components.map((name) => ({
      apiVersion: 'v1',
      kind: 'ComponentStatus',
      metadata: { name },
      conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
    })),
  columns: [
    { name: 'Status', type: 'string', value: healthOf },
    { name: 'Message', type: 'string', value: ({ conditions }) => conditions?.[0]?.message ?? '' },
    { name: 'Error', type: 'string', value: ({ conditions }) => conditions?.[0]?.error ?? '' },
  ],
};

function healthOf({ conditions }: { readonly conditions?: readonly { readonly status: string }[] }): string {
  return conditions?.[0]?.status === 'True' ? 'Healthy' : 'Unhealthy';
}
