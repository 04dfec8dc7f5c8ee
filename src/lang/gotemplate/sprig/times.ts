/** Dates and durations of sprig, with Go's layouts. */
import { toInt64 } from '#lang/gotemplate/sprig/convert.ts';
import { formatTime } from '#lang/gotemplate/sprig/layout.ts';
import { parseTime } from '#lang/gotemplate/sprig/parse-time.ts';
import type { Zoned } from '#lang/gotemplate/sprig/layout.ts';
import { durationText, parseDuration } from '#lang/gotemplate/sprig/duration.ts';
import type { TemplatePorts } from '#lang/gotemplate/sprig/ports.ts';
import { CallError, GoInt, GoObject, fn, int, intOf } from '#lang/gotemplate/value.ts';
import type { GoFunction, GoValue } from '#lang/gotemplate/value.ts';

/** From the first of January of the year one. */
const secondsToEpoch = 62_135_596_800n;
const nanosPerMs = 1_000_000n;

/** A named type that templates only print: a month, a duration. */
class GoName extends GoObject {
  readonly goType: string;
  readonly goKind = 'struct';
  readonly #text: string;

  constructor(goType: string, text: string) {
    super();
    this.goType = goType;
    this.#text = text;
  }

  override text(): string {
    return this.#text;
  }

  override plain(): GoValue {
    return this.#text;
  }
}

/** time.Time */
export class GoTime extends GoObject {
  readonly goType = 'time.Time';
  readonly goKind = 'struct';
  readonly at: Zoned;

  constructor(at: Zoned) {
    super();
    this.at = at;
  }

  override text(): string {
    return formatTime(this.at, '2006-01-02 15:04:05.999999999 -0700 MST');
  }

