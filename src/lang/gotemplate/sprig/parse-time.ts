/**
 * Reading times by Go's layouts, with the messages of package time:
 *
 *   parseTime('2006-01-02', 'abc', utc)   →   parsing time "abc" as "2006-01-02": cannot parse "abc" as "2006"
 */
import { isAscii, toBytes } from '#lang/gotemplate/bytes.ts';
import { days, layoutToken, months, offsetText } from '#lang/gotemplate/sprig/layout.ts';
import type { Zoned } from '#lang/gotemplate/sprig/layout.ts';

/** What counts where the text names no zone. */
export type LocalZone = (atMs: number) => { readonly offsetMinutes: number; readonly abbreviation: string };

/** A text by a layout; a string is the error. */
export function parseTime(layout: string, text: string, local: LocalZone): Zoned | string {
  const reader = new Reader(layout, text);
  try {
    reader.run();
    return assemble(reader.fields, local, (message) => reader.refuse(message));
  } catch (error) {
    if (error instanceof TimeProblem) return error.message;
    throw error;
  }
}

class TimeProblem extends Error {}

interface Fields {
  year: number;
  month: number;
  day: number;
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanos: bigint;
  half?: 'AM' | 'PM';
  /** Minutes east of UTC. */
  offset?: number;
  zone?: string;
}

