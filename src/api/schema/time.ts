/**
 * Times as metav1.Time and MicroTime read and print them: RFC 3339 in, UTC out, with Go's texts for what is no time.
 */

/** A text that is no time; the message is Go's. */
export class TimeError extends Error {
  override name = 'TimeError';
}

const canonical = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const canonicalMicro = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;
const layout = '2006-01-02T15:04:05Z07:00';
const microLayout = '2006-01-02T15:04:05.000000Z07:00';
const zero = '0001-01-01T00:00:00';

/** `2026-01-02T03:04:05+02:00` → `2026-01-02T01:04:05Z`; undefined: Go's zero time. Throws {@link TimeError}. */
export function normalTime(text: string): string | undefined {
  if (canonical.test(text) && !text.startsWith(zero)) return text;
  const time = parseTime(text, layout);
  const result = `${utcSeconds(time)}Z`;
  return result.startsWith(zero) ? undefined : result;
}

/** The same with six digits of a second. Throws {@link TimeError}. */
export function normalMicroTime(text: string): string | undefined {
  if (canonicalMicro.test(text) && !text.startsWith(zero)) return text;
  const time = parseTime(text, microLayout);
  const micros = time.fraction.padEnd(6, '0').slice(0, 6);
  const seconds = utcSeconds(time);
  return seconds.startsWith(zero) && micros === '000000' ? undefined : `${seconds}.${micros}Z`;
}

interface ParsedTime {
  readonly seconds: number;
  readonly fraction: string;
}

function utcSeconds(time: ParsedTime): string {
  // The only Date here is arithmetic on a given time, not the clock.
  const iso = new Date(time.seconds * 1000).toISOString();
  return iso.slice(0, iso.indexOf('.'));
}

interface Part {
  readonly pattern: RegExp;
  /** As Go's layout names it. */
  readonly element: string;
  readonly max?: number;
  readonly range?: string;
}
const dateParts: readonly Part[] = [
  { pattern: /^\d{4}/, element: '2006' },
  { pattern: /^-/, element: '-' },
  { pattern: /^\d{2}/, element: '01', max: 12, range: 'month' },
  { pattern: /^-/, element: '-' },
  { pattern: /^\d{2}/, element: '02', max: 31 },
  { pattern: /^T/, element: 'T' },
  { pattern: /^\d{1,2}/, element: '15', max: 23, range: 'hour' },
  { pattern: /^:/, element: ':' },
  { pattern: /^\d{2}/, element: '04', max: 59, range: 'minute' },
  { pattern: /^:/, element: ':' },
  { pattern: /^\d{2}/, element: '05', max: 59, range: 'second' },
];

function parseTime(text: string, timeLayout: string): ParsedTime {
  const fail = (rest: string, element: string): never => {
    throw new TimeError(
      `parsing time ${goQuote(text)} as ${goQuote(timeLayout)}: cannot parse ${goQuote(rest)} as ${goQuote(element)}`,
    );
  };
  const outOfRange = (what: string): never => {
    throw new TimeError(`parsing time ${goQuote(text)}: ${what} out of range`);
  };
  let rest = text;
  const numbers: number[] = [];
  for (const part of dateParts) {
    const match = part.pattern.exec(rest);
    if (match === null) return fail(rest, part.element);
    rest = rest.slice(match[0].length);
    if (part.element.length === 1) continue;
    const number = Number(match[0]);
    if (part.range !== undefined && (number > (part.max ?? number) || (part.range === 'month' && number === 0)))
      outOfRange(part.range);
    numbers.push(number);
  }
  const fraction = timeLayout === microLayout ? /^[.,](\d{6})/.exec(rest) : /^[.,](\d+)/.exec(rest);
  if (fraction === null && timeLayout === microLayout) return fail(rest, '.000000');
  if (fraction !== null) rest = rest.slice(fraction[0].length);
  const zone = /^(?:Z|([+-])(\d\d):(\d\d))/.exec(rest);
  if (zone === null) return fail(rest, 'Z07:00');
  if (rest.length > zone[0].length)
    throw new TimeError(`parsing time ${goQuote(text)}: extra text: ${goQuote(rest.slice(zone[0].length))}`);
  const [year, month, day, hour, minute, second] = numbers as [number, number, number, number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (day < 1 || date.getUTCDate() !== day) outOfRange('day');
  if (Number(zone[2] ?? 0) > 24) outOfRange('time zone offset hour');
  if (Number(zone[3] ?? 0) > 60) outOfRange('time zone offset minute');
  const offset = (Number(zone[2] ?? 0) * 60 + Number(zone[3] ?? 0)) * 60 * (zone[1] === '-' ? -1 : 1);
  return {
    seconds: date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset,
    fraction: fraction?.[1] ?? '',
  };
}

function goQuote(text: string): string {
  return JSON.stringify(text);
}
