/** One value under one verb of printf. */
import { fromBytes, toBytes } from '#lang/gotemplate/bytes.ts';
import { formatFloat } from '#lang/gotemplate/float.ts';
import type { FloatFormat } from '#lang/gotemplate/float.ts';
import { goPrint } from '#lang/gotemplate/print.ts';
import { goQuote, quoteWith } from '#lang/gotemplate/quote.ts';
import { GoInt, GoObject, intOf, isFunction, isMap, listOf, sortedKeys, typeName } from '#lang/gotemplate/value.ts';
import type { GoValue } from '#lang/gotemplate/value.ts';

export interface Flags {
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width?: number | undefined;
  precision?: number | undefined;
}

/** The text; what does not fit the verb becomes `%!d(string=x)`. */
export function formatVerb(value: GoValue, verb: string, flags: Flags): string {
  if (verb === 'T') return pad(typeName(value), flags);
  if (value === null || value === undefined) return verb === 'v' ? pad('<nil>', flags) : `%!${verb}(<nil>)`;
  if (verb === 'p') return `%!p(${typeName(value)}=${goPrint(value)})`;
  if (verb === 'v' && flags.sharp) return goSyntax(value);
  return formatted(value, verb, flags);
}

function formatted(value: GoValue, verb: string, flags: Flags): string {
  if (value === null || value === undefined) return verb === 'v' ? pad('<nil>', flags) : `%!${verb}(<nil>)`;
  if (typeof value === 'boolean') {
    return verb === 'v' || verb === 't' ? pad(String(value), flags) : bad(value, verb);
  }
  if (typeof value === 'string') return textVerb(value, verb, flags) ?? bad(value, verb);
  if (typeof value === 'number') return floatVerb(value, verb, flags) ?? bad(value, verb);
  const integer = intOf(value);
  if (integer !== undefined) return intVerb(integer, verb, flags) ?? bad(value, verb);
  if (value instanceof Uint8Array && 'sqxX'.includes(verb)) return textVerb(fromBytes(value), verb, flags) ?? '';
  if (value instanceof GoObject) {
    const own = value.text();
    if (own !== undefined && 'vsqxX'.includes(verb)) return textVerb(own, verb, flags) ?? '';
  }
  return composite(value, verb, flags);
}

function bad(value: GoValue, verb: string): string {
  return `%!${verb}(${typeName(value)}=${goPrint(value)})`;
}

/** Lists, maps and structs: the verb goes to the elements. */
function composite(value: GoValue, verb: string, flags: Flags): string {
  if (isFunction(value)) return bad(value, verb);
  const list = listOf(value);
  if (list !== undefined) return `[${list.map((item) => formatted(item, verb, flags)).join(' ')}]`;
  if (isMap(value)) {
    const items = sortedKeys(value).map(
      (key) => `${formatted(key, verb, flags)}:${formatted(value[key], verb, flags)}`,
    );
    return `map[${items.join(' ')}]`;
  }
  const object = value as GoObject;
  if (object.goKind === 'map') {
    const items = object
      .entries()
      .map(([key, item]) => `${formatted(key, verb, flags)}:${formatted(item, verb, flags)}`);
    return `map[${items.join(' ')}]`;
  }
  const fields = object.fields().map(([key, item]) => {
    const text = formatted(item, verb, flags);
    return flags.plus && verb === 'v' ? `${key}:${text}` : text;
  });
  return `${object.goKind === 'ptr' ? '&' : ''}{${fields.join(' ')}}`;
}

function pad(text: string, { width, minus, zero }: Flags): string {
  if (width === undefined) return text;
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}

function textVerb(value: string, verb: string, flags: Flags): string | undefined {
  const { precision } = flags;
  const cut = precision === undefined ? value : [...value].slice(0, precision).join('');
  switch (verb) {
    case 'v':
    case 's':
      return pad(cut, flags);
    case 'q':
      if (flags.sharp && !cut.includes('`') && !/[^\t\x20-\x7e\u00a0-\uffff]/.test(cut))
        return pad(`\`${cut}\``, flags);
      return pad(flags.plus ? quoteWith(cut, '"', true) : goQuote(cut), flags);
    case 'x':
    case 'X': {
      const bytes = toBytes(value).subarray(0, precision ?? Number.POSITIVE_INFINITY);
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
      const text = flags.space ? hex.map((part) => (flags.sharp ? `0x${part}` : part)).join(' ') : hex.join('');
      const prefixed = flags.sharp && !flags.space && text !== '' ? `0x${text}` : text;
      return pad(verb === 'X' ? prefixed.toUpperCase() : prefixed, flags);
    }
  }
  return undefined;
}

