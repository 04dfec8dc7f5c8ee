/**
 * JSON as Go's encoding/json reads it, for the paths where exactness counts more than speed: every key in its order,
 * repeated ones included, numbers as they are written, lone surrogates replaced by U+FFFD, and Go's texts for syntax errors.
 */

import { maxJsonDepth } from '#lang/json/scan.ts';

export type JsonNode =
  | {
      readonly type: 'object';
      readonly entries: readonly (readonly [key: string, value: JsonNode])[];
      readonly start: number;
      readonly end: number;
    }
  | { readonly type: 'array'; readonly items: readonly JsonNode[]; readonly start: number; readonly end: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly source: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'null' };

/** The message is Go's: `invalid character '}' looking for beginning of value`. */
export class JsonSyntaxError extends Error {
  override name = 'JsonSyntaxError';
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Parses one JSON text. Throws {@link JsonSyntaxError}. */
export function parseJsonNode(bytes: Uint8Array): JsonNode {
  const parser = new Parser(bytes);
  return parser.document();
}

/** One pass over one text. */
class Parser {
  readonly #bytes: Uint8Array;
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  document(): JsonNode {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#bytes.length) this.#fail('after top-level value');
    return value;
  }

  #fail(context: string): never {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new JsonSyntaxError('unexpected end of JSON input');
    throw new JsonSyntaxError(`invalid character ${quoteByte(byte)} ${context}`);
  }

  #space(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at++;
    }
  }

  #value(): JsonNode {
    this.#space();
    const byte = this.#bytes[this.#at];
    switch (byte) {
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case 0x22:
        return { type: 'string', value: this.#string() };
      case 0x74:
        this.#literal('true');
        return { type: 'bool', value: true };
      case 0x66:
        this.#literal('false');
        return { type: 'bool', value: false };
      case 0x6e:
        this.#literal('null');
        return { type: 'null' };
      default:
        if (byte === 0x2d || isDigit(byte)) return { type: 'number', source: this.#number() };
        return this.#fail('looking for beginning of value');
    }
  }

  #enter(): number {
    if (++this.#depth > maxJsonDepth) this.#fail('exceeded max depth');
    return this.#at++;
  }

  #object(): JsonNode {
    const start = this.#enter();
    const entries: [string, JsonNode][] = [];
    this.#space();
    if (this.#bytes[this.#at] !== 0x7d) {
      for (;;) {
        this.#space();
        if (this.#bytes[this.#at] !== 0x22) this.#fail('looking for beginning of object key string');
        const key = this.#string();
        this.#space();
        if (this.#bytes[this.#at] !== 0x3a) this.#fail('after object key');
        this.#at++;
        entries.push([key, this.#value()]);
        this.#space();
        if (this.#bytes[this.#at] === 0x7d) break;
        if (this.#bytes[this.#at] !== 0x2c) this.#fail('after object key:value pair');
        this.#at++;
      }
    }
    this.#depth--;
    return { type: 'object', entries, start, end: ++this.#at };
  }

  #array(): JsonNode {
    const start = this.#enter();
    const items: JsonNode[] = [];
    this.#space();
    if (this.#bytes[this.#at] !== 0x5d) {
      for (;;) {
        items.push(this.#value());
        this.#space();
        if (this.#bytes[this.#at] === 0x5d) break;
        if (this.#bytes[this.#at] !== 0x2c) this.#fail('after array element');
        this.#at++;
      }
    }
    this.#depth--;
    return { type: 'array', items, start, end: ++this.#at };
  }

  #literal(word: string): void {
    for (let i = 1; i < word.length; i++) {
      this.#at++;
      if (this.#bytes[this.#at] !== word.charCodeAt(i))
        this.#fail(`in literal ${word} (expecting ${quoteByte(word.charCodeAt(i))})`);
    }
    this.#at++;
  }

  #number(): string {
    const start = this.#at;
    if (this.#bytes[this.#at] === 0x2d) {
      this.#at++;
      if (!isDigit(this.#bytes[this.#at])) this.#fail('in numeric literal');
    }
    if (this.#bytes[this.#at] === 0x30) this.#at++;
    else this.#digits();
    if (this.#bytes[this.#at] === 0x2e) {
      this.#at++;
      if (!isDigit(this.#bytes[this.#at])) this.#fail('after decimal point in numeric literal');
      this.#digits();
    }
    if (this.#bytes[this.#at] === 0x65 || this.#bytes[this.#at] === 0x45) {
      this.#at++;
      if (this.#bytes[this.#at] === 0x2b || this.#bytes[this.#at] === 0x2d) this.#at++;
      if (!isDigit(this.#bytes[this.#at])) this.#fail('in exponent of numeric literal');
      this.#digits();
    }
    return decoder.decode(this.#bytes.subarray(start, this.#at));
  }

  #digits(): void {
    while (isDigit(this.#bytes[this.#at])) this.#at++;
  }

  #string(): string {
    let text = '';
    let from = ++this.#at;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || byte < 0x20) this.#fail('in string literal');
      if (byte === 0x22) break;
      this.#at++;
      if (byte !== 0x5c) continue;
      text += decoder.decode(this.#bytes.subarray(from, this.#at - 1)) + this.#escape();
      from = this.#at;
    }
    text += decoder.decode(this.#bytes.subarray(from, this.#at++));
    return text.isWellFormed() ? text : text.toWellFormed();
  }

  #escape(): string {
    const letter = String.fromCharCode(this.#bytes[this.#at] ?? 0);
    const simple = escapes[letter];
    if (simple !== undefined) {
      this.#at++;
      return simple;
    }
    if (letter !== 'u') this.#fail('in string escape code');
    let code = 0;
    for (let i = 0; i < 4; i++) {
      this.#at++;
      const digit = hexValue(this.#bytes[this.#at]);
      if (digit < 0) this.#fail('in \\u hexadecimal character escape');
      code = code * 16 + digit;
    }
    this.#at++;
    return String.fromCharCode(code);
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

const namedControls: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  0x27: "\\'",
  0x5c: '\\\\',
};

/** A byte as Go quotes it in these messages. */
function quoteByte(byte: number): string {
  const named = namedControls[byte];
  if (named !== undefined) return `'${named}'`;
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, '0')}'`;
  if (byte >= 0x80 && byte < 0xa1) return `'\\u00${byte.toString(16)}'`;
  return `'${String.fromCharCode(byte)}'`;
}
