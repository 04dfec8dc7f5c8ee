/**
 * Query parameters as metav1's option types, with upstream's conversions and checks. Booleans: anything but 'false' and
 * '0' is true; only the first of repeated values counts; a number that cannot be read is a 400.
 */
import { badRequest, fieldError, type FieldError, invalid } from '#api/status.ts';
import { validateFieldManager } from '#api/meta/object-meta.ts';

/** The query of a request, read once. */
export type Query = URLSearchParams;

const emptyQuery: Query = new URLSearchParams();

export function parseQuery(text: string): Query {
  if (text === '') return emptyQuery;
  return new URLSearchParams(/[%;]/.test(text) ? wellFormed(text) : text);
}

/** Go drops parameters with escapes it cannot read, and those with a semicolon. */
function wellFormed(text: string): string {
  const parameters = text.split('&').filter((each) => !each.includes(';') && !/%(?![0-9A-Fa-f]{2})/.test(each));
  return parameters.join('&');
}

export function booleanParameter(query: Query, name: string): boolean | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  const text = value.toLowerCase();
  return text !== 'false' && text !== '0';
}

/** Throws 400 with Go's words. */
export function integerParameter(query: Query, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (!/^[+-]?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  const number = Number(value);
  if (Math.abs(number) > 2 ** 63) throw badRequest(`strconv.ParseInt: parsing "${value}": value out of range`);
  return number;
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** CreateOptions, UpdateOptions and PatchOptions have these in common. */
export interface WriteQuery {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** Apply only. */
  readonly force: boolean | undefined;
}

const plainWrite: WriteQuery = { dryRun: false, fieldManager: '', fieldValidation: 'Warn', force: undefined };

/** Throws 422 for options that do not hold. */
export function writeQuery(
  query: Query,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  patchKind?: 'apply' | 'other',
): WriteQuery {
  if (query.size === 0 && patchKind !== 'apply') return plainWrite;
  const fieldManager = query.get('fieldManager') ?? '';
  const validation = query.get('fieldValidation') ?? '';
  const force = booleanParameter(query, 'force');
  const dryRun = query.getAll('dryRun');
  const errors: FieldError[] = [];
  if (patchKind === 'apply' && fieldManager === '')
    errors.push(fieldError.required('fieldManager', 'is required for apply patch'));
  if (patchKind === 'other' && force !== undefined)
    errors.push(fieldError.forbidden('force', 'may not be specified for non-apply patch'));
  errors.push(...validateFieldManager(fieldManager), ...validateDryRun(dryRun), ...validateValidation(validation));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: validation === '' ? 'Warn' : (validation as FieldValidation),
    force,
  };
}

export function validateDryRun(values: readonly string[]): FieldError[] {
  return values.every((value) => value === 'All') ? [] : [fieldError.notSupported('dryRun', values, ['All'])];
}

function validateValidation(value: string): FieldError[] {
  if (['', 'Strict', 'Warn', 'Ignore'].includes(value)) return [];
  return [fieldError.notSupported('fieldValidation', value, ['', 'Ignore', 'Strict', 'Warn'])];
}
