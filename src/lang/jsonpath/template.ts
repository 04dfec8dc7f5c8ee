/**
 * kubectl's JSONPath: templates with text and `{…}` actions. What an action may hold:
 *
 *   {.items[*].metadata.name}              fields, wildcards, indexes, slices [1:3:1], unions [0,2], ..name at any depth
 *   {.items[?(@.status.phase=="Running")]} filters
 *   {range .items[*]}{.metadata.name}{"\n"}{end}
 *
 * @see https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */

export type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' }
  | {
      readonly kind: 'slice';
      readonly from?: number;
      readonly to?: number;
      readonly step?: number;
      readonly isIndex: boolean;
    }
  | { readonly kind: 'union'; readonly parts: readonly (readonly Step[])[] }
  | {
      readonly kind: 'filter';
      readonly left: readonly Step[];
      readonly right: readonly Step[];
      readonly operator: string;
    }
  | { readonly kind: 'value'; readonly value: string | number | boolean }
  | { readonly kind: 'identifier'; readonly name: string };

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly steps: readonly Step[] }
  | { readonly kind: 'range'; readonly steps: readonly Step[]; readonly body: readonly Part[] };

/** A template that cannot be read or applied; the message is kubectl's. */
export class JsonPathError extends Error {
  override name = 'JsonPathError';
}

/** Throws {@link JsonPathError}. */
export function parseTemplate(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('{', at);
    if (open < 0) {
      parts.push({ kind: 'text', text: text.slice(at) });
      break;
    }
    if (open > at) parts.push({ kind: 'text', text: text.slice(at, open) });
    const scanner = new Scanner(text, open + 1);
    parts.push({ kind: 'path', steps: scanner.steps() });
    at = scanner.at;
  }
  return nested(parts);
}

/** Puts what stands between `range` and `end` into the range. */
function nested(flat: readonly Part[]): Part[] {
  const stack: { steps: readonly Step[]; body: Part[] }[] = [{ steps: [], body: [] }];
  const top = (): { steps: readonly Step[]; body: Part[] } => stack.at(-1) as (typeof stack)[number];
  for (const part of flat) {
    const word = part.kind === 'path' && part.steps[0]?.kind === 'identifier' ? part.steps[0].name : '';
    if (part.kind === 'path' && word === 'range') stack.push({ steps: part.steps.slice(1), body: [] });
    else if (word === 'end') {
      if (stack.length === 1) throw new JsonPathError('not in range, nothing to end');
      const { steps, body } = stack.pop() as (typeof stack)[number];
      top().body.push({ kind: 'range', steps, body });
    } else top().body.push(part);
  }
  while (stack.length > 1) {
    const { steps, body } = stack.pop() as (typeof stack)[number];
    top().body.push({ kind: 'range', steps, body });
  }
  return top().body;
}

function parsePath(text: string): readonly Step[] {
  return new Scanner(`${text}}`, 0).steps();
}

const terminators = new Set([' ', '\t', '\r', '\n', '.', ',', '[', ']', '$', '@', '{', '}', '']);
const isWord = (c: string): boolean => /^[\p{L}\p{Nd}_]$/u.test(c);

/** Reads the inside of one action; `at` ends behind its closing brace. */
class Scanner {
  at: number;
  readonly #text: string;
  readonly #steps: Step[] = [];

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  steps(): readonly Step[] {
    while (!this.#text.startsWith('}', this.at)) this.#step();
    this.at++;
    return this.#steps;
  }

  #peek(): string {
    return this.#text[this.at] ?? '';
  }

  #step(): void {
    const c = this.#peek();
    if (this.#text.startsWith('[?(', this.at)) return this.#filter();
    if (this.#text.startsWith('..', this.at)) return this.#recursive();
    if (c === '' || c === '\n' || c === '\r') throw new JsonPathError('unclosed action');
    this.at++;
    if (c === ' ' || c === '@' || c === '$') return;
    if (c === '[') return this.#array();
    if (c === '"' || c === "'") return this.#quote(c);
    if (c === '.') return this.#field();
    this.at--;
    if (c === '+' || c === '-' || /\d/.test(c)) return this.#number();
    if (isWord(c)) return this.#identifier();
    const code = (c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    throw new JsonPathError(`unrecognized character in action: U+${code} '${c}'`);
  }

  #until(isEnd: (c: string) => boolean): string {
    const start = this.at;
    while (this.at < this.#text.length && !isEnd(this.#peek())) this.at += this.#peek() === '\\' ? 2 : 1;
    return this.#text.slice(start, this.at);
  }

  #identifier(): void {
    const word = this.#until((c) => terminators.has(c));
    if (word === 'true' || word === 'false') this.#steps.push({ kind: 'value', value: word === 'true' });
    else this.#steps.push({ kind: 'identifier', name: word });
  }

  #field(): void {
    const name = this.#until((c) => terminators.has(c));
    if (name === '*') this.#steps.push({ kind: 'wildcard' });
    else this.#steps.push({ kind: 'field', name: name.replaceAll('\\', '') });
  }

