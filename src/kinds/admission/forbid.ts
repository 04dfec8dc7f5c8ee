/** How admission plugins reject. */
import type { AdmissionAttributes } from '#api/resource.ts';
import { forbidden, type StatusError } from '#api/status.ts';

/** Forbidden, naming the object: its name, the prefix of a name to be generated, or `Unknown`. */
export function reject({ key, object, resource }: AdmissionAttributes, why: string): StatusError {
  const { name = '', generateName = '' } = object?.metadata ?? {};
  const named = [key.name, name, generateName].find((each) => each !== '');
  return forbidden(resource, named ?? 'Unknown', why);
}

/** Is it this resource of this group? */
export function isResource({ resource }: AdmissionAttributes, group: string, plural: string): boolean {
  return resource.group === group && resource.plural === plural;
}
