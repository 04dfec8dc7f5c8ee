/**
 * The language of --set and its siblings: `a.b[0].c=1,d={x,y},e\.f=text`.
 *
 *   setValues('a.b=1,c={x,y}', table, { kind: 'typed' })   a: {b: 1}, c: [x, y]
 *
 * A parser reads one line and writes into the table as it goes, exactly as Helm does: what stands before an error is set.
 */
import { quoteWith } from '#lang/gotemplate/quote.ts';
import type { Table, Value } from '#platform/charts/values/table.ts';
import { goTypeName, isTable } from '#platform/charts/values/table.ts';
import { readJsonPrefix } from '#platform/charts/values/json-prefix.ts';

/** What a value's text becomes: --set, --set-string, --set-json, --set-literal, or (--set-file) whatever `read` makes of it. */
export type SetStyle =
  | { readonly kind: 'typed' }
  | { readonly kind: 'string' }
  | { readonly kind: 'json' }
  | { readonly kind: 'literal' }
  | { readonly kind: 'file'; read(path: string): string };

/** A line that is no --set expression; the message is Helm's. */
export class StrvalsError extends Error {
  override name = 'StrvalsError';
}

/** Reads one line into a table. Throws {@link StrvalsError}. */
export function setValues(line: string, into: Table, style: SetStyle): void {
  const parser = new Parser(line, style);
  while (parser.key(into, 0) !== 'end');
}

const maxIndex = 65_536;
const maxNesting = 30;
const keyStops = new Set('=[,.');
const literalKeyStops = new Set('=[.');
const indexStops = new Set('[.=');
const closeStop = new Set(']');
const valueStop = new Set(',');
const listStops = new Set(',}');

type Outcome = 'more' | 'end';

interface Read {
  readonly chars: string[];
  /** The character that stopped it; undefined at the end of the line. */
  readonly stop: string | undefined;
}

class Parser {
  readonly #chars: string[];
  readonly #style: SetStyle;
  readonly #isLiteral: boolean;
  #at = 0;

  constructor(line: string, style: SetStyle) {
    this.#chars = [...line];
    this.#style = style;
    this.#isLiteral = style.kind === 'literal';
  }

  /** Reads `path=value` up to the next comma. */
  key(data: Table, nesting: number): Outcome {
    const { chars, stop } = this.#until(this.#isLiteral ? literalKeyStops : keyStops);
    const key = chars.join('');
    switch (stop) {
      case undefined:
        if (chars.length === 0) return 'end';
        throw new StrvalsError(`key ${quote(key)} has no value`);
      case '[':
        return this.#indexedKey(data, key, nesting);
      case '=':
        return this.#assign(data, key);
      case '.':
        return this.#nestedKey(data, key, nesting + 1);
      default:
        setKey(data, key, '');
        throw new StrvalsError(`key ${quote(key)} has no value (cannot end with ,)`);
    }
  }

  #until(stops: ReadonlySet<string>): Read {
    const chars: string[] = [];
    while (this.#at < this.#chars.length) {
      const char = this.#chars[this.#at++] as string;
      if (stops.has(char)) return { chars, stop: char };
      if (char !== '\\' || this.#isLiteral) {
        chars.push(char);
        continue;
      }
      if (this.#at >= this.#chars.length) break;
      chars.push(this.#chars[this.#at++] as string);
    }
    return { chars, stop: undefined };
  }

  #indexedKey(data: Table, key: string, nesting: number): Outcome {
    const index = this.#keyIndex();
    const existing = data.get(key);
    const list = existing === undefined ? [] : listOf(existing);
    const written = this.#listItem(list, index, nesting);
    setKey(data, key, written.list);
    return written.outcome;
  }

