/** What the access reviews share: rules of their specs, the question they ask, and the answer. */
import type {
  FieldSelectorAttributes,
  NonResourceAttributes,
  ResourceAttributes,
  SubjectAccessReviewStatus,
} from '#api/generated/authorization/v1.ts';
import type { UserInfo } from '#api/handler.ts';
import type { ObjectMeta } from '#api/object.ts';
import type { AuthorizationAttributes, HookCall } from '#api/resource.ts';
import { semanticEqual } from '#api/meta/equality.ts';
import { isLabelValue, isQualifiedName } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';

/** Upstream forgets the kind when it refuses a review. */
export const reviewKind = { group: 'authorization.k8s.io', kind: '' };

export interface AccessSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

/** Exactly one of the two kinds of attributes. `user` are the errors that belong between. */
export function validateSpec(spec: AccessSpec, user: readonly FieldError[] = []): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceAttributes: resource, nonResourceAttributes: other } = spec;
  if (resource !== undefined && other !== undefined) {
    const text = 'cannot be specified in combination with resourceAttributes';
    errors.push(fieldError.invalid('spec.nonResourceAttributes', goFields(other), text));
  }
  if (resource === undefined && other === undefined) {
    const text = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    errors.push(fieldError.invalid('spec.resourceAttributes', null, text));
  }
  errors.push(...user);
  if (resource?.fieldSelector !== undefined)
    errors.push(...validateSelector(resource.fieldSelector, 'spec.resourceAttributes.fieldSelector', false));
  if (resource?.labelSelector !== undefined)
    errors.push(...validateSelector(resource.labelSelector, 'spec.resourceAttributes.labelSelector', true));
  return errors;
}

/** Upstream prints its internal struct here, whose fields are upper case. */
function goFields({ path = '', verb = '' }: NonResourceAttributes): object {
  return { Path: path, Verb: verb };
}

function validateSelector(selector: FieldSelectorAttributes, path: string, isLabel: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const { rawSelector = '', requirements = [] } = selector;
  if (rawSelector !== '' && requirements.length > 0) {
    const text = 'may not specified at the same time as requirements';
    errors.push(fieldError.invalid(`${path}.rawSelector`, rawSelector, text));
  }
  if (rawSelector === '' && requirements.length === 0) {
    const text = `when ${path} is specified, requirements or rawSelector is required`;
    errors.push(fieldError.required(`${path}.requirements`, text));
  }
  requirements.forEach(({ key = '', operator, values = [] }, i) => {
    const at = `${path}.requirements[${i}]`;
    if (!isLabel && key === '') errors.push(fieldError.required(`${at}.key`, 'must be specified'));
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
      errors.push(fieldError.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
      const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      errors.push(fieldError.forbidden(`${at}.values`, text));
    }
    if (!isLabel) return;
    for (const message of isQualifiedName(key)) errors.push(fieldError.invalid(`${at}.key`, key, message));
    values.forEach((value, n) => {
      for (const message of isLabelValue(value)) errors.push(fieldError.invalid(`${at}.values[${n}]`, value, message));
    });
  });
  return errors;
}

/** Reviews carry no metadata (besides a namespace, for local ones). */
export function validateMetadata(metadata: ObjectMeta | undefined, isLocal: boolean): FieldError[] {
  const { managedFields: _fields, namespace, ...rest } = metadata ?? {};
  const isEmpty = semanticEqual(rest, {}) && (isLocal || (namespace ?? '') === '');
  const text = isLocal ? 'must be empty except for namespace' : 'must be empty';
  return isEmpty ? [] : [fieldError.invalid('metadata', metadata, text)];
}

/** Asks the server's own authorizers. */
export function decide(spec: AccessSpec, user: UserInfo, call: HookCall): SubjectAccessReviewStatus {
  const { decision, reason } = call.authorizer.authorize(attributesOf(spec, user));
  return {
    allowed: decision === 'allow',
    ...(decision === 'deny' ? { denied: true } : {}),
    ...(reason === '' ? {} : { reason }),
  };
}

function attributesOf(
  { resourceAttributes, nonResourceAttributes }: AccessSpec,
  user: UserInfo,
): AuthorizationAttributes {
  if (resourceAttributes === undefined)
    return { user, verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' };
  const {
    verb = '',
    group = '',
    version = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
  } = resourceAttributes;
  const { fieldSelector, labelSelector } = resourceAttributes;
  return {
    user,
    verb,
    resource: {
      group,
      version,
      plural: resource,
      subresource,
      namespace,
      name,
      ...(fieldSelector?.rawSelector === undefined ? {} : { fieldSelector: fieldSelector.rawSelector }),
      ...(labelSelector?.rawSelector === undefined ? {} : { labelSelector: labelSelector.rawSelector }),
    },
  };
}
