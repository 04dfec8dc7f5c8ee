/** ResourceQuotas. @see https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/resource-quota-v1/ */
import type { ResourceQuota, ResourceQuotaSpec, ResourceQuotaStatus } from '#api/generated/core/v1.ts';
import { resourcequotas } from '#api/generated/resources.ts';
import type { Resource } from '#api/resource.ts';
import type { DeepReadonly, Mutable } from '#base/immutable.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { isQualifiedName } from '#api/meta/names.ts';
import { fieldIsImmutable } from '#api/meta/object-meta.ts';
import { fieldOrEmptied } from '#api/schema/normalize.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import { parseQuantity, quantityText } from '#lang/quantity/quantity.ts';
import { ageColumn } from '#kinds/age-column.ts';
import { roundResourceList } from '#kinds/core/pod/resource-defaults.ts';
import { checkQuantity } from '#kinds/core/pod/validation/resources.ts';
import { isStandardQuotaResource, isStandardResource } from '#kinds/core/resource-names.ts';

type AnyQuota = DeepReadonly<ResourceQuota>;
type ResourceList = Readonly<Record<string, string | number>> | undefined;

export const resourceQuota: Resource<ResourceQuota> = {
  ...resourcequotas,
  singular: 'resourcequota',
  shortNames: ['quota'],
  schema: 'io.k8s.api.core.v1.ResourceQuota',
  generation: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  defaults(object) {
    roundResourceList(object.spec?.hard);
    roundResourceList(object.status?.hard);
    roundResourceList(object.status?.used);
  },
  prepareForCreate(object) {
    object.status = {};
  },
  prepareForUpdate(object, old) {
    object.status = old.status as Mutable<ResourceQuotaStatus>;
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    checkList(errors, spec?.hard, 'spec.hard');
    return errors;
  },
  validateUpdate: ({ spec }, old) =>
    semanticEqual([...(spec?.scopes ?? [])].sort(), [...(old.spec?.scopes ?? [])].sort())
      ? []
      : [fieldError.invalid('spec.scopes', fieldOrEmptied(spec, 'scopes'), fieldIsImmutable)],
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        object.spec = old.spec as Mutable<ResourceQuotaSpec>;
      },
      validateUpdate({ status }) {
        const errors: FieldError[] = [];
        checkList(errors, status?.hard, 'status.hard');
        checkList(errors, status?.used, 'status.used');
        return errors;
      },
    },
  },
  columns: [
    { name: 'Request', type: 'string', value: (object) => usageText(object, false) },
    { name: 'Limit', type: 'string', value: (object) => usageText(object, true) },
    ageColumn,
  ],
};

function checkList(errors: FieldError[], list: ResourceList, path: string): void {
  for (const [name, amount] of Object.entries(list ?? {})) {
    const at = `${path}[${name}]`;
    const messages = isQualifiedName(name);
    for (const message of messages) errors.push(fieldError.invalid(at, name, message));
    if (messages.length === 0 && !name.includes('/') && !isStandardResource(name))
      errors.push(fieldError.invalid(at, name, 'must be a standard resource type or fully qualified'));
    if (!name.includes('/') && !isStandardQuotaResource(name))
      errors.push(fieldError.invalid(at, name, 'must be a standard resource for quota'));
    checkQuantity(errors, name, parseQuantity(amount), at);
  }
}

/** `cpu: 1/4, pods: 2/10`; limits have their own column. */
function usageText({ status }: AnyQuota, ofLimits: boolean): string {
  const text = (amount: string | number | undefined): string => quantityText(parseQuantity(amount ?? '0'));
  return Object.keys(status?.hard ?? {})
    .sort()
    .filter((name) => name.startsWith('limits.') === ofLimits)
    .map((name) => `${name}: ${text(status?.used?.[name])}/${text(status?.hard?.[name])}`)
    .join(', ');
}
