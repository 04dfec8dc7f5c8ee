/** ControllerRevisions: what DaemonSets and StatefulSets remember of their templates. */
import type { ControllerRevision } from '#api/generated/apps/v1.ts';
import { controllerrevisions } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import { controllerOf } from '#api/meta/owner-references.ts';
import { fieldIsImmutable, validateNonNegative } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';

export const controllerRevision: Resource<ControllerRevision> = {
  ...controllerrevisions,
  singular: 'controllerrevision',
  schema: 'io.k8s.api.apps.v1.ControllerRevision',
  metadataOnUpdate: 'change-object',
  generation: false,
  allowUnconditionalUpdate: true,
  validate: ({ revision }) => validateNonNegative(revision, 'revision'),
  validateCreate: validateData,
  validateUpdate: ({ data }, old) =>
    jsonEqual(data, old.data) ? [] : [fieldError.invalid('data', data, fieldIsImmutable)],
  columns: [
    { name: 'Controller', type: 'string', value: controllerText },
    { name: 'Revision', type: 'string', value: ({ revision }) => revision ?? 0 },
    ageColumn,
  ],
};

function validateData({ data }: DeepReadonly<ControllerRevision>): FieldError[] {
  if (data === undefined || data === null) return [fieldError.required('data', 'data is mandatory')];
  const isObject = typeof data === 'object' && !Array.isArray(data);
  return isObject ? [] : [fieldError.required('data', 'data must be a valid JSON object')];
}

/** `daemonset.apps/web`. */
function controllerText(object: DeepReadonly<ControllerRevision>): string {
  const owner = controllerOf(object);
  if (owner === undefined) return '<none>';
  const [group, version] = owner.apiVersion.split('/');
  return `${owner.kind.toLowerCase()}${version === undefined ? '' : `.${group}`}/${owner.name}`;
}
