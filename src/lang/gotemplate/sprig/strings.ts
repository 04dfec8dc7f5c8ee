/** sprig's string functions. */
import { checkList, checkText, joinTexts } from '#lang/gotemplate/limits.ts';
import { byteLength, fromBytes, isAscii, sliceBytes, toBytes } from '#lang/gotemplate/bytes.ts';
import { goPrint } from '#lang/gotemplate/print.ts';
import { goQuote } from '#lang/gotemplate/quote.ts';
import { camelCase, lowerRune, kebabCase, snakeCase } from '#lang/gotemplate/sprig/cases.ts';
import { toText, toTexts } from '#lang/gotemplate/sprig/convert.ts';
import type { TemplatePorts } from '#lang/gotemplate/sprig/ports.ts';
import { CallError, fn, int, stringList, typedMap } from '#lang/gotemplate/value.ts';
import type { GoFunction, GoValue } from '#lang/gotemplate/value.ts';

/** The functions by name. */
export function stringFunctions(ports: TemplatePorts): [string, GoFunction][] {
  return [...plain, ...chance(ports)];
}

const trimAll = fn('string,string', (cut: string, text: string) => trimSet(text, cut));
const plain: [string, GoFunction][] = [
  ['hello', fn('', () => 'Hello!')],
  ['abbrev', fn('int,string', (width: number, text: string) => (width < 4 ? text : abbreviate(text, 0, width)))],
  [
    'abbrevboth',
    fn('int,int,string', (left: number, right: number, text: string) =>
      right < 4 || (left > 0 && right < 7) ? text : abbreviate(text, left, right),
    ),
  ],
  ['trunc', fn('int,string', truncate)],
  ['trim', fn('string', (text: string) => trimSpace(text))],
  ['upper', fn('string', (text: string) => mapCase(text, 'upper'))],
  ['lower', fn('string', (text: string) => mapCase(text, 'lower'))],
  [
    'title',
    fn('string', (text: string) =>
      text.replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_all, before, char) => before + upper(char)),
    ),
  ],
  [
    'untitle',
    fn('string', (text: string) => text.replace(/(^|\s)(\S)/gu, (_all, before, char) => before + lower(char))),
  ],
  ['substr', fn('int,int,string', substring)],
  ['repeat', fn('int,string', repeat)],
  ['trimall', trimAll],
  ['trimAll', trimAll],
  [
    'trimSuffix',
    fn('string,string', (end: string, text: string) =>
      end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text,
    ),
  ],
  [
    'trimPrefix',
    fn('string,string', (start: string, text: string) => (text.startsWith(start) ? text.slice(start.length) : text)),
  ],
  // goutils goes by bytes, and takes each for a character.
  ['nospace', fn('string', (text: string) => (/\s/u.test(text) ? byteChars(text).replace(byteSpaces, '') : text))],
  [
    'initials',
    fn('string', (text: string) => Array.from(byteChars(text).matchAll(byteInitials), (match) => match[1]).join('')),
  ],
  ['swapcase', fn('string', swapCase)],
  ['snakecase', fn('string', snakeCase)],
  ['camelcase', fn('string', camelCase)],
  ['kebabcase', fn('string', kebabCase)],
  ['wrap', fn('int,string', (width: number, text: string) => wrap(text, { width, newline: '\n', breaks: false }))],
  [
    'wrapWith',
    fn('int,string,string', (width: number, newline: string, text: string) =>
      wrap(text, { width, newline: newline === '' ? '\n' : newline, breaks: true }),
    ),
  ],
  ['contains', fn('string,string', (part: string, text: string) => text.includes(part))],
  ['hasPrefix', fn('string,string', (part: string, text: string) => text.startsWith(part))],
  ['hasSuffix', fn('string,string', (part: string, text: string) => text.endsWith(part))],
  [
    'quote',
    fn('...any', (...values: GoValue[]) =>
      present(values)
        .map((value) => goQuote(toText(value)))
        .join(' '),
    ),
  ],
  [
    'squote',
    fn('...any', (...values: GoValue[]) =>
      present(values)
        .map((value) => `'${goPrint(value)}'`)
        .join(' '),
    ),
  ],
  ['cat', fn('...any', (...values: GoValue[]) => joinTexts(present(values).map(goPrint), ' '))],
  ['indent', fn('int,string', indent)],
  ['nindent', fn('int,string', (width: number, text: string) => `\n${indent(width, text)}`)],
  ['replace', fn('string,string,string', (from: string, to: string, text: string) => replaceAll(text, from, to))],
  ['plural', fn('string,string,int', (one: string, many: string, count: number) => (count === 1 ? one : many))],
  ['toString', fn('any', toText)],
  ['toStrings', fn('any', (value: GoValue) => stringList(toTexts(value)))],
  ['join', fn('string,any', (separator: string, value: GoValue) => joinTexts(toTexts(value), separator))],
  ['split', fn('string,string', (separator: string, text: string) => numbered(splitText(text, separator)))],
  ['splitList', fn('string,string', (separator: string, text: string) => stringList(splitText(text, separator)))],
  [
    'splitn',
    fn('string,int,string', (separator: string, count: number, text: string) =>
      numbered(splitText(text, separator, count)),
    ),
  ],
];

