/** Times as Go's encoding/json reads and writes them: RFC 3339, fraction without trailing zeros. */

/** Go's zero time. */
export const zeroTime = '0001-01-01T00:00:00Z';

const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

/** The text that Go prints of a time it read; undefined if Go cannot read it. */
export function normalizeTime(text: string): string | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, seconds = '', fraction = '', zone = ''] = match;
  if (Number.isNaN(Date.parse(`${seconds}Z`))) return undefined;
  const digits = fraction.slice(0, 9).replace(/0+$/, '');
  return `${seconds}${digits && `.${digits}`}${zone === '+00:00' || zone === '-00:00' ? 'Z' : zone}`;
}

/** A moment with the zone's offset east of Greenwich, in minutes. */
export function goTime(nowMs: number, offsetMinutes: number): string {
  const shifted = new Date(nowMs + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const size = Math.abs(offsetMinutes);
  const two = (number: number): string => String(Math.trunc(number)).padStart(2, '0');
  const zone = offsetMinutes === 0 ? 'Z' : `${offsetMinutes < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`;
  return normalizeTime(`${shifted}${zone}`) ?? zeroTime;
}
