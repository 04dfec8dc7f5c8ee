/** Bindings: the older way to put a pod on a node; pods/binding by another path. @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/binding-v1/ */
import type { Binding } from '#api/generated/core/v1.ts';
import { bindings } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import { bind } from '#kinds/core/pod/binding.ts';

export const binding: Resource<Binding> = {
  ...bindings,
  singular: 'binding',
  schema: 'io.k8s.api.core.v1.Binding',
  verbs: ['create'],
  virtual: async (object, call) => {
    const { name = '', namespace = '' } = object.metadata;
    return await bind({ name, namespace }, object as never, call);
  },
};