const bases: Readonly<Record<string, { base: number; prefix: string }>> = {
  v: { base: 10, prefix: '' },
  d: { base: 10, prefix: '' },
  b: { base: 2, prefix: '0b' },
  o: { base: 8, prefix: '0' },
  O: { base: 8, prefix: '' },
  x: { base: 16, prefix: '0x' },
  X: { base: 16, prefix: '0X' },
};

function intVerb(value: bigint, verb: string, flags: Flags): string | undefined {
  const base = bases[verb];
  if (base !== undefined) return integerText(value, { verb, flags, ...base });
  switch (verb) {
    case 'c':
      return pad(runeText(value), flags);
    case 'q':
      return pad(quoteWith(runeText(value), "'", flags.plus), flags);
    case 'U': {
      const hex = value
        .toString(16)
        .toUpperCase()
        .padStart(Math.max(4, flags.precision ?? 4), '0');
      return pad(flags.sharp ? `U+${hex} '${runeText(value)}'` : `U+${hex}`, { ...flags, zero: false });
    }
  }
  return undefined;
}

function runeText(value: bigint): string {
  return value < 0n || value > 0x10ffffn || (value >= 0xd800n && value < 0xe000n)
    ? '\ufffd'
    : String.fromCodePoint(Number(value));
}

function integerText(value: bigint, how: { verb: string; flags: Flags; base: number; prefix: string }): string {
  const { verb, flags, base, prefix } = how;
  const { precision, width } = flags;
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  let digits = (value < 0n ? -value : value).toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  if (precision === 0 && value === 0n) return pad('', { ...flags, zero: false });
  const lead = verb === 'O' ? '0o' : flags.sharp && !(verb === 'o' && digits.startsWith('0')) ? prefix : '';
  let wanted = precision ?? 0;
  if (precision === undefined && flags.zero && !flags.minus && width !== undefined) wanted = width - sign.length;
  digits = digits.padStart(wanted, '0');
  return pad(sign + lead + digits, { ...flags, zero: false });
}

function floatVerb(value: number, verb: string, flags: Flags): string | undefined {
  if (!'vgGeEfF'.includes(verb)) return undefined;
  const format = (verb === 'v' ? 'g' : verb) as FloatFormat['format'];
  const fallback = verb === 'v' || verb === 'g' || verb === 'G' ? -1 : 6;
  const precision = flags.precision ?? fallback;
  let text = formatFloat(value, { format, precision, exponentFrom: 6 });
  let sign = '';
  if (text.startsWith('-') || text.startsWith('+')) {
    sign = text[0] as string;
    text = text.slice(1);
  } else sign = '+';
  if (sign === '+' && !flags.plus) sign = flags.space ? ' ' : '';
  const finite = Number.isFinite(value);
  if (!finite && value > 0 && sign === '') sign = '+';
  if (Number.isNaN(value) && !flags.plus) sign = flags.space ? ' ' : '';
  if (flags.zero && !flags.minus && flags.width !== undefined && finite) {
    return sign + text.padStart(flags.width - sign.length, '0');
  }
  return pad(sign + text, { ...flags, zero: false });
}

/** %#v */
function goSyntax(value: GoValue): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return formatFloat(value, { format: 'g', precision: -1, exponentFrom: 6 });
  if (value instanceof GoInt)
    return value.goType.startsWith('u') ? `0x${value.value.toString(16)}` : String(value.value);
  const list = listOf(value);
  if (value instanceof Uint8Array) {
    return `[]byte{${Array.from(value, (byte) => `0x${byte.toString(16)}`).join(', ')}}`;
  }
  if (list !== undefined) return `${typeName(value)}{${list.map(goSyntax).join(', ')}}`;
  if (isMap(value)) {
    const items = sortedKeys(value).map((key) => `${goQuote(key)}:${goSyntax(value[key])}`);
    return `${typeName(value)}{${items.join(', ')}}`;
  }
  return goPrint(value);
}
