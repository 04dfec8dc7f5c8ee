/** Template text to tokens. One pass, linear in the text; the first thing that is no token ends the list as `error`. */
import { checkTokens } from '#lang/gotemplate/limits.ts';
import { goQuote } from '#lang/gotemplate/quote.ts';

export type TokenType =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelim'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelim'
  | 'rightParen'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | 'dot'
  | 'nil'
  | 'keyword';

export interface Token {
  readonly type: TokenType;
  readonly pos: number;
  readonly text: string;
  readonly line: number;
}

const keywords = new Set('block break continue define else end if range template with'.split(' '));
const alphaNumeric = /[\p{L}\p{Nd}_]/u;
const word = /[\p{L}\p{Nd}_]*/uy;
const numberStart = /[+-]?(?:0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*)/y;

/** All tokens of a text; the last one is `eof` or `error`. */
export function lex(text: string): Token[] {
  const lexer = new Lexer(text);
  lexer.run();
  return lexer.tokens;
}

/** Where the next line break is; behind everything if there is none. */
function breakFrom(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

class Stop extends Error {}

class Lexer {
  readonly tokens: Token[] = [];
  readonly #text: string;
  #pos = 0;
  #line = 1;
  /** The first line break that is not counted. */
  #nextBreak: number;

  constructor(text: string) {
    this.#text = text;
    this.#nextBreak = breakFrom(text, 0);
  }

  run(): void {
    try {
      while (this.#textPart()) this.#action();
      this.#emit('eof', this.#text.length, 'EOF');
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
  }

  #emit(type: TokenType, pos: number, text: string): void {
    this.tokens.push({ type, pos, text, line: this.#lineOf(pos) });
    checkTokens(this.tokens.length);
  }

  /** Lines are asked in rising order. */
  #lineOf(pos: number): number {
    while (this.#nextBreak < pos) {
      this.#line++;
      this.#nextBreak = breakFrom(this.#text, this.#nextBreak + 1);
    }
    return this.#line;
  }

  #fail(pos: number, message: string): never {
    this.#emit('error', pos, message);
    throw new Stop();
  }

  /** Text up to the next action; false at the end. Comments are passed over. */
  #textPart(): boolean {
    const text = this.#text;
    for (;;) {
      const open = text.indexOf('{{', this.#pos);
      const end = open < 0 ? text.length : open;
      const trims = open >= 0 && text.charCodeAt(open + 2) === dash && isSpace(text.charCodeAt(open + 3));
      let stop = end;
      if (trims) while (stop > this.#pos && isSpace(text.charCodeAt(stop - 1))) stop--;
      if (stop > this.#pos) this.#emit('text', this.#pos, text.slice(this.#pos, stop));
      this.#pos = end;
      if (open < 0) return false;
      const after = open + (trims ? 3 : 2);
      const comment = trims ? skipSpace(text, after) : after;
      if (!text.startsWith('/*', trims ? after + 1 : after)) {
        this.#emit('leftDelim', open, '{{');
        this.#pos = trims ? after + 1 : after;
        return true;
      }
      this.#comment(trims ? after + 1 : comment);
    }
  }

  #comment(start: number): void {
    const text = this.#text;
    const close = text.indexOf('*/', start + 2);
    if (close < 0) this.#fail(start, 'unclosed comment');
    let pos = close + 2;
    const trims = this.#atTrimmedEnd(pos);
    if (!trims && !text.startsWith('}}', pos)) this.#fail(start, 'comment ends before closing delimiter');
    pos += trims ? 4 : 2;
    this.#pos = trims ? skipSpace(text, pos) : pos;
  }

  #action(): void {
    const text = this.#text;
    let depth = 0;
    for (;;) {
      const start = this.#pos;
      const code = text.charCodeAt(start);
      const trims = isSpace(code) && this.#atTrimmedEnd(start);
      if (trims || (code === closing && text.charCodeAt(start + 1) === closing)) {
        if (depth !== 0) this.#fail(start, 'unclosed left paren');
        this.#emit('rightDelim', trims ? start + 2 : start, '}}');
        this.#pos = trims ? skipSpace(text, start + 4) : start + 2;
        return;
      }
      if (start >= text.length) this.#fail(start, 'unclosed action');
      if (code === 0x28) depth++;
      else if (code === 0x29 && --depth < 0) this.#fail(start, 'unexpected right paren');
      this.#token(code, start);
    }
  }

  #atTrimmedEnd(pos: number): boolean {
    const text = this.#text;
    if (text.charCodeAt(pos + 1) !== dash || !isSpace(text.charCodeAt(pos))) return false;
    return text.charCodeAt(pos + 2) === closing && text.charCodeAt(pos + 3) === closing;
  }

  #take(type: TokenType, end: number): void {
    this.#emit(type, this.#pos, this.#text.slice(this.#pos, end));
    this.#pos = end;
  }

  #token(code: number, start: number): void {
    if (isSpace(code)) return this.#space(start);
    if (isLetter(code)) return this.#identifier();
    const text = this.#text;
    switch (code) {
      case 0x3d: // =
        return this.#take('assign', start + 1);
      case 0x3a: // :
        if (text.charCodeAt(start + 1) !== 0x3d) this.#fail(start, 'expected :=');
        return this.#take('declare', start + 2);
      case 0x7c: // |
        return this.#take('pipe', start + 1);
      case 0x28:
        return this.#take('leftParen', start + 1);
      case 0x29:
        return this.#take('rightParen', start + 1);
      case 0x22:
        return this.#quoted(0x22, 'string', 'unterminated quoted string');
      case 0x27:
        return this.#quoted(0x27, 'charConstant', 'unterminated character constant');
      case 0x60: {
        const end = text.indexOf('`', start + 1);
        if (end < 0) this.#fail(start, 'unterminated raw quoted string');
        return this.#take('rawString', end + 1);
      }
      case 0x24: // $
        return this.#name(start + 1, 'variable');
    }
    const isDot = code === 0x2e;
    if (isDot && !isDigit(text.charCodeAt(start + 1)) && start + 1 < text.length) return this.#name(start + 1, 'field');
    if (isDot || code === 0x2b || code === dash || isDigit(code)) return this.#number();
    if (code >= 0x20 && code <= 0x7e) return this.#take('char', start + 1);
    const symbol = String.fromCodePoint(text.codePointAt(start) as number);
    if (alphaNumeric.test(symbol)) return this.#identifier();
    this.#fail(start, `unrecognized character in action: ${unicodeText(symbol)}`);
  }

  #space(start: number): void {
    const text = this.#text;
    let end = skipSpace(text, start + 1);
    if (text.charCodeAt(end) === dash && text.startsWith('}}', end + 1)) end--;
    if (end > start) this.#take('space', end);
  }

  #quoted(quote: number, type: TokenType, message: string): void {
    const text = this.#text;
    for (let i = this.#pos + 1; ; i++) {
      const code = text.charCodeAt(i);
      if (code === quote) return this.#take(type, i + 1);
      if (code === 0x5c) i++;
      if (i >= text.length || text.charCodeAt(i) === 0x0a) this.#fail(this.#pos, message);
    }
  }

  #name(from: number, type: 'variable' | 'field'): void {
    const end = wordEnd(this.#text, from);
    this.#checkTerminator(end);
    this.#take(end === from && type === 'field' ? 'dot' : type, end);
  }

  #identifier(): void {
    const end = wordEnd(this.#text, this.#pos);
    const name = this.#text.slice(this.#pos, end);
    this.#checkTerminator(end);
    if (keywords.has(name)) this.#take('keyword', end);
    else if (name === 'nil') this.#take('nil', end);
    else this.#take(name === 'true' || name === 'false' ? 'bool' : 'identifier', end);
  }

  #checkTerminator(at: number): void {
    const text = this.#text;
    const code = text.charCodeAt(at);
    if (at >= text.length || isSpace(code) || isTerminator(code)) return;
    if (code === closing && text.charCodeAt(at + 1) === closing) return;
    this.#fail(this.#pos, `bad character ${unicodeText(String.fromCodePoint(text.codePointAt(at) as number))}`);
  }

  #number(): void {
    const first = this.#scanNumber(this.#pos);
    const next = this.#text[first.end];
    if (!first.ok) this.#fail(this.#pos, `bad number syntax: ${goQuote(this.#text.slice(this.#pos, first.end))}`);
    if (next !== '+' && next !== '-') return this.#take('number', first.end);
    const second = this.#scanNumber(first.end);
    if (!second.ok || this.#text[second.end - 1] !== 'i') {
      this.#fail(this.#pos, `bad number syntax: ${goQuote(this.#text.slice(this.#pos, second.end))}`);
    }
    this.#take('complex', second.end);
  }

  #scanNumber(from: number): { end: number; ok: boolean } {
    const text = this.#text;
    const short = digitsEnd(text, from);
    if (short > from && isNumberEnd(text.charCodeAt(short))) return { end: short, ok: true };
    numberStart.lastIndex = from;
    const head = numberStart.exec(text)?.[0] ?? '';
    const hex = /0[xX]/.test(head);
    const digits = hex ? '[0-9a-fA-F_]*' : '[0-9_]*';
    const tail = new RegExp(`(?:\\.${digits})?${hex ? '(?:[pP][+-]?[0-9_]*)?' : '(?:[eE][+-]?[0-9_]*)?'}i?`, 'y');
    tail.lastIndex = from + head.length;
    const end = tail.lastIndex + (tail.exec(text)?.[0].length ?? 0);
    const after = text.codePointAt(end);
    if (after === undefined || !alphaNumeric.test(String.fromCodePoint(after))) return { end, ok: true };
    return { end: end + (after > 0xffff ? 2 : 1), ok: false };
  }
}

