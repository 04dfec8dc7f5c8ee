/** fromToml: TOML as Go's values. Integers are int64, arrays of tables have a type of their own, dates are times. */
import { TomlDate, TomlError, parse } from 'smol-toml';
import type { Zoned } from '#lang/gotemplate/sprig/layout.ts';
import { mapOf } from '#lang/gotemplate/sprig/deep.ts';
import { GoTime } from '#lang/gotemplate/sprig/times.ts';
import { TypedList, isMap } from '#lang/gotemplate/value.ts';
import type { GoValue } from '#lang/gotemplate/value.ts';

/** The table of a text; what is no TOML gives a map with the message under `Error`. Never throws. */
export function parseToml(text: string): GoValue {
  try {
    return valueOf(parse(text, { integersAsBigInt: true }));
  } catch (error) {
    if (!(error instanceof TomlError) && !(error instanceof RangeError)) throw error;
    return mapOf([['Error', messageOf(error)]]);
  }
}

/** Deviation: the line is BurntSushi's, the reason is smol-toml's. */
function messageOf(error: TomlError | RangeError): string {
  if (!(error instanceof TomlError)) return 'toml: the tables are nested too deeply';
  const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? '';
  return `toml: line ${error.line}: ${reason}`;
}

function valueOf(value: unknown): GoValue {
  if (value instanceof TomlDate) return timeOf(value);
  if (Array.isArray(value)) {
    const items = value.map(valueOf);
    const areTables = items.length > 0 && items.every((item) => isMap(item));
    return areTables ? TypedList.of2('[]map[string]interface {}', items) : items;
  }
  if (typeof value !== 'object' || value === null) return value as GoValue;
  return mapOf(Object.entries(value).map(([key, item]) => [key, valueOf(item)]));
}

/** Times without an offset are in zones whose names say so. */
function timeOf(date: TomlDate): GoTime {
  const text = date.toISOString();
  const offset = /([+-])(\d\d):(\d\d)$/.exec(text);
  const minutes = offset === null ? 0 : Number(`${offset[1]}${Number(offset[2]) * 60 + Number(offset[3])}`);
  const zone = !date.isLocal() ? (minutes === 0 ? 'UTC' : '') : date.isDate() ? 'date-local' : localZone(date);
  const at: Zoned = { nanos: BigInt(date.getTime()) * 1_000_000n, offsetMinutes: minutes, zone };
  return new GoTime(at);
}

function localZone(date: TomlDate): string {
  return date.isTime() ? 'time-local' : 'datetime-local';
}
