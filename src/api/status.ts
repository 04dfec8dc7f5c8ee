/**
 * Errors of the API: Kubernetes' `Status`. One class, one constructor and one predicate per reason; the messages are
 * upstream's, character for character.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
import { writtenInt64 } from '#base/exact-json.ts';
import { goQuote } from '#lang/gotemplate/quote.ts';
import { groupResource } from '#api/resource-ref.ts';

export type StatusReason =
  | ''
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Invalid'
  | 'ServerTimeout'
  | 'StorageReadError'
  | 'Timeout'
  | 'TooManyRequests'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'Expired'
  | 'ServiceUnavailable';

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: StatusReason;
  details?: StatusDetails;
  code?: number;
}

/** An answer that is not success. Thrown anywhere between the chain and a hook; rendered in one place. */
export class StatusError extends Error {
  override name = 'StatusError';
  readonly code: number;
  readonly reason: StatusReason;
  readonly details: StatusDetails | undefined;
  /** ListMeta of the Status; only an expired continue token uses it. */
  readonly meta: Status['metadata'];

  constructor(
    code: number,
    reason: StatusReason,
    message: string,
    details?: StatusDetails,
    meta: Status['metadata'] = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.meta = meta;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.meta,
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }

  static fromStatus(status: Status): StatusError {
    return new StatusError(
      status.code ?? 500,
      status.reason ?? '',
      status.message ?? '',
      status.details,
      status.metadata,
    );
  }
}

/** What a message names: `pods "a" not found`, `deployments.apps "a" not found`. */
export interface GroupResource {
  readonly group: string;
  readonly plural: string;
}

function detailsOf(resource: GroupResource, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
  };
}

export function notFound(resource: GroupResource, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${groupResource(resource)} "${name}" not found`, detailsOf(resource, name));
}

export function alreadyExists(resource: GroupResource, name: string): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${groupResource(resource)} "${name}" already exists`,
    detailsOf(resource, name),
  );
}

/** A write built on an old version, or a failed precondition. `why` is upstream's inner error text. */
export function conflict(resource: GroupResource, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${groupResource(resource)} "${name}": ${why}`;
  return new StatusError(409, 'Conflict', message, detailsOf(resource, name));
}

export const objectModified =
  'the object has been modified; please apply your changes to the latest version and try again';

/** A rejection by authorization or admission; `why` is the whole inner text. */
export function forbidden(resource: GroupResource, name: string, why: string): StatusError {
  const subject =
    resource.plural === ''
      ? 'forbidden'
      : name === ''
        ? `${groupResource(resource)} is forbidden`
        : `${groupResource(resource)} "${name}" is forbidden`;
  return new StatusError(403, 'Forbidden', `${subject}: ${why}`, detailsOf(resource, name));
}

export function unauthorized(message = 'Unauthorized'): StatusError {
  return new StatusError(401, 'Unauthorized', message);
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function methodNotAllowed(resource: GroupResource, action: string): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    `${action} is not supported on resources of kind "${groupResource(resource)}"`,
    detailsOf(resource, ''),
  );
}

/** The stored version is older than the history kept. */
export function expired(message: string, meta: Status['metadata'] = {}): StatusError {
  return new StatusError(410, 'Expired', message, undefined, meta);
}

export function internalError(message: string): StatusError {
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError(429, 'TooManyRequests', message, { retryAfterSeconds });
}

export function serviceUnavailable(message: string): StatusError {
  return new StatusError(503, 'ServiceUnavailable', message);
}

export function timeout(message: string, retryAfterSeconds = 0): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: ${message}`, retryAfterSeconds > 0 ? { retryAfterSeconds } : {});
}

/** Fields of an object that do not hold; `kind` is printed as `Pod` or `Deployment.apps`. */
export function invalid(
  kind: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const kindText = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const list = errors.map(fieldErrorText);
  const unique = [...new Set(list)];
  const joined = unique.length === 0 ? '<nil>' : unique.length === 1 ? unique[0] : `[${unique.join(', ')}]`;
  const causes = errors.map((error) => ({ reason: error.type, message: fieldErrorBody(error), field: error.field }));
  const details: StatusDetails = {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    ...(kind.kind === '' ? {} : { kind: kind.kind }),
  };
  if (causes.length > 0) details.causes = causes;
  return new StatusError(422, 'Invalid', `${kindText} "${name}" is invalid: ${joined}`, details);
}

