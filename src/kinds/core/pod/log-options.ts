/** The query of pods/log, checked as upstream checks it: what cannot be read first, then what does not hold. */
import { badRequest, fieldError, type FieldError, invalid } from '#api/status.ts';
import { normalTime } from '#api/schema/time.ts';

/** Throws 400 and 422. */
export function checkLogOptions(options: URLSearchParams, name: string): void {
  const [tail, limit, since] = ['tailLines', 'limitBytes', 'sinceSeconds'].map((field) => integer(options, field));
  const time = options.get('sinceTime') ?? '';
  if (time !== '') checkTime(time);
  const errors: FieldError[] = [];
  if (tail !== undefined && tail < 0)
    errors.push(fieldError.invalid('tailLines', tail, 'must be greater than or equal to 0'));
  if (limit !== undefined && limit < 1) errors.push(fieldError.invalid('limitBytes', limit, 'must be greater than 0'));
  if (since !== undefined && time !== '')
    errors.push(fieldError.forbidden('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else if (since !== undefined && since < 1)
    errors.push(fieldError.invalid('sinceSeconds', since, 'must be greater than 0'));
  if ((options.get('stream') ?? '') !== '') errors.push(fieldError.forbidden('stream', 'may not be specified'));
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors);
}

function integer(options: URLSearchParams, field: string): number | undefined {
  const text = options.get(field);
  if (text === null) return undefined;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function checkTime(text: string): void {
  try {
    normalTime(text);
  } catch (error) {
    throw error instanceof Error ? badRequest(error.message) : error;
  }
}
