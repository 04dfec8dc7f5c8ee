/** LimitRanges. @see https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/limit-range-v1/ */
import type { LimitRange, LimitRangeItem } from '#api/generated/core/v1.ts';
import { limitranges } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { validateLimitRange } from '#kinds/core/limitrange/validation.ts';
import { roundResourceList } from '#kinds/core/pod/resource-defaults.ts';

export const limitRange: Resource<LimitRange> = {
  ...limitranges,
  singular: 'limitrange',
  shortNames: ['limits'],
  schema: 'io.k8s.api.core.v1.LimitRange',
  metadataOnUpdate: 'object',
  generation: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  defaults(object) {
    for (const item of object.spec?.limits ?? []) defaultItem(item);
  },
  validate: validateLimitRange,
  columns: [{ name: 'Created At', type: 'date', value: (object) => object.metadata.creationTimestamp ?? '' }],
};

/** For containers the most is the default limit, and the default limit or the least the default request. */
function defaultItem(item: LimitRangeItem): void {
  for (const list of [item.max, item.min, item.default, item.defaultRequest, item.maxLimitRequestRatio])
    roundResourceList(list);
  if (item.type !== 'Container') return;
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}
