/** RuntimeClasses. @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/runtime-class-v1/ */
import type { RuntimeClass } from '#api/generated/node/v1.ts';
import { runtimeclasses } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { isDNS1123Label } from '#api/meta/names.ts';
import { fieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';

export const runtimeClass: Resource<RuntimeClass> = {
  ...runtimeclasses,
  singular: 'runtimeclass',
  schema: 'io.k8s.api.node.v1.RuntimeClass',
  metadataOnUpdate: 'object-change',
  generation: false,
  allowUnconditionalUpdate: true,
  validate: (object) =>
    isDNS1123Label(object.handler).map((message) => fieldError.invalid('handler', object.handler, message)),
  validateUpdate: (object, old) =>
    object.handler === old.handler ? [] : [fieldError.invalid('handler', object.handler, 'field is immutable')],
  columns: [{ name: 'Handler', type: 'string', value: (object) => object.handler }, ageColumn],
};
