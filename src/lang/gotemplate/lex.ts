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
const spaces = /[ \t\r\n]+/y;
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
      const trims = open >= 0 && text[open + 2] === '-' && isSpace(text[open + 3]);
      let stop = end;
      if (trims) while (stop > this.#pos && isSpace(text[stop - 1])) stop--;
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
    const trims = isSpace(text[pos]) && text[pos + 1] === '-' && text.startsWith('}}', pos + 2);
    if (!trims && !text.startsWith('}}', pos)) this.#fail(start, 'comment ends before closing delimiter');
    pos += trims ? 4 : 2;
    this.#pos = trims ? skipSpace(text, pos) : pos;
  }

  #action(): void {
    const text = this.#text;
    let depth = 0;
    for (;;) {
      const start = this.#pos;
      const trims = this.#atTrimmedEnd(start);
      if (trims || text.startsWith('}}', start)) {
        if (depth !== 0) this.#fail(start, 'unclosed left paren');
        this.#emit('rightDelim', trims ? start + 2 : start, '}}');
        this.#pos = trims ? skipSpace(text, start + 4) : start + 2;
        return;
      }
      const char = text[start];
      if (char === undefined) this.#fail(start, 'unclosed action');
      if (char === '(') depth++;
      if (char === ')' && --depth < 0) this.#fail(start, 'unexpected right paren');
      this.#token(char, start);
    }
  }

  #atTrimmedEnd(pos: number): boolean {
    return isSpace(this.#text[pos]) && this.#text[pos + 1] === '-' && this.#text.startsWith('}}', pos + 2);
  }

  #take(type: TokenType, end: number): void {
    this.#emit(type, this.#pos, this.#text.slice(this.#pos, end));
    this.#pos = end;
  }

  #token(char: string, start: number): void {
    const text = this.#text;
    if (isSpace(char)) return this.#space(start);
    switch (char) {
      case '=':
        return this.#take('assign', start + 1);
      case ':':
        if (text[start + 1] !== '=') this.#fail(start, 'expected :=');
        return this.#take('declare', start + 2);
      case '|':
        return this.#take('pipe', start + 1);
      case '(':
        return this.#take('leftParen', start + 1);
      case ')':
        return this.#take('rightParen', start + 1);
      case '"':
        return this.#quoted('"', 'string', 'unterminated quoted string');
      case "'":
        return this.#quoted("'", 'charConstant', 'unterminated character constant');
      case '`': {
        const end = text.indexOf('`', start + 1);
        if (end < 0) this.#fail(start, 'unterminated raw quoted string');
        return this.#take('rawString', end + 1);
      }
      case '$':
        return this.#name(start + 1, 'variable');
    }
    if (char === '.' && !isDigit(text[start + 1]) && start + 1 < text.length) return this.#name(start + 1, 'field');
    if (char === '.' || char === '+' || char === '-' || isDigit(char)) return this.#number();
    const symbol = String.fromCodePoint(text.codePointAt(start) as number);
    if (alphaNumeric.test(symbol)) return this.#identifier();
    if (/^[\x20-\x7e]$/.test(symbol)) return this.#take('char', start + 1);
    this.#fail(start, `unrecognized character in action: ${unicodeText(symbol)}`);
  }

  #space(start: number): void {
    spaces.lastIndex = start;
    let end = start + (spaces.exec(this.#text)?.[0].length ?? 1);
    if (this.#text[end] === '-' && this.#text.startsWith('}}', end + 1)) end--;
    if (end > start) this.#take('space', end);
  }

  #quoted(quote: string, type: TokenType, message: string): void {
    const text = this.#text;
    for (let i = this.#pos + 1; ; i++) {
      const char = text[i];
      if (char === quote) return this.#take(type, i + 1);
      if (char === '\\') i++;
      if (text[i] === undefined || text[i] === '\n') this.#fail(this.#pos, message);
    }
  }

  #name(from: number, type: 'variable' | 'field'): void {
    word.lastIndex = from;
    const end = from + (word.exec(this.#text)?.[0].length ?? 0);
    this.#checkTerminator(end);
    this.#take(end === from && type === 'field' ? 'dot' : type, end);
  }

  #identifier(): void {
    word.lastIndex = this.#pos;
    const name = word.exec(this.#text)?.[0] ?? '';
    const end = this.#pos + name.length;
    this.#checkTerminator(end);
    if (keywords.has(name)) this.#take('keyword', end);
    else if (name === 'nil') this.#take('nil', end);
    else this.#take(name === 'true' || name === 'false' ? 'bool' : 'identifier', end);
  }

  #checkTerminator(at: number): void {
    const char = this.#text[at];
    if (char === undefined || isSpace(char) || '.,|:)('.includes(char) || this.#text.startsWith('}}', at)) return;
    this.#fail(this.#pos, `bad character ${unicodeText(String.fromCodePoint(this.#text.codePointAt(at) as number))}`);
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

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n';
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}

function skipSpace(text: string, from: number): number {
  let pos = from;
  while (isSpace(text[pos])) pos++;
  return pos;
}

/** %#U */
function unicodeText(char: string): string {
  const code = char.codePointAt(0) as number;
  const hex = code.toString(16).toUpperCase().padStart(4, '0');
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char) ? `U+${hex} '${char}'` : `U+${hex}`;
}
