/** Single values under one verb of printf: texts, integers, floats. What a verb does not fit is undefined. */
import { fromBytes, toBytes } from '#lang/gotemplate/bytes.ts';
import { formatFloat } from '#lang/gotemplate/float.ts';
import type { FloatFormat } from '#lang/gotemplate/float.ts';
import { isPrint, quoteWith } from '#lang/gotemplate/quote.ts';

/** What stands between the percent sign and the verb. */
export interface Flags {
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  /** `%+v`: names of fields. */
  plusV?: boolean;
  /** `%#v`: Go's syntax. */
  sharpV?: boolean;
  width?: number | undefined;
  precision?: number | undefined;
}

/** The text in its width. */
export function pad(text: string, { width, minus, zero }: Flags): string {
  if (width === undefined) return text;
  const missing = width - runeCount(text);
  if (missing <= 0) return text;
  if (minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}

function runeCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** %s, %q, %x of a string. */
export function textVerb(value: string, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
      return flags.sharpV === true ? quotedText(truncated(value, flags), flags) : pad(truncated(value, flags), flags);
    case 's':
      return pad(truncated(value, flags), flags);
    case 'q':
      return quotedText(truncated(value, flags), flags);
    case 'x':
    case 'X':
      return hexText(toBytes(value), verb, flags);
  }
  return undefined;
}

function truncated(text: string, { precision }: Flags): string {
  if (precision === undefined || precision >= text.length) return text;
  let end = 0;
  let count = 0;
  for (const char of text) {
    if (count++ === precision) break;
    end += char.length;
  }
  return text.slice(0, end);
}

// oxlint-disable-next-line no-control-regex
const notBackquoted = /[\0-\x08\x0a-\x1f`\x7f\ufeff\udc80-\udcff]/;

function quotedText(text: string, flags: Flags): string {
  if (flags.sharp && !notBackquoted.test(text)) return pad(`\`${text}\``, flags);
  return pad(quoteWith(text, '"', flags.plus), flags);
}

/** %x of bytes: with a space between them if asked, `0x` in front of all or of each. */
export function hexText(all: Uint8Array, verb: string, flags: Flags): string {
  const bytes = all.subarray(0, flags.precision ?? all.length);
  if (bytes.length === 0) return pad('', flags);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const prefix = flags.sharp ? '0x' : '';
  const text = flags.space ? hex.map((part) => prefix + part).join(' ') : prefix + hex.join('');
  return pad(verb === 'X' ? text.toUpperCase() : text, flags);
}

const bases: Readonly<Record<string, { base: number; prefix: string }>> = {
  v: { base: 10, prefix: '' },
  d: { base: 10, prefix: '' },
  b: { base: 2, prefix: '0b' },
  o: { base: 8, prefix: '0' },
  O: { base: 8, prefix: '0' },
  x: { base: 16, prefix: '0x' },
  X: { base: 16, prefix: '0X' },
};

/** %d, %x, %c, %U … of an integer. */
export function intVerb(value: bigint, verb: string, flags: Flags): string | undefined {
  const base = bases[verb];
  if (base !== undefined) return integerText(value, { verb, flags, ...base });
  switch (verb) {
    case 'c':
      return pad(runeText(value), flags);
    case 'q':
      return pad(quoteWith(runeText(value), "'", flags.plus), flags);
    case 'U':
      return pad(unicodeText(value, flags), { ...flags, zero: false });
  }
  return undefined;
}

function unicodeText(value: bigint, { sharp, precision }: Flags): string {
  const code = BigInt.asUintN(64, value);
  const hex = code.toString(16).toUpperCase();
  const name = `U+${hex.padStart(Math.max(4, precision ?? 4), '0')}`;
  const rune = runeText(code);
  return sharp && code <= 0x10ffffn && isPrint(rune) ? `${name} '${rune}'` : name;
}

function runeText(value: bigint): string {
  const code = BigInt.asUintN(64, value);
  return code > 0x10ffffn || (code >= 0xd800n && code < 0xe000n) ? '\ufffd' : String.fromCodePoint(Number(code));
}

interface IntegerStyle {
  readonly verb: string;
  readonly flags: Flags;
  readonly base: number;
  readonly prefix: string;
}

function integerText(value: bigint, { verb, flags, base, prefix }: IntegerStyle): string {
  const { precision, width } = flags;
  if (precision === 0 && value === 0n) return pad('', { ...flags, zero: false, minus: false });
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  let digits = (value < 0n ? -value : value).toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  const zeros = precision === undefined && flags.zero && !flags.minus && width !== undefined;
  digits = digits.padStart(precision ?? (zeros ? width - sign.length : 0), '0');
  const isOctal = base === 8 && digits.startsWith('0');
  const lead = (verb === 'O' ? '0o' : '') + (flags.sharp && !isOctal ? prefix : '');
  return pad(sign + lead + digits, { ...flags, zero: false });
}

/** %g, %e, %f, %x … of a float. */
export function floatVerb(value: number, verb: string, flags: Flags): string | undefined {
  if (!'vbgGeEfFxX'.includes(verb)) return undefined;
  const format = (verb === 'v' ? 'g' : verb) as FloatFormat['format'];
  const precision = flags.precision ?? ('eEfF'.includes(verb) ? 6 : -1);
  let text = formatFloat(value, { format, precision });
  let sign = flags.space && !flags.plus ? ' ' : '+';
  if (/^[-+]/.test(text)) {
    if (text.startsWith('-')) sign = '-';
    text = text.slice(1);
  }
  if (!Number.isFinite(value)) {
    const bare = Number.isNaN(value) ? !flags.space && !flags.plus : !flags.plus && sign === '+';
    return pad(bare ? text : sign + text, { ...flags, zero: false });
  }
  if (flags.sharp && verb !== 'b') text = withAllDigits(text, verb, precision);
  if (!flags.plus && sign === '+') return pad(text, flags);
  const { width } = flags;
  if (flags.zero && !flags.minus && width !== undefined) return sign + text.padStart(width - 1, '0');
  return pad(sign + text, flags);
}

/** The `#` flag: a decimal point always, zeros at the end kept. */
function withAllDigits(text: string, verb: string, precision: number): string {
  const [, mantissa = '', tail = ''] = /^(.*?)([pP].*|(?<!^0[xX].*)[eE].*)?$/.exec(text) ?? [];
  const counted = 'vgGx'.includes(verb) ? (precision === -1 ? 6 : precision) : 0;
  const seen = mantissa.replace('.', '').replace(/^0+/, '').length;
  let missing = counted - seen;
  const shown = mantissa.includes('.') ? mantissa : `${mantissa}.`;
  if (mantissa === '0') missing--;
  return shown + '0'.repeat(Math.max(0, missing)) + tail;
}

/** A byte slice under the verbs of texts. */
export function bytesText(value: Uint8Array, verb: string, flags: Flags): string | undefined {
  return verb === 'x' || verb === 'X' ? hexText(value, verb, flags) : textVerb(fromBytes(value), verb, flags);
}