  override fields(): readonly (readonly [string, GoValue])[] {
    const nanos = ((this.at.nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    return [
      ['wall', new GoInt('uint64', nanos)],
      ['ext', seconds(this.at) + secondsToEpoch],
      ['loc', null],
    ];
  }

  override plain(): GoValue {
    return formatTime(this.at, '2006-01-02T15:04:05.999999999Z07:00');
  }

  #moved([years, months, days]: readonly [number, number, number]): GoTime {
    const date = new Date(Number(this.at.nanos / nanosPerMs) + this.at.offsetMinutes * 60_000);
    const before = date.getTime();
    date.setUTCFullYear(date.getUTCFullYear() + years, date.getUTCMonth() + months, date.getUTCDate() + days);
    return new GoTime({ ...this.at, nanos: this.at.nanos + BigInt(date.getTime() - before) * nanosPerMs });
  }

  override method(name: string): GoFunction | undefined {
    const layouts: Readonly<Record<string, string>> = { Year: '2006', Day: '2', Hour: '15', Minute: '4', Second: '5' };
    const layout = layouts[name];
    if (layout !== undefined) return fn('', () => int(Number(formatTime(this.at, layout))));
    switch (name) {
      case 'Format':
        return fn('string', (wanted: string) => formatTime(this.at, wanted));
      case 'Unix':
        return fn('', () => seconds(this.at));
      case 'UnixNano':
        return fn('', () => this.at.nanos);
      case 'UTC':
        return fn('', () => new GoTime({ nanos: this.at.nanos, offsetMinutes: 0, zone: 'UTC' }));
      case 'Month':
        return fn('', () => new GoName('time.Month', formatTime(this.at, 'January')));
      case 'Weekday':
        return fn('', () => new GoName('time.Weekday', formatTime(this.at, 'Monday')));
      case 'Location':
        return fn('', () => new GoName('*time.Location', this.at.zone));
      case 'YearDay':
        return fn('', () => int(Number(formatTime(this.at, '002'))));
      case 'Nanosecond':
        return fn('', () => int(this.at.nanos - seconds(this.at) * 1_000_000_000n));
      case 'UnixMilli':
        return fn('', () => this.at.nanos / nanosPerMs);
      case 'UnixMicro':
        return fn('', () => this.at.nanos / 1000n);
      case 'IsZero':
        return fn('', () => this.at.nanos === zeroTime);
      case 'Local':
        return fn('', () => this);
      case 'Add':
        return fn('int64', (by: bigint) => new GoTime({ ...this.at, nanos: this.at.nanos + by }));
      case 'AddDate':
        return fn('int,int,int', (...by: [number, number, number]) => this.#moved(by));
    }
    return this.#comparison(name);
  }

  #comparison(name: string): GoFunction | undefined {
    const against = (body: (other: bigint) => GoValue): GoFunction =>
      fn('time.Time', (other: GoTime) => body(other.at.nanos));
    const { nanos } = this.at;
    switch (name) {
      case 'Before':
        return against((other) => nanos < other);
      case 'After':
        return against((other) => nanos > other);
      case 'Equal':
        return against((other) => nanos === other);
      case 'Compare':
        return against((other) => int(nanos < other ? -1 : nanos > other ? 1 : 0));
      case 'Sub':
        return against((other) => new GoName('time.Duration', durationText(nanos - other)));
      case 'String':
        return fn('', () => this.text());
    }
    return undefined;
  }
}

function seconds(at: Zoned): bigint {
  const whole = at.nanos / 1_000_000_000n;
  return at.nanos < 0n && at.nanos % 1_000_000_000n !== 0n ? whole - 1n : whole;
}

/** The functions by name. */
export function timeFunctions(ports: TemplatePorts): [string, GoFunction][] {
  const zoned = (nanos: bigint, name: string): Zoned => {
    const zone = name === 'UTC' || name === '' ? undefined : ports.zone(name, Number(nanos / nanosPerMs));
    return { nanos, offsetMinutes: zone?.offsetMinutes ?? 0, zone: zone?.abbreviation ?? 'UTC' };
  };
  const now = (): bigint => BigInt(Math.trunc(ports.now())) * nanosPerMs;
  const nanosOf = (value: GoValue): bigint => {
    if (value instanceof GoTime) return value.at.nanos;
    const isSeconds = typeof value === 'bigint' || (value instanceof GoInt && /^int(32)?$/.test(value.goType));
    return isSeconds ? (intOf(value) as bigint) * 1_000_000_000n : now();
  };
  const shown = (layout: string, value: GoValue, zone: string): string =>
    formatTime(zoned(nanosOf(value), zone), layout);
  const inZone = fn('string,any,string', shown);
  const moved = (mode: 'must' | 'quiet'): GoFunction =>
    fn('string,time.Time', (text: string, time: GoTime) => {
      const by = parseDuration(text);
      if (by !== undefined) return new GoTime({ ...time.at, nanos: time.at.nanos + by });
      if (mode === 'quiet') return time;
      throw new CallError(`time: invalid duration ${JSON.stringify(text)}`);
    });
  const read = (layout: string, text: string): GoValue => {
    const parsed = parseTime(layout, text, (atMs) => ports.zone('Local', atMs) ?? utc);
    return typeof parsed === 'string' ? parsed : new GoTime(parsed);
  };
  return [
    ['now', fn('', () => new GoTime(zoned(now(), 'Local')))],
    ['date', fn('string,any', (layout: string, value: GoValue) => shown(layout, value, 'Local'))],
    ['date_in_zone', inZone],
    ['dateInZone', inZone],
    ['htmlDate', fn('any', (value: GoValue) => shown('2006-01-02', value, 'Local'))],
    ['htmlDateInZone', fn('any,string', (value: GoValue, zone: string) => shown('2006-01-02', value, zone))],
    ['dateModify', moved('quiet')],
    ['date_modify', moved('quiet')],
    ['mustDateModify', moved('must')],
    ['must_date_modify', moved('must')],
    ['ago', fn('any', (value: GoValue) => durationText(roundSeconds(now() - nanosOf(value))))],
    ['duration', fn('any', (value: GoValue) => durationText(durationSeconds(value) * 1_000_000_000n))],
    [
      'durationRound',
      fn('any', (value: GoValue) => rounded(value instanceof GoTime ? now() - value.at.nanos : durationOf(value))),
    ],
    ['toDate', fn('string,string', (layout: string, text: string) => dateOrZero(read(layout, text)))],
    ['mustToDate', fn('string,string', (layout: string, text: string) => dateOrFail(read(layout, text)))],
    ['unixEpoch', fn('time.Time', (time: GoTime) => String(seconds(time.at)))],
  ];
}

const utc = { offsetMinutes: 0, abbreviation: 'UTC' };
const zeroTime = -62_135_596_800n * 1_000_000_000n;

function dateOrZero(value: GoValue): GoValue {
  return typeof value === 'string' ? new GoTime({ nanos: zeroTime, offsetMinutes: 0, zone: 'UTC' }) : value;
}

function dateOrFail(value: GoValue): GoValue {
  if (typeof value === 'string') throw new CallError(value);
  return value;
}

function roundSeconds(nanos: bigint): bigint {
  const half = nanos < 0n ? -500_000_000n : 500_000_000n;
  return ((nanos + half) / 1_000_000_000n) * 1_000_000_000n;
}

function durationSeconds(value: GoValue): bigint {
  if (typeof value === 'bigint') return value;
  return typeof value === 'string' && /^[+-]?\d+$/.test(value) ? toInt64(BigInt(value.replace('+', ''))) : 0n;
}

function durationOf(value: GoValue): bigint {
  if (typeof value === 'bigint') return value;
  return typeof value === 'string' ? (parseDuration(value) ?? 0n) : 0n;
}

const hour = 3_600_000_000_000n;
const units: readonly (readonly [bigint, string])[] = [
  [hour * 8760n, 'y'],
  [hour * 720n, 'mo'],
  [hour * 24n, 'd'],
  [hour, 'h'],
  [60_000_000_000n, 'm'],
  [1_000_000_000n, 's'],
];

function rounded(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos;
  for (const [unit, name] of units) if (size > unit) return `${size / unit}${name}`;
  return '0s';
}
