/** DefaultTolerationSeconds: pods stay five minutes on a node that is not ready or not reachable, unless they say otherwise. */
import type { Pod, Toleration } from '#api/generated/core/v1.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '#api/resource.ts';
import { isResource } from '#kinds/admission/forbid.ts';

const seconds = 300;
const keys = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] as const;

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: (operation, attributes) =>
    (operation === 'CREATE' || operation === 'UPDATE') &&
    attributes.subresource === '' &&
    isResource(attributes, '', 'pods'),
  mutate: tolerate,
};

function tolerate({ object }: AdmissionAttributes): void {
  const { spec } = object as unknown as Pod;
  if (spec === undefined) return;
  const present = spec.tolerations ?? [];
  const missing = keys.filter((key) => !present.some((toleration) => covers(toleration, key)));
  if (missing.length === 0) return;
  spec.tolerations = [
    ...present,
    ...missing.map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds })),
  ];
}

function covers({ key = '', effect }: Toleration, wanted: string): boolean {
  return (key === wanted || key === '') && (effect === 'NoExecute' || effect === undefined);
}
