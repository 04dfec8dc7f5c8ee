/** Go's time layouts: `Mon Jan 2 15:04:05 MST 2006` is the pattern. */
export interface Zoned {
  /** Since the epoch. */
  readonly nanos: bigint;
  readonly offsetMinutes: number;
  readonly zone: string;
}

/** From January on. */
export const months = 'January February March April May June July August September October November December'.split(
  ' ',
);
/** From Sunday on. */
export const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
/** The parts of a layout that stand for something. */
export const layoutToken =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|_2006|_2|__2|002|Z070000|Z07:00:00|Z0700|Z07:00|Z07|-07:00:00|-070000|-07:00|-0700|-07|0[1-6]|[,.](?:0+|9+)(?!\d)|15|PM|pm|[1-5]/g;

/** A moment by a layout. */
export function formatTime(at: Zoned, layout: string): string {
  const shift = BigInt(at.offsetMinutes) * 60_000_000_000n;
  const local = at.nanos + shift;
  const ms = local >= 0n ? local / 1_000_000n : -((-local + 999_999n) / 1_000_000n);
  const date = new Date(Number(ms));
  const nanos = ((local % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return layout.replace(layoutToken, (part) => formatPart(part, { at, date, nanos }));
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Date.UTC takes years below 100 for those of the 20th century. */
function newYear(date: Date): number {
  return new Date(0).setUTCFullYear(date.getUTCFullYear(), 0, 1);
}

function formatPart(part: string, now: { at: Zoned; date: Date; nanos: bigint }): string {
  const { date, at } = now;
  const month = months[date.getUTCMonth()] as string;
  const day = days[date.getUTCDay()] as string;
  const hour12 = date.getUTCHours() % 12 || 12;
  if (/^[,.]/.test(part)) return fraction(part, now.nanos);
  if (/^[Z-]/.test(part)) return offsetText(part, at.offsetMinutes);
  const yearDay = Math.floor((date.getTime() - newYear(date)) / 86_400_000) + 1;
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

/** `-0700` and its siblings. */
export function offsetText(part: string, minutes: number): string {
  if (part.startsWith('Z') && minutes === 0) return 'Z';
  const size = Math.abs(minutes);
  const hours = two(Math.floor(size / 60));
  const rest = two(size % 60);
  const colon = part.includes(':') ? ':' : '';
  const sign = minutes < 0 ? '-' : '+';
  if (part.length === 3) return sign + hours;
  return sign + hours + colon + rest + (part.length > 6 ? `${colon}00` : '');
}
