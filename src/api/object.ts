import type { ObjectMeta } from '#api/generated/meta/v1.ts';

/** Any object of the API, as JSON. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** What every typed kind has in common; generated interfaces are assignable to it. */
export interface HasMetadata {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** The name of an object in its resource. `namespace` is '' for cluster-scoped ones. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

export type { ObjectMeta, OwnerReference, LabelSelector, Condition } from '#api/generated/meta/v1.ts';
