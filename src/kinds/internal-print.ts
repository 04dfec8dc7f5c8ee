/**
 * Values as upstream's internal types print them: Go's own field names, every field, absent ones as zero. Messages about
 * immutable fields show them so.
 */
import type { ObjectReference } from '#api/generated/core/v1.ts';
import type { LabelSelector } from '#api/object.ts';
import type { ParentReference } from '#api/generated/networking/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';

export function printedObjectReference(reference: DeepReadonly<ObjectReference> | undefined): object | null {
  if (reference === undefined || reference === null) return null;
  return {
    Kind: reference.kind ?? '',
    Namespace: reference.namespace ?? '',
    Name: reference.name ?? '',
    UID: reference.uid ?? '',
    APIVersion: reference.apiVersion ?? '',
    ResourceVersion: reference.resourceVersion ?? '',
    FieldPath: reference.fieldPath ?? '',
  };
}

/** Fields in Go's order, labels by name. */
export function printedLabelSelector(selector: DeepReadonly<LabelSelector> | undefined): object | null {
  if (selector === undefined || selector === null) return null;
  const { matchLabels, matchExpressions } = selector;
  const byName = (a: readonly [string, string], b: readonly [string, string]): number => (a[0] < b[0] ? -1 : 1);
  const printed: Record<string, unknown> = {};
  if (matchLabels !== undefined) printed['matchLabels'] = Object.fromEntries(Object.entries(matchLabels).sort(byName));
  if (matchExpressions !== undefined)
    printed['matchExpressions'] = matchExpressions.map(({ key, operator, values }) => ({ key, operator, values }));
  return printed;
}

export function printedParentReference(reference: DeepReadonly<ParentReference> | undefined): object | null {
  if (reference === undefined || reference === null) return null;
  const { group = '', resource = '', namespace = '', name = '' } = reference;
  return { Group: group, Resource: resource, Namespace: namespace, Name: name };
}
