/**
 * What encoding/json finds wrong with a text, in its words:
 *
 *   jsonSyntaxError('{"a" 1}')   →   invalid character '1' after object key
 */
import { toBytes } from '#lang/gotemplate/bytes.ts';
import { goQuote } from '#lang/gotemplate/quote.ts';

/** Undefined if the text is one JSON value. Linear in its length, without recursion. */
export function jsonSyntaxError(text: string): string | undefined {
  const scanner = new Scanner(toBytes(text));
  try {
    scanner.run();
    return undefined;
  } catch (error) {
    if (error instanceof JsonSyntax) return error.message;
    throw error;
  }
}

class JsonSyntax extends Error {}

const maxDepth = 10_000;
const literals: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };
/** What stands open, from the outside in. */
type Open = 'array' | 'object';

/** Invariant: `#at` is the next byte that is not read yet. */
class Scanner {
  readonly #bytes: Uint8Array;
  readonly #open: Open[] = [];
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  run(): void {
    for (;;) {
      if (this.#beginValue()) continue;
      if (this.#endValue()) return;
    }
  }

  /** True if the value goes on inside: an array or object was opened. */
  #beginValue(): boolean {
    const char = this.#peek();
    if (char === '[' || char === '{') return this.#openOne(char === '[' ? 'array' : 'object');
    if (char === '"') this.#string();
    else if (literals[char] !== undefined) this.#literal(literals[char]);
    else if (/[-0-9]/.test(char)) this.#number();
    else this.#fail('looking for beginning of value');
    return false;
  }

  /** False if it is closed at once. */
  #openOne(kind: Open): boolean {
    this.#at++;
    const char = this.#peek();
    if (char === (kind === 'array' ? ']' : '}')) {
      this.#at++;
      return false;
    }
    this.#open.push(kind);
    if (this.#open.length > maxDepth) throw new JsonSyntax('exceeded max depth');
    if (kind === 'object') this.#key();
    return true;
  }

  #key(): void {
    if (this.#peek() !== '"') this.#fail('looking for beginning of object key string');
    this.#string();
    if (this.#peek() !== ':') this.#fail('after object key');
    this.#at++;
  }

  /** True at the end of the text. */
  #endValue(): boolean {
    for (;;) {
      const open = this.#open.at(-1);
      if (open === undefined) {
        this.#skipSpace();
        if (this.#at < this.#bytes.length) this.#fail('after top-level value');
        return true;
      }
      const char = this.#peek();
      if (char === ',') {
        this.#at++;
        if (open === 'object') this.#key();
        return false;
      }
      if (char !== (open === 'array' ? ']' : '}')) {
        this.#fail(open === 'array' ? 'after array element' : 'after object key:value pair');
      }
      this.#at++;
      this.#open.pop();
    }
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const char = this.#char();
      if (char < ' ') this.#fail('in string literal');
      this.#at++;
      if (char === '"') return;
      if (char === '\\') this.#escape();
    }
  }

  #escape(): void {
    const char = this.#char();
    if (!'bfnrt\\/"u'.includes(char)) this.#fail('in string escape code');
    this.#at++;
    if (char !== 'u') return;
    for (let i = 0; i < 4; i++, this.#at++) {
      if (!/[0-9a-fA-F]/.test(this.#char())) this.#fail('in \\u hexadecimal character escape');
    }
  }

  #literal(word: string): void {
    this.#at++;
    for (const expected of word.slice(1)) {
      if (this.#char() !== expected) this.#fail(`in literal ${word} (expecting '${expected}')`);
      this.#at++;
    }
  }

  #number(): void {
    if (this.#char() === '-') this.#at++;
    const first = this.#char();
    if (!/[0-9]/.test(first)) this.#fail('in numeric literal');
    this.#at++;
    if (first !== '0') this.#digits();
    if (this.#is('.')) {
      this.#at++;
      this.#needDigit('after decimal point in numeric literal');
    }
    if (this.#is('e') || this.#is('E')) {
      this.#at++;
      if (this.#is('+') || this.#is('-')) this.#at++;
      this.#needDigit('in exponent of numeric literal');
    }
  }

  #needDigit(place: string): void {
    if (!/[0-9]/.test(this.#char())) this.#fail(place);
    this.#digits();
  }

  #digits(): void {
    while (this.#at < this.#bytes.length && /[0-9]/.test(this.#char())) this.#at++;
  }

  #is(char: string): boolean {
    return this.#bytes[this.#at] === char.charCodeAt(0);
  }

  #skipSpace(): void {
    while (this.#at < this.#bytes.length && ' \t\r\n'.includes(this.#char())) this.#at++;
  }

  #peek(): string {
    this.#skipSpace();
    return this.#char();
  }

  #char(): string {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new JsonSyntax('unexpected end of JSON input');
    return String.fromCharCode(byte);
  }

  #fail(place: string): never {
    const char = this.#char();
    const shown = char === "'" ? `'\\''` : char === '"' ? `'"'` : `'${goQuote(char).slice(1, -1)}'`;
    throw new JsonSyntax(`invalid character ${shown} ${place}`);
  }
}
