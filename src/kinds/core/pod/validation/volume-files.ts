/** Rules of single files of volumes: keys of config maps and secrets, and fields of the pod. */
import type { DownwardAPIVolumeFile, KeyToPath } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { checkPresent } from '#kinds/core/pod/validation/context.ts';
import { checkFieldRef, checkResourceFieldRef } from '#kinds/core/pod/validation/env.ts';
import { checkMode, checkNonReservedPath } from '#kinds/core/pod/validation/file-path.ts';

const fileFields = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
] as const;

export function checkKeyToPath(errors: FieldError[], item: DeepReadonly<KeyToPath>, path: string): void {
  const { key, path: file = '', mode } = item;
  checkPresent(errors, key, `${path}.key`);
  checkPresent(errors, file, `${path}.path`);
  checkNonReservedPath(errors, file, `${path}.path`);
  checkMode(errors, mode, `${path}.mode`);
}

/** Upstream gives the path of the volume's source for every file of it. */
export function checkDownwardApiFile(
  errors: FieldError[],
  file: DeepReadonly<DownwardAPIVolumeFile>,
  path: string,
): void {
  const { path: name = '', fieldRef, resourceFieldRef, mode } = file;
  checkPresent(errors, name, `${path}.path`);
  checkNonReservedPath(errors, name, `${path}.path`);
  if (fieldRef !== undefined) {
    checkFieldRef(errors, fieldRef, `${path}.fieldRef`, fileFields);
    const text = 'fieldRef and resourceFieldRef can not be specified simultaneously';
    if (resourceFieldRef !== undefined) errors.push(fieldError.invalid(path, 'resource', text));
  } else if (resourceFieldRef !== undefined)
    checkResourceFieldRef(errors, resourceFieldRef, `${path}.resourceFieldRef`, { isFile: true });
  else errors.push(fieldError.required(path, 'one of fieldRef and resourceFieldRef is required'));
  checkMode(errors, mode, `${path}.mode`);
}