function present(values: readonly GoValue[]): GoValue[] {
  return values.filter((value) => value !== null && value !== undefined);
}

function upper(text: string): string {
  return mapCase(text, 'upper');
}
function lower(text: string): string {
  return mapCase(text, 'lower');
}

/** Go maps character by character: `ß` stays. */
function mapCase(text: string, to: 'upper' | 'lower'): string {
  if (isAscii(text)) return to === 'upper' ? text.toUpperCase() : text.toLowerCase();
  return Array.from(text, (char) => {
    const mapped = to === 'upper' ? char.toUpperCase() : char.toLowerCase();
    if ([...mapped].length === 1) return mapped;
    return to === 'lower' ? lowerRune(char) : char;
  }).join('');
}

function swapCase(text: string): string {
  let afterSpace = true;
  return Array.from(text, (char) => {
    const isUpper = /\p{Lu}/u.test(char) || /\p{Lt}/u.test(char);
    const isLower = /\p{Ll}/u.test(char);
    const swapped = isUpper ? lower(char) : isLower ? upper(char) : char;
    afterSpace = /\s/u.test(char);
    return swapped;
  }).join(afterSpace ? '' : '');
}

function trimSpace(text: string): string {
  return text
    .replace(/^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u, '')
    .replace(/[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/u, '');
}

function trimSet(text: string, cut: string): string {
  const set = new Set(cut);
  const chars = [...text];
  let start = 0;
  let end = chars.length;
  while (start < end && set.has(chars[start] as string)) start++;
  while (end > start && set.has(chars[end - 1] as string)) end--;
  return chars.slice(start, end).join('');
}

function truncate(count: number, text: string): string {
  const length = byteLength(text);
  if (count < 0 && length + count > 0) return sliceBytes(text, length + count, length);
  return count >= 0 && length > count ? sliceBytes(text, 0, count) : text;
}

function substring(start: number, end: number, text: string): string {
  const length = byteLength(text);
  if (start < 0) return checkedSlice(text, 0, end);
  return checkedSlice(text, start, end < 0 || end > length ? length : end);
}

function checkedSlice(text: string, start: number, end: number): string {
  const length = byteLength(text);
  if (end < 0 || end > length)
    throw new CallError(
      `runtime error: slice bounds out of range [:${end}]${end > length ? ` with length ${length}` : ''}`,
    );
  if (start > end) throw new CallError(`runtime error: slice bounds out of range [${start}:${end}]`);
  return sliceBytes(text, start, end);
}

function repeat(count: number, text: string): string {
  if (count < 0) throw new CallError('strings: negative Repeat count');
  checkText(count * text.length);
  return text.repeat(count);
}

function indent(width: number, text: string): string {
  const pad = repeat(width, ' ');
  return joinTexts(
    text.split('\n').map((line) => pad + line),
    '\n',
  );
}

function replaceAll(text: string, from: string, to: string): string {
  if (from === '') return joinTexts(['', ...text, ''], to);
  return to.length <= from.length ? text.replaceAll(from, () => to) : joinTexts(text.split(from), to);
}

const manyParts = 100_000;

function countOf(text: string, part: string): number {
  if (part === '') return text.length;
  let count = 1;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count++;
  return count;
}

/** strings.SplitN; a count of 0 gives nothing, a negative one everything. */
export function splitText(text: string, separator: string, count = -1): string[] {
  if (count === 0) return [];
  if (text.length > manyParts) checkList(countOf(text, separator));
  const all = separator === '' ? [...text] : text.split(separator);
  if (count < 0 || all.length <= count) return all;
  return [...all.slice(0, count - 1), all.slice(count - 1).join(separator)];
}

function numbered(parts: readonly string[]): GoValue {
  return typedMap('map[string]string', Object.fromEntries(parts.map((part, i) => [`_${i}`, part])));
}

/** goutils.AbbreviateFull */
function abbreviate(text: string, left: number, width: number): string {
  const length = byteLength(text);
  if (text === '' || width < 4 || (left > 0 && width < 7) || length <= width) return text;
  let offset = Math.min(left, length);
  if (length - offset < width - 3) offset = length - (width - 3);
  const marker = '...';
  if (offset <= 4) return sliceBytes(text, 0, width - 3) + marker;
  if (offset + width - 3 < length) return marker + abbreviate(sliceBytes(text, offset, length), 0, width - 3);
  return marker + sliceBytes(text, length - (width - 3), length);
}

/** The bytes of a text, each as the character of its number. */
function byteChars(text: string): string {
  return isAscii(text) ? text : Array.from(toBytes(text), (byte) => String.fromCharCode(byte)).join('');
}

const byteSpaces = /[\t-\r \u0085\u00a0]/g;
const byteInitials = /(?:^|[\t-\r \u0085\u00a0])([^\t-\r \u0085\u00a0])/g;

/** goutils.WrapCustom */
function wrap(text: string, how: { width: number; newline: string; breaks: boolean }): string {
  const width = Math.max(how.width, 1);
  const bytes = toBytes(text);
  let result = '';
  let offset = 0;
  const part = (from: number, to: number): string => fromBytes(bytes.subarray(from, to));
  while (bytes.length - offset > width) {
    if (bytes[offset] === 0x20) {
      offset++;
      continue;
    }
    const end = bytes.lastIndexOf(0x20, offset + width);
    if (end >= offset) {
      result += part(offset, end) + how.newline;
      offset = end + 1;
    } else if (how.breaks) {
      result += part(offset, offset + width) + how.newline;
      offset += width;
    } else {
      const next = bytes.indexOf(0x20, offset + width);
      if (next < 0) break;
      result += part(offset, next) + how.newline;
      offset = next + 1;
    }
  }
  return result + part(offset, bytes.length);
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const digits = '0123456789';
const asciiText = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');

function chance(ports: TemplatePorts): [string, GoFunction][] {
  const from = (alphabet: string): GoFunction => fn('int', (count: number) => randomText(ports, alphabet, count));
  return [
    ['randAlphaNum', from(letters + digits)],
    ['randAlpha', from(letters)],
    ['randNumeric', from(digits)],
    ['randAscii', from(asciiText)],
    ['shuffle', fn('string', (text: string) => shuffle(ports, text))],
    ['randInt', fn('int,int', (min: number, max: number) => randomInt(ports, min, max))],
  ];
}

/** Without bias: bytes beyond the last whole multiple are thrown away. */
function randomText(ports: TemplatePorts, alphabet: string, count: number): string {
  checkText(count);
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < count) {
    for (const byte of ports.randomBytes(count - text.length))
      if (byte < limit) text += alphabet[byte % alphabet.length];
  }
  return text;
}

function randomInt(ports: TemplatePorts, min: number, max: number): GoValue {
  if (max <= min) throw new CallError('invalid argument to Intn');
  return int(min + Number(randomBigInt(ports) % BigInt(max - min)));
}

function randomBigInt(ports: TemplatePorts): bigint {
  return ports.randomBytes(16).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function shuffle(ports: TemplatePorts, text: string): string {
  const chars = [...text];
  for (let i = chars.length - 1; i > 0; i--) {
    const j = Number(randomBigInt(ports) % BigInt(i + 1));
    [chars[i], chars[j]] = [chars[j] as string, chars[i] as string];
  }
  return chars.join('');
}