  #recursive(): void {
    if (this.#steps.at(-1)?.kind === 'recursive') throw new JsonPathError('invalid multiple recursive descent');
    this.at += 2;
    this.#steps.push({ kind: 'recursive' });
    if (isWord(this.#peek())) this.#field();
  }

  #number(): void {
    const text = /^[+-]?[\d.]*/.exec(this.#text.slice(this.at))?.[0] ?? '';
    this.at += text.length;
    const value = Number(text);
    if (text === '' || Number.isNaN(value)) throw new JsonPathError(`cannot parse number ${text}`);
    this.#steps.push({ kind: 'value', value });
  }

  #quote(end: string): void {
    const start = this.at;
    for (; ; this.at++) {
      const c = this.#peek();
      if (c === '' || c === '\n') throw new JsonPathError('unterminated quoted string');
      if (c === end && this.#text[this.at - 1] !== '\\') break;
    }
    const value = unquote(this.#text.slice(start, this.at));
    this.at++;
    this.#steps.push({ kind: 'value', value });
  }

  #array(): void {
    const end = this.#text.slice(this.at).search(/[\]\n]/);
    if (end < 0 || this.#text[this.at + end] === '\n') throw new JsonPathError('unterminated array');
    const text = this.#text.slice(this.at, this.at + end);
    this.at += end + 1;
    const parts = text.split(',');
    if (parts.length > 1)
      this.#steps.push({ kind: 'union', parts: parts.map((part) => parsePath(`[${part.trim()}]`)) });
    else this.#steps.push(...arraySteps(text));
  }

  #filter(): void {
    this.at += 3;
    const start = this.at;
    let quote = '';
    for (; ; this.at++) {
      const c = this.#peek();
      if (c === '' || c === '\n') throw new JsonPathError('unterminated filter');
      if (quote === '' && (c === '"' || c === "'")) quote = c;
      else if (c === quote && this.#text[this.at - 1] !== '\\') quote = '';
      else if (c === ')' && quote === '') break;
    }
    const text = this.#text.slice(start, this.at);
    this.at++;
    if (this.#peek() !== ']') throw new JsonPathError('unclosed array expect ]');
    this.at++;
    const match = /^([^!<>=]+)([!<>=]+)(.+?)$/s.exec(text);
    const [, left = text, operator = 'exists', right] = match ?? [];
    this.#steps.push({
      kind: 'filter',
      left: parsePath(left),
      right: right === undefined ? [] : parsePath(right),
      operator,
    });
  }
}

function arraySteps(text: string): readonly Step[] {
  const key = /^'([^']*)'$/.exec(text);
  if (key !== null) return parsePath(`.${key[1]}`);
  const slice = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text === '*' ? ':' : text);
  if (slice === null) throw new JsonPathError(`invalid array index ${text}`);
  const [, from = '', to, step] = slice;
  const known = (name: 'from' | 'to' | 'step', digits: string | undefined): { readonly [name: string]: number } =>
    digits === undefined || digits === '' ? {} : { [name]: Number(digits) };
  return [
    {
      kind: 'slice',
      ...known('from', from),
      ...known('to', to?.slice(1)),
      ...known('step', step?.slice(1)),
      isIndex: to === undefined,
    },
  ];
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07' };

function unquote(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/gs, (_all, code: string) => {
    if (/^[ux]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
    return escapes[code] ?? code;
  });
}

/** The template of a custom column: `.a.b`, `a.b` and `{a.b}` all mean `{.a.b}`. */
export function relaxedExpression(text: string): string {
  if (text === '') return text;
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(text);
  if (match === null) {
    const forms = "a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'";
    throw new JsonPathError(`unexpected path string, expected ${forms}`);
  }
  return `{.${match[1] ?? match[2]}}`;
}
