/** Secrets. @see https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/ */
import { secrets } from '#api/generated/resources.ts';
import type { Secret } from '#api/generated/core/v1.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import { isConfigMapKey } from '#api/meta/names.ts';
import { fieldIsImmutable } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { base64Length, decodeText, encodeText, maxSecretBytes } from '#kinds/core/secret/data.ts';
import { goJsonError } from '#kinds/core/secret/go-json-error.ts';

const serviceAccountName = 'kubernetes.io/service-account.name';

export const secret: Resource<Secret> = {
  ...secrets,
  singular: 'secret',
  schema: 'io.k8s.api.core.v1.Secret',
  metadataOnUpdate: 'change-object',
  generation: false,
  allowUnconditionalUpdate: true,
  defaults(object) {
    if ((object.type ?? '') === '') object.type = 'Opaque';
    takeStringData(object);
  },
  validate,
  validateUpdate,
  warnings: keyPairWarnings,
  selectableFieldNames: ['type'],
  selectableFields: (object) => ({ type: object.type ?? '' }),
  columns: [
    { name: 'Type', type: 'string', value: (object) => object.type ?? '' },
    { name: 'Data', type: 'string', value: (object) => Object.keys(object.data ?? {}).length },
    ageColumn,
  ],
};

/** stringData is for writing only: its values become part of data. */
function takeStringData(object: Secret): void {
  if (object.stringData === undefined) return;
  const entries = Object.entries(object.stringData);
  if (entries.length > 0) {
    object.data ??= {};
    for (const [key, value] of entries) object.data[key] = encodeText(value);
  }
  delete object.stringData;
}

function validate(object: DeepReadonly<Secret>): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(object.data ?? {})) {
    for (const message of isConfigMapKey(key)) errors.push(fieldError.invalid(`data[${key}]`, key, message));
    size += base64Length(value);
  }
  if (size > maxSecretBytes) errors.push(fieldError.tooLong('data', maxSecretBytes));
  errors.push(...validateType(object));
  return errors;
}

function validateType(object: DeepReadonly<Secret>): FieldError[] {
  const data = object.data ?? {};
  const missing = (...keys: string[]): FieldError[] =>
    keys.filter((key) => !Object.hasOwn(data, key)).map((key) => fieldError.required(`data[${key}]`));
  switch (object.type) {
    case 'kubernetes.io/service-account-token':
      if ((object.metadata.annotations?.[serviceAccountName] ?? '') !== '') return [];
      return [fieldError.required(`metadata.annotations[${serviceAccountName}]`)];
    case 'kubernetes.io/dockercfg':
      return validateJson(data, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return validateJson(data, '.dockerconfigjson');
    case 'kubernetes.io/basic-auth': {
      const absent = missing('username', 'password');
      return absent.length === 2 ? absent : [];
    }
    case 'kubernetes.io/ssh-auth':
      return (data['ssh-privatekey'] ?? '') === '' ? [fieldError.required('data[ssh-privatekey]')] : [];
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key');
    default:
      return [];
  }
}

function validateJson(data: Readonly<Record<string, string>>, key: string): FieldError[] {
  if (!Object.hasOwn(data, key)) return [fieldError.required(`data[${key}]`)];
  const problem = goJsonError(decodeText(data[key] ?? ''));
  return problem === '' ? [] : [fieldError.invalid(`data[${key}]`, '<secret contents redacted>', problem)];
}

function validateUpdate(object: DeepReadonly<Secret>, old: DeepReadonly<Secret>): FieldError[] {
  const errors: FieldError[] = [];
  if ((object.type ?? '') !== (old.type ?? ''))
    errors.push(fieldError.invalid('type', object.type ?? '', fieldIsImmutable));
  if (old.immutable !== true) return errors;
  const text = 'field is immutable when `immutable` is set';
  if (object.immutable !== true) errors.push(fieldError.forbidden('immutable', text));
  if (!jsonEqual(object.data ?? {}, old.data ?? {})) errors.push(fieldError.forbidden('data', text));
  return errors;
}

/** A TLS secret without PEM in it will serve nobody. Whether key and certificate belong together is not checked. */
function keyPairWarnings({ type, data = {} }: DeepReadonly<Secret>, _old?: DeepReadonly<Secret>): string[] {
  if (type !== 'kubernetes.io/tls') return [];
  const hasPem = (key: string): boolean => /-----BEGIN [^-]+-----[^-]*-----END /.test(decodeText(data[key] ?? ''));
  if (!hasPem('tls.crt')) return ['tls: failed to find any PEM data in certificate input'];
  return hasPem('tls.key') ? [] : ['tls: failed to find any PEM data in key input'];
}
