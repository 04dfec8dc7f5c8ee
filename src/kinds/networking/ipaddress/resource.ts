/** IPAddresses: who uses which address of the cluster. @see https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ip-address-v1/ */
import { ipaddresses } from '#api/generated/resources.ts';
import type { IPAddress } from '#api/generated/networking/v1.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isDNS1123Subdomain, isPathSegmentName } from '#api/meta/names.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { fieldIsImmutable } from '#api/meta/object-meta.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { printedParentReference } from '#kinds/internal-print.ts';
import { validateIp } from '#kinds/ip-validation.ts';

export const ipAddress: Resource<IPAddress> = {
  ...ipaddresses,
  singular: 'ipaddress',
  shortNames: ['ip'],
  schema: 'io.k8s.api.networking.v1.IPAddress',
  metadataOnUpdate: 'object-change',
  generation: false,
  allowUnconditionalUpdate: true,
  generatesBareNames: true,
  validateName: (name) => validateIp(name, '').map(({ detail }) => detail),
  validate: (object) => validateParent(object.spec?.parentRef),
  validateUpdate: (object, old) =>
    semanticEqual(object.spec?.parentRef, old.spec?.parentRef)
      ? []
      : [fieldError.invalid('spec.parentRef', printedParentReference(object.spec?.parentRef), fieldIsImmutable)],
  columns: [{ name: 'ParentRef', type: 'string', value: ({ spec }) => parentText(spec?.parentRef) }, ageColumn],
};

type Parent = DeepReadonly<NonNullable<IPAddress['spec']>['parentRef']> | undefined;

function validateParent(parent: Parent): FieldError[] {
  const path = 'spec.parentRef';
  if (parent === undefined || parent === null) return [fieldError.required(path)];
  const errors: FieldError[] = [];
  const { group = '', resource = '', name = '', namespace = '' } = parent;
  const check = (field: string, value: string, messages: readonly string[]): void => {
    for (const message of messages) errors.push(fieldError.invalid(`${path}.${field}`, value, message));
  };
  if (group !== '') check('group', group, isDNS1123Subdomain(group));
  if (resource === '') errors.push(fieldError.required(`${path}.resource`));
  else check('resource', resource, isPathSegmentName(resource));
  if (name === '') errors.push(fieldError.required(`${path}.name`));
  else check('name', name, isPathSegmentName(name));
  if (namespace !== '') check('namespace', namespace, isPathSegmentName(namespace));
  return errors;
}

/** `services/default/web`, `gateways.example.com/web`. */
function parentText(parent: Parent): string {
  if (parent === undefined || parent === null) return '';
  const { group = '', resource = '', name = '', namespace = '' } = parent;
  const prefix = group === '' ? resource : `${resource}.${group}`;
  return namespace === '' ? `${prefix}/${name}` : `${prefix}/${namespace}/${name}`;
}