/** Quotes as package time does: bytes outside ASCII as \x.. */
function quoted(text: string): string {
  const shown = isAscii(text) ? text : Array.from(toBytes(text), (byte) => String.fromCharCode(byte)).join('');
  const inner = shown.replace(/["\\]/g, '\\$&').replace(/[^ -~]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${inner}"`;
}

/** Invariant: `#rest` is what of the text is not read yet. */
class Reader {
  readonly fields: Fields = { year: 0, month: -1, day: -1, yearDay: -1, hour: 0, minute: 0, second: 0, nanos: 0n };
  readonly #layout: string;
  readonly #text: string;
  #rest: string;
  #range: string | undefined;

  constructor(layout: string, text: string) {
    this.#layout = layout;
    this.#text = text;
    this.#rest = text;
  }

  run(): void {
    let last = 0;
    for (const match of this.#layout.matchAll(layoutToken)) {
      const isYear = match[0] === '_2006';
      this.#skip(this.#layout.slice(last, match.index) + (isYear ? '_' : ''));
      last = match.index + match[0].length;
      this.#part(isYear ? '2006' : match[0], this.#layout.slice(last));
    }
    this.#skip(this.#layout.slice(last));
    if (this.#rest !== '') this.refuse(`extra text: ${quoted(this.#rest)}`);
  }

  refuse(message: string): never {
    throw new TimeProblem(`parsing time ${quoted(this.#text)}: ${message}`);
  }

  #bad(rest: string, part: string): never {
    throw new TimeProblem(
      `parsing time ${quoted(this.#text)} as ${quoted(this.#layout)}: cannot parse ${quoted(rest)} as ${quoted(part)}`,
    );
  }

  /** One space in the layout stands for any number of them, none at the end of the text. */
  #skip(prefix: string): void {
    let wanted = prefix;
    while (wanted !== '') {
      if (wanted.startsWith(' ')) {
        if (this.#rest !== '' && !this.#rest.startsWith(' ')) this.#bad(this.#rest, prefix);
        wanted = wanted.replace(/^ +/, '');
        this.#rest = this.#rest.replace(/^ +/, '');
        continue;
      }
      if (this.#rest[0] !== wanted[0]) this.#bad(this.#rest, prefix);
      wanted = wanted.slice(1);
      this.#rest = this.#rest.slice(1);
    }
  }

  #part(part: string, following: string): void {
    const hold = this.#rest;
    this.#range = undefined;
    const isGood = this.#read(part, following);
    if (this.#range !== undefined) this.refuse(`${this.#range} out of range`);
    if (!isGood) this.#bad(hold, part);
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    const match = pattern.exec(this.#rest);
    if (match === null) return undefined;
    this.#rest = this.#rest.slice(match[0].length);
    return match;
  }

  /** Undefined = no number there. */
  #number(part: string): number | undefined {
    const match = this.#take(part.startsWith('0') ? /^\d\d/ : /^\d\d?/);
    return match === undefined ? undefined : Number(match[0]);
  }

  /** False = the text does not fit. */
  #read(part: string, following: string): boolean {
    const { fields } = this;
    switch (part) {
      case '2006':
      case '06':
        return this.#year(part);
      case 'January':
      case 'Jan':
        fields.month = this.#name(months, part === 'Jan') + 1;
        return fields.month > 0;
      case 'Monday':
      case 'Mon':
        return this.#name(days, part === 'Mon') >= 0;
      case '1':
      case '01':
        return this.#bounded(part, 'month', { key: 'month', least: 1, most: 12 });
      case '_2':
        this.#rest = this.#rest.replace(/^ /, '');
        return this.#bounded(part, 'day', { key: 'day', least: 0, most: 99 });
      case '2':
      case '02':
        return this.#bounded(part, 'day', { key: 'day', least: 0, most: 99 });
      case '002':
      case '__2':
        return this.#yearDay(part);
      case '15':
        return this.#bounded(part, 'hour', { key: 'hour', least: 0, most: 23 });
      case '3':
      case '03':
        return this.#bounded(part, 'hour', { key: 'hour', least: 0, most: 12 });
      case '4':
      case '04':
        return this.#bounded(part, 'minute', { key: 'minute', least: 0, most: 59 });
      case '5':
      case '05':
        return this.#bounded(part, 'second', { key: 'second', least: 0, most: 59 }) && this.#ownFraction(following);
      case 'PM':
      case 'pm':
        return this.#half(part);
      case 'MST':
        return this.#zone();
    }
    return /^[,.]/.test(part) ? this.#fraction(part) : this.#offset(part);
  }

  #year(part: string): boolean {
    const match = this.#take(part === '06' ? /^\d\d/ : /^\d{4}/);
    if (match === undefined) return false;
    const value = Number(match[0]);
    this.fields.year = part === '2006' ? value : value + (value >= 69 ? 1900 : 2000);
    return true;
  }

  #name(names: readonly string[], isShort: boolean): number {
    const lower = this.#rest.toLowerCase();
    const index = names.findIndex((name) => lower.startsWith((isShort ? name.slice(0, 3) : name).toLowerCase()));
    if (index >= 0) this.#rest = this.#rest.slice(isShort ? 3 : (names[index] as string).length);
    return index;
  }

  #bounded(
    part: string,
    name: string,
    to: { key: 'month' | 'day' | 'hour' | 'minute' | 'second'; least: number; most: number },
  ): boolean {
    const value = this.#number(part);
    if (value === undefined) return false;
    this.fields[to.key] = value;
    if (value < to.least || value > to.most) this.#range = name;
    return true;
  }

  #yearDay(part: string): boolean {
    if (part === '__2') this.#rest = this.#rest.replace(/^ {1,2}/, '');
    const match = this.#take(part === '002' ? /^\d{3}/ : /^\d{1,3}/);
    if (match === undefined) return false;
    this.fields.yearDay = Number(match[0]);
    return true;
  }

  /** A fraction behind the seconds is read even if the layout has none. */
  #ownFraction(following: string): boolean {
    if (/^[,.](?:0+|9+)(?!\d)/.test(following)) return true;
    const match = this.#take(/^[,.](\d+)/);
    if (match !== undefined) this.#setNanos(match[1] as string);
    return true;
  }

  #setNanos(digits: string): void {
    this.fields.nanos = BigInt(digits.slice(0, 9).padEnd(9, '0'));
  }

  #fraction(part: string): boolean {
    if (part[1] === '9') {
      const match = this.#take(/^[,.](\d+)/);
      if (match !== undefined) this.#setNanos(match[1] as string);
      return true;
    }
    const match = this.#take(new RegExp(`^[,.](\\d{${part.length - 1}})`));
    if (match === undefined) return false;
    this.#setNanos(match[1] as string);
    return true;
  }

  #half(part: string): boolean {
    const match = this.#take(part === 'PM' ? /^[AP]M/ : /^[ap]m/);
    if (match === undefined) return false;
    this.fields.half = match[0].toUpperCase() === 'PM' ? 'PM' : 'AM';
    return true;
  }

  #offset(part: string): boolean {
    if (part.startsWith('Z') && this.#take(/^Z/) !== undefined) {
      this.fields.offset = 0;
      this.fields.zone = 'UTC';
      return true;
    }
    const match = this.#take(offsetPatterns[part.slice(1)] ?? /^([+-])(\d\d)(\d\d)/);
    if (match === undefined) return false;
    const [, sign, hours, minutes = '0', seconds = '0'] = match;
    if (Number(hours) > 24) this.#range = 'time zone offset hour';
    else if (Number(minutes) > 60) this.#range = 'time zone offset minute';
    else if (Number(seconds) > 60) this.#range = 'time zone offset second';
    this.fields.offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
    return true;
  }

  #zone(): boolean {
    const match =
      this.#take(/^UTC/) ??
      this.#take(/^(?:ChST|MeST)/) ??
      this.#take(/^GMT(?:[+-](?:1\d|2[0-3]|\d)(?!\d))?/) ??
      this.#take(/^[+-](?:1\d|2[0-3]|\d{1,2})/) ??
      this.#take(/^(?:[A-Z]{4}T|[A-Z]{3}T|WITA|[A-Z]{3})(?![A-Z])/);
    if (match === undefined) return false;
    this.fields.zone = match[0];
    if (match[0] === 'UTC') this.fields.offset ??= 0;
    return true;
  }
}

