/** TaintNodesByCondition: a new node takes no pods before it is ready. */
import type { Node } from '#api/generated/core/v1.ts';
import type { AdmissionPlugin } from '#api/resource.ts';
import { isResource } from '#kinds/admission/forbid.ts';

const key = 'node.kubernetes.io/not-ready';
const effect = 'NoSchedule';

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: (operation, attributes) =>
    operation === 'CREATE' && attributes.subresource === '' && isResource(attributes, '', 'nodes'),
  mutate({ object }) {
    const node = object as unknown as Node;
    const spec = (node.spec ??= {});
    const taints = spec.taints ?? [];
    if (!taints.some((taint) => taint.key === key && taint.effect === effect))
      spec.taints = [...taints, { key, effect }];
  },
};
