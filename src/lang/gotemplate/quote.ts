/** strconv's Quote and Unquote. */
import { fromBytes } from '#lang/gotemplate/bytes.ts';

const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
const simple = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const named: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** strconv.Quote, %q. */
export function goQuote(text: string): string {
  return simple.test(text) ? `"${text}"` : quoteWith(text, '"');
}

/** Whether unicode.IsPrint holds for a character. */
export function isPrint(char: string): boolean {
  return !unprintable.test(char);
}

/** Quotes with the given quote character; used for %q of runes as well. */
export function quoteWith(text: string, quote: string, asciiOnly = false): string {
  let result = quote;
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (char === quote) result += `\\${char}`;
    else if (named[char] !== undefined) result += named[char];
    else if (code >= 0xdc80 && code <= 0xdcff) result += `\\x${(code - 0xdc00).toString(16)}`;
    else if (isPrint(char) && (code < 0x80 || !asciiOnly)) result += char;
    else result += escapeCode(code);
  }
  return result + quote;
}

function escapeCode(code: number): string {
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

const plainEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** strconv.Unquote of a literal with its quotes; undefined = invalid syntax. */
export function unquote(literal: string): string | undefined {
  const quote = literal[0];
  const body = literal.slice(1, -1);
  if (quote === '`') return body.replaceAll('\r', '');
  if (!body.includes('\\')) return body;
  let result = '';
  const bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) result += fromBytes(Uint8Array.from(bytes));
    bytes.length = 0;
  };
  for (let i = 0; i < body.length; ) {
    if (body[i] !== '\\') {
      flush();
      result += body[i++];
      continue;
    }
    const escape = readEscape(body, i + 1, quote as string);
    if (escape === undefined) return undefined;
    if (escape.byte !== undefined) bytes.push(escape.byte);
    else {
      flush();
      result += escape.text ?? '';
    }
    i = escape.next;
  }
  flush();
  return result;
}

interface Escape {
  readonly next: number;
  readonly text?: string;
  readonly byte?: number;
}

function readEscape(body: string, at: number, quote: string): Escape | undefined {
  const char = body[at] ?? '';
  const plain = plainEscapes[char];
  if (plain !== undefined) return { next: at + 1, text: plain };
  if (char === quote && (quote === '"' || quote === "'")) return { next: at + 1, text: char };
  const width = char === 'x' ? 2 : char === 'u' ? 4 : char === 'U' ? 8 : 0;
  if (width > 0) {
    const digits = body.slice(at + 1, at + 1 + width);
    if (digits.length !== width || !/^[0-9a-fA-F]+$/.test(digits)) return undefined;
    const code = Number.parseInt(digits, 16);
    if (char === 'x') return { next: at + 3, byte: code };
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
    return { next: at + 1 + width, text: String.fromCodePoint(code) };
  }
  const octal = /^[0-3][0-7]{2}/.exec(body.slice(at, at + 3));
  return octal === null ? undefined : { next: at + 3, byte: Number.parseInt(octal[0], 8) };
}