const dash = 0x2d;
const closing = 0x7d;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** ASCII's, and the underscore. */
function isLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f;
}

/** One of `.,|:)(` */
function isTerminator(code: number): boolean {
  return code === 0x2e || code === 0x29 || code === 0x7c || code === 0x2c || code === 0x3a || code === 0x28;
}

/** Behind the letters, digits and underscores from a position on; Unicode is asked only if there are others than ASCII's. */
function wordEnd(text: string, from: number): number {
  let end = from;
  let code = text.charCodeAt(end);
  while (isLetter(code) || isDigit(code)) code = text.charCodeAt(++end);
  if (!(code > 0x7f)) return end;
  word.lastIndex = end;
  return end + (word.exec(text)?.[0].length ?? 0);
}

/** Behind the decimal digits of a number that does not begin with 0, unless it is 0 itself. */
function digitsEnd(text: string, from: number): number {
  let end = from;
  while (isDigit(text.charCodeAt(end))) end++;
  return text.charCodeAt(from) === 0x30 && end > from + 1 ? from : end;
}

/** What certainly ends a number. */
function isNumberEnd(code: number): boolean {
  return isSpace(code) || code === 0x29 || code === closing || code === 0x7c;
}

function skipSpace(text: string, from: number): number {
  let pos = from;
  while (isSpace(text.charCodeAt(pos))) pos++;
  return pos;
}

/** %#U */
function unicodeText(char: string): string {
  const code = char.codePointAt(0) as number;
  const hex = code.toString(16).toUpperCase().padStart(4, '0');
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char) ? `U+${hex} '${char}'` : `U+${hex}`;
}