  #nestedKey(data: Table, key: string, nesting: number): Outcome {
    if (nesting > maxNesting) {
      throw new StrvalsError(`value name nested level is greater than maximum supported nested level of ${maxNesting}`);
    }
    const existing = data.get(key);
    const inner = existing === undefined ? new Map<string, Value>() : tableOf(existing);
    const outcome = this.key(inner, nesting);
    if (outcome === 'more' && inner.size === 0) throw new StrvalsError(`key map ${quote(key)} has no value`);
    if (inner.size > 0) setKey(data, key, inner);
    return outcome;
  }

  #assign(data: Table, key: string): Outcome {
    const atEnd = this.#at >= this.#chars.length;
    setKey(data, key, this.#value());
    return atEnd && this.#style.kind !== 'json' && !this.#isLiteral ? 'end' : 'more';
  }

  /** The value behind `=`: a list in braces, a text, or JSON. */
  #value(): Value {
    if (this.#style.kind === 'json') return this.#json();
    if (this.#isLiteral) return this.#until(new Set()).chars.join('');
    if (this.#at >= this.#chars.length) return '';
    if (this.#chars[this.#at] === '{') {
      this.#at++;
      return this.#list();
    }
    return this.#convert(this.#until(valueStop).chars);
  }

  #json(): Value {
    if (this.#skipEmpty()) return null;
    const read = readJsonPrefix(this.#chars.slice(this.#at).join(''));
    this.#at += read.length;
    this.#skipEmpty();
    return read.value;
  }

  /** Passes blanks and one comma; true if there was nothing else. */
  #skipEmpty(): boolean {
    for (; this.#at < this.#chars.length; this.#at++) {
      const char = this.#chars[this.#at] as string;
      if (char === ',') {
        this.#at++;
        return true;
      }
      if (!/\s/.test(char)) return false;
    }
    return true;
  }

  #list(): Value[] {
    const list: Value[] = [];
    for (;;) {
      const { chars, stop } = this.#until(listStops);
      if (stop === undefined) throw new StrvalsError("list must terminate with '}'");
      if (stop === '}' && this.#chars[this.#at] === ',') this.#at++;
      list.push(this.#convert(chars));
      if (stop === '}') return list;
    }
  }

  #convert(chars: readonly string[]): Value {
    const text = chars.join('');
    if (this.#style.kind === 'file') return this.#style.read(text);
    return this.#style.kind === 'typed' ? typedValue(text) : text;
  }

  #keyIndex(): number {
    const { chars, stop } = this.#until(closeStop);
    if (stop === undefined) throw new StrvalsError('error parsing index: EOF');
    const text = chars.join('');
    const index = /^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
    if (index === undefined)
      throw new StrvalsError(`error parsing index: strconv.Atoi: parsing ${quote(text)}: invalid syntax`);
    if (BigInt.asIntN(64, index) !== index)
      throw new StrvalsError(`error parsing index: strconv.Atoi: parsing ${quote(text)}: value out of range`);
    return Number(index);
  }

  #listItem(list: Value[], index: number, nesting: number): { list: Value[]; outcome: Outcome } {
    if (index < 0) throw new StrvalsError(`negative ${index} index not allowed`);
    const { chars, stop } = this.#until(indexStops);
    if (chars.length > 0) {
      const shown = chars.map((char) => quoteWith(char, "'")).join(' ');
      throw new StrvalsError(`unexpected data at end of array index: [${shown}]`);
    }
    if (stop === undefined) return { list, outcome: 'end' };
    if (stop === '=') return { list: setIndex(list, index, this.#value()), outcome: 'more' };
    return stop === '[' ? this.#nestedList(list, index, nesting) : this.#listTable(list, index, nesting);
  }

  #nestedList(list: Value[], index: number, nesting: number): { list: Value[]; outcome: Outcome } {
    const next = this.#keyIndex();
    const existing = list[index];
    const inner = existing === undefined || existing === null ? [] : listOf(existing);
    const written = this.#listItem(inner, next, nesting);
    return written.outcome === 'end'
      ? { list, outcome: 'end' }
      : { list: setIndex(list, index, written.list), outcome: 'more' };
  }

  #listTable(list: Value[], index: number, nesting: number): { list: Value[]; outcome: Outcome } {
    const existing = list[index];
    const inner = isTable(existing) ? existing : new Map<string, Value>();
    if (index < list.length) list[index] = inner;
    if (this.key(inner, nesting) === 'end') return { list, outcome: 'end' };
    return { list: setIndex(list, index, inner), outcome: 'more' };
  }
}

function setKey(data: Table, key: string, value: Value): void {
  if (key !== '') data.set(key, value);
}

function setIndex(list: Value[], index: number, value: Value): Value[] {
  if (index > maxIndex)
    throw new StrvalsError(`index of ${index} is greater than maximum supported index of ${maxIndex}`);
  const longer = list.slice();
  while (longer.length <= index) longer.push(null);
  longer[index] = value;
  return longer;
}

function listOf(value: Value): Value[] {
  if (Array.isArray(value)) return value;
  throw conversionError(value, '[]interface {}');
}

function tableOf(value: Value): Table {
  if (isTable(value)) return value;
  throw conversionError(value, 'map[string]interface {}');
}

function conversionError(value: Value, wanted: string): StrvalsError {
  return new StrvalsError(
    `unable to parse key: interface conversion: interface {} is ${goTypeName(value)}, not ${wanted}`,
  );
}

/** Booleans and null in any case, whole numbers without a leading zero as int64, all else text. */
function typedValue(text: string): Value {
  switch (text.toLowerCase()) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'null':
      return null;
    case '0':
      return 0n;
  }
  if (!/^(?:[+-]\d+|[1-9]\d*)$/.test(text)) return text;
  const number = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, number) === number ? number : text;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