export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueNotFound'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

/**
 * One broken rule of one field. Validation returns a list of them and never throws.
 * `badValue` is printed as Go prints it: strings quoted, numbers and booleans bare, null as null, others as JSON.
 */
export interface FieldError {
  readonly type: FieldErrorType;
  /** `spec.containers[0].name`, `metadata.labels`, `spec.selector[app]`. */
  readonly field: string;
  readonly badValue?: unknown;
  readonly detail: string;
}

const typeText: Record<FieldErrorType, string> = {
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueNotFound: 'Not found',
  FieldValueTypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
};

function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

/** The text behind the field's path. */
export function fieldErrorBody(error: FieldError): string {
  const type = typeText[error.type];
  const hasValue = ![
    'FieldValueRequired',
    'FieldValueForbidden',
    'FieldValueTooLong',
    'FieldValueTooMany',
    'InternalError',
  ].includes(error.type);
  const head = hasValue ? `${type}: ${goValue(error.badValue)}` : type;
  return error.detail === '' ? head : `${head}: ${error.detail}`;
}

function goValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number') return writtenInt64(value);
  if (typeof value === 'boolean') return String(value);
  return JSON.stringify(value);
}

export const fieldError = {
  required: (field: string, detail = ''): FieldError => ({ type: 'FieldValueRequired', field, detail }),
  duplicate: (field: string, badValue: unknown): FieldError => ({
    type: 'FieldValueDuplicate',
    field,
    badValue,
    detail: '',
  }),
  invalid: (field: string, badValue: unknown, detail: string): FieldError => ({
    type: 'FieldValueInvalid',
    field,
    badValue,
    detail,
  }),
  forbidden: (field: string, detail: string): FieldError => ({ type: 'FieldValueForbidden', field, detail }),
  notFound: (field: string, badValue: unknown): FieldError => ({
    type: 'FieldValueNotFound',
    field,
    badValue,
    detail: '',
  }),
  typeInvalid: (field: string, badValue: unknown, detail: string): FieldError => ({
    type: 'FieldValueTypeInvalid',
    field,
    badValue,
    detail,
  }),
  notSupported: (field: string, badValue: unknown, valid: readonly string[]): FieldError => ({
    type: 'FieldValueNotSupported',
    field,
    badValue,
    detail: valid.length === 0 ? '' : `supported values: ${valid.map((value) => JSON.stringify(value)).join(', ')}`,
  }),
  tooLong: (field: string, maxLength: number): FieldError => ({
    type: 'FieldValueTooLong',
    field,
    detail: `may not be more than ${maxLength} bytes`,
  }),
  tooMany: (field: string, actual: number, max: number): FieldError => ({
    type: 'FieldValueTooMany',
    field,
    badValue: actual,
    detail: `must have at most ${max} ${max === 1 ? 'item' : 'items'}`,
  }),
  internal: (field: string, detail: string): FieldError => ({ type: 'InternalError', field, detail }),
};

export function isStatusError(error: unknown): error is StatusError {
  return error instanceof StatusError;
}
const hasReason = (error: unknown, reason: StatusReason): boolean => isStatusError(error) && error.reason === reason;
export const isNotFound = (error: unknown): boolean => hasReason(error, 'NotFound');
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists');
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict');
export const isForbidden = (error: unknown): boolean => hasReason(error, 'Forbidden');
export const isInvalid = (error: unknown): boolean => hasReason(error, 'Invalid');
export const isExpired = (error: unknown): boolean => hasReason(error, 'Expired') || hasReason(error, 'Gone');
export const isTooManyRequests = (error: unknown): boolean => hasReason(error, 'TooManyRequests');
