/** ConfigMaps. @see https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/config-map-v1/ */
import { configmaps } from '#api/generated/resources.ts';
import type { ConfigMap } from '#api/generated/core/v1.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import { isConfigMapKey, utf8Length } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { base64Length, maxSecretBytes } from '#kinds/core/secret/data.ts';

export const configMap: Resource<ConfigMap> = {
  ...configmaps,
  singular: 'configmap',
  shortNames: ['cm'],
  schema: 'io.k8s.api.core.v1.ConfigMap',
  metadataOnUpdate: 'change-object',
  generation: false,
  allowUnconditionalUpdate: true,
  validate,
  validateUpdate,
  columns: [
    {
      name: 'Data',
      type: 'string',
      value: ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    },
    ageColumn,
  ],
};

function validate({ data = {}, binaryData = {} }: DeepReadonly<ConfigMap>): FieldError[] {
  const errors: FieldError[] = [];
  let characters = 0;
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    for (const message of isConfigMapKey(key)) errors.push(fieldError.invalid(`data[${key}]`, key, message));
    if (Object.hasOwn(binaryData, key))
      errors.push(fieldError.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    characters += value.length;
  }
  for (const [key, value] of Object.entries(binaryData)) {
    for (const message of isConfigMapKey(key)) errors.push(fieldError.invalid(`binaryData[${key}]`, key, message));
    size += base64Length(value);
  }
  // A character is three bytes at most: they are only counted where there may be too many.
  if (size + 3 * characters > maxSecretBytes && size + textBytes(data) > maxSecretBytes)
    errors.push(fieldError.tooLong('[]', maxSecretBytes));
  return errors;
}

function textBytes(data: Readonly<Record<string, string>>): number {
  return Object.values(data).reduce((sum, value) => sum + utf8Length(value), 0);
}

function validateUpdate(object: DeepReadonly<ConfigMap>, old: DeepReadonly<ConfigMap>): FieldError[] {
  if (old.immutable !== true) return [];
  const text = 'field is immutable when `immutable` is set';
  const errors: FieldError[] = [];
  if (object.immutable !== true) errors.push(fieldError.forbidden('immutable', text));
  if (!jsonEqual(object.data ?? {}, old.data ?? {})) errors.push(fieldError.forbidden('data', text));
  if (!jsonEqual(object.binaryData ?? {}, old.binaryData ?? {})) errors.push(fieldError.forbidden('binaryData', text));
  return errors;
}
