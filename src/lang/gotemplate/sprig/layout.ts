/** Go's time layouts: `Mon Jan 2 15:04:05 MST 2006` is the pattern. */
export interface Zoned {
  /** Since the epoch. */
  readonly nanos: bigint;
  readonly offsetMinutes: number;
  readonly zone: string;
}

const months = 'January February March April May June July August September October November December'.split(' ');
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const token =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|_2006|_2|__2|002|Z070000|Z07:00:00|Z0700|Z07:00|Z07|-07:00:00|-070000|-07:00|-0700|-07|0[1-6]|[,.](?:0+|9+)(?!\d)|15|PM|pm|[1-5]/g;

/** A moment by a layout. */
export function formatTime(at: Zoned, layout: string): string {
  const shift = BigInt(at.offsetMinutes) * 60_000_000_000n;
  const local = at.nanos + shift;
  const ms = local >= 0n ? local / 1_000_000n : -((-local + 999_999n) / 1_000_000n);
  const date = new Date(Number(ms));
  const nanos = ((local % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return layout.replace(token, (part) => formatPart(part, { at, date, nanos }));
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function formatPart(part: string, now: { at: Zoned; date: Date; nanos: bigint }): string {
  const { date, at } = now;
  const month = months[date.getUTCMonth()] as string;
  const day = days[date.getUTCDay()] as string;
  const hour12 = date.getUTCHours() % 12 || 12;
  if (/^[,.]/.test(part)) return fraction(part, now.nanos);
  if (/^[Z-]/.test(part)) return offset(part, at.offsetMinutes);
  const yearDay = Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
  const parts: Readonly<Record<string, string>> = {
    January: month,
    Jan: month.slice(0, 3),
    '1': String(date.getUTCMonth() + 1),
    '01': two(date.getUTCMonth() + 1),
    Monday: day,
    Mon: day.slice(0, 3),
    '2': String(date.getUTCDate()),
    _2: String(date.getUTCDate()).padStart(2),
    '02': two(date.getUTCDate()),
    '002': String(yearDay).padStart(3, '0'),
    __2: String(yearDay).padStart(3),
    '15': two(date.getUTCHours()),
    '3': String(hour12),
    '03': two(hour12),
    '4': String(date.getUTCMinutes()),
    '04': two(date.getUTCMinutes()),
    '5': String(date.getUTCSeconds()),
    '05': two(date.getUTCSeconds()),
    '2006': String(date.getUTCFullYear()).padStart(4, '0'),
    _2006: `_${String(date.getUTCFullYear()).padStart(4, '0')}`,
    '06': two(date.getUTCFullYear() % 100),
    PM: date.getUTCHours() >= 12 ? 'PM' : 'AM',
    pm: date.getUTCHours() >= 12 ? 'pm' : 'am',
    MST: at.zone,
  };
  return parts[part] ?? part;
}

function fraction(part: string, nanos: bigint): string {
  const digits = nanos
    .toString()
    .padStart(9, '0')
    .slice(0, part.length - 1);
  if (part[1] === '0') return part[0] + digits;
  const short = digits.replace(/0+$/, '');
  return short === '' ? '' : part[0] + short;
}

function offset(part: string, minutes: number): string {
  if (part.startsWith('Z') && minutes === 0) return 'Z';
  const size = Math.abs(minutes);
  const hours = two(Math.floor(size / 60));
  const rest = two(size % 60);
  const colon = part.includes(':') ? ':' : '';
  const sign = minutes < 0 ? '-' : '+';
  if (part.length === 3) return sign + hours;
  return sign + hours + colon + rest + (part.length > 6 ? `${colon}00` : '');
}

/** A text by a layout, in UTC where it names no zone; a string is the error. */
export function parseTime(layout: string, text: string): Zoned | string {
  const names: string[] = [];
  let last = 0;
  let pattern = '';
  for (const match of layout.matchAll(token)) {
    pattern += escape(layout.slice(last, match.index)) + patternOf(match[0]);
    names.push(match[0]);
    last = match.index + match[0].length;
  }
  const found = new RegExp(`^${pattern}${escape(layout.slice(last))}$`, 'i').exec(text);
  if (found === null) {
    return `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(text)} as ${JSON.stringify(layout)}`;
  }
  const value = (...keys: string[]): string | undefined => found[names.findIndex((name) => keys.includes(name)) + 1];
  return assemble((...keys) => (names.some((name) => keys.includes(name)) ? value(...keys) : undefined), found, names);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function patternOf(part: string): string {
  if (/^[,.]/.test(part)) return '((?:[.,]\\d+)?)';
  if (part.startsWith('Z')) return '(Z|[+-]\\d\\d:?\\d\\d)';
  if (part.startsWith('-')) return '([+-]\\d\\d(?::?\\d\\d)?)';
  if (part === 'January') return `(${months.join('|')})`;
  if (part === 'Jan') return `(${months.map((name) => name.slice(0, 3)).join('|')})`;
  if (part === 'Monday') return `(${days.join('|')})`;
  if (part === 'Mon') return '([a-z]{3})';
  if (part === 'MST') return '([A-Z]{3,4})';
  if (part === 'PM' || part === 'pm') return '(AM|PM)';
  if (part === '2006') return '(\\d{4})';
  return part.length === 1 || part.startsWith('_') || part === '15' ? '\\s*(\\d{1,2})' : `(\\d{${part.length}})`;
}

function assemble(
  value: (...keys: string[]) => string | undefined,
  found: readonly string[],
  names: readonly string[],
): Zoned {
  const monthName = value('January', 'Jan');
  const month =
    monthName === undefined
      ? Number(value('01', '1') ?? 1)
      : months.findIndex((name) => name.slice(0, 3).toLowerCase() === monthName.slice(0, 3).toLowerCase()) + 1;
  const short = value('06');
  const year = Number(value('2006') ?? (short === undefined ? 0 : Number(short) + (Number(short) >= 69 ? 1900 : 2000)));
  const half = value('PM', 'pm')?.toUpperCase();
  let hour = Number(value('15') ?? value('03', '3') ?? 0);
  if (half === 'PM' && hour < 12) hour += 12;
  if (half === 'AM' && hour === 12) hour = 0;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, Number(value('02', '2', '_2') ?? 1));
  date.setUTCHours(hour, Number(value('04', '4') ?? 0), Number(value('05', '5') ?? 0));
  const fractionAt = names.findIndex((name) => /^[,.]/.test(name));
  const nanos = BigInt((fractionAt < 0 ? '' : (found[fractionAt + 1] ?? '').slice(1)).padEnd(9, '0').slice(0, 9));
  const zoneAt = names.findIndex((name) => /^[Z-]/.test(name));
  const zone = zoneAt < 0 ? 'Z' : (found[zoneAt + 1] ?? 'Z');
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  const minutes = match === null ? 0 : (Number(match[2]) * 60 + Number(match[3] ?? 0)) * (match[1] === '-' ? -1 : 1);
  return {
    nanos: (BigInt(date.getTime()) - BigInt(minutes) * 60_000n) * 1_000_000n + nanos,
    offsetMinutes: minutes,
    zone: minutes === 0 ? 'UTC' : offset('-0700', minutes),
  };
}