const offsetPatterns: Readonly<Record<string, RegExp>> = {
  '07': /^([+-])(\d\d)/,
  '07:00': /^([+-])(\d\d):(\d\d)/,
  '0700': /^([+-])(\d\d)(\d\d)/,
  '07:00:00': /^([+-])(\d\d):(\d\d):(\d\d)/,
  '070000': /^([+-])(\d\d)(\d\d)(\d\d)/,
};

function daysIn(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 0);
  return date.getUTCDate();
}

function assemble(fields: Fields, local: LocalZone, refuse: (message: string) => never): Zoned {
  const { year, half, yearDay } = fields;
  let { hour, month, day } = fields;
  if (half === 'PM' && hour < 12) hour += 12;
  else if (half === 'AM' && hour === 12) hour = 0;
  if (yearDay >= 0) [month, day] = monthAndDay(fields, refuse);
  if (month < 0) month = 1;
  if (day < 0) day = 1;
  if (day < 1 || day > daysIn(year, month)) refuse('day out of range');
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, fields.minute, fields.second);
  return zoned(date.getTime(), fields, local);
}

function monthAndDay({ year, month, day, yearDay }: Fields, refuse: (message: string) => never): [number, number] {
  const isLeap = daysIn(year, 2) === 29;
  if (yearDay < 1 || yearDay > (isLeap ? 366 : 365)) refuse('day-of-year out of range');
  const date = new Date(0);
  date.setUTCFullYear(year, 0, yearDay);
  const [wantedMonth, wantedDay] = [date.getUTCMonth() + 1, date.getUTCDate()];
  if (month >= 0 && month !== wantedMonth) refuse('day-of-year does not match month');
  if (day >= 0 && day !== wantedDay) refuse('day-of-year does not match day');
  return [wantedMonth, wantedDay];
}

/** `ms` is the reading of the clock in the zone that the text names. */
function zoned(ms: number, { nanos, offset, zone }: Fields, local: LocalZone): Zoned {
  const at = (minutes: number, name: string): Zoned => ({
    nanos: BigInt(ms - minutes * 60_000) * 1_000_000n + nanos,
    offsetMinutes: minutes,
    zone: name,
  });
  if (zone === 'UTC' && offset === 0) return at(0, 'UTC');
  if (offset !== undefined) {
    const here = local(ms - offset * 60_000);
    const isHere = here.offsetMinutes === offset && (zone === undefined || zone === here.abbreviation);
    return at(offset, isHere ? here.abbreviation : (zone ?? offsetText('-0700', offset)));
  }
  if (zone !== undefined) {
    const hours = /^GMT([+-]\d+)$/.exec(zone)?.[1];
    return at(Number(hours ?? 0) * 60, zone);
  }
  const guess = local(ms);
  const { offsetMinutes, abbreviation } = local(ms - guess.offsetMinutes * 60_000);
  return at(offsetMinutes, abbreviation);
}
