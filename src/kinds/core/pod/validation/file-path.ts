/** Rules of paths inside volumes, and of the modes of the files there. */
import { fieldError, type FieldError } from '#api/status.ts';

const maxMode = 0o777;
const modeText = 'must be a number between 0 and 0777 (octal), both inclusive';

export function checkMode(errors: FieldError[], mode: number | undefined, path: string): void {
  if (mode !== undefined && (mode > maxMode || mode < 0)) errors.push(fieldError.invalid(path, mode, modeText));
}

export function checkNoBacksteps(errors: FieldError[], value: string, path: string): void {
  if (hasBacksteps(value)) errors.push(fieldError.invalid(path, value, "must not contain '..'"));
}

export function hasBacksteps(value: string): boolean {
  return value.includes('..') && value.split('/').includes('..');
}

/** Relative, and does not leave its folder. */
export function checkDescendingPath(errors: FieldError[], value: string, path: string): void {
  if (value.startsWith('/')) errors.push(fieldError.invalid(path, value, 'must be a relative path'));
  checkNoBacksteps(errors, value, path);
}

/** As {@link checkDescendingPath}; names that begin with two dots are the kubelet's. */
export function checkNonReservedPath(errors: FieldError[], value: string, path: string): void {
  checkDescendingPath(errors, value, path);
  if (value.startsWith('..') && !value.startsWith('../'))
    errors.push(fieldError.invalid(path, value, "must not start with '..'"));
}
