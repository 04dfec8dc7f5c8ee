/** Reads the query form of label selectors, with upstream's grammar and messages. */
import { fieldError, fieldErrorBody } from '#api/status.ts';
import {
  checkedRequirement,
  everything,
  makeSelector,
  SelectorError,
  type Requirement,
  type Selector,
  type SelectorOperator,
} from '#api/meta/label-selector.ts';
import { isQualifiedName } from '#api/meta/names.ts';

interface Token {
  readonly kind: 'word' | 'end' | 'error' | 'in' | 'notin' | ')' | ',' | '!' | '==' | '=' | '>' | '<' | '!=' | '(';
  readonly text: string;
}

const symbols: ReadonlySet<string> = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '(']);
const isSymbol = (c: string): boolean => c !== '' && '=!(),><'.includes(c);
const isBlank = (c: string): boolean => c === ' ' || c === '\t' || c === '\r' || c === '\n';

/** Throws {@link SelectorError} with upstream's message. '' selects everything. */
export function parseLabelSelector(text: string): Selector {
  if (text === '') return everything;
  return makeSelector(new Parser(tokens(text)).parse());
}

function tokens(text: string): Token[] {
  const list: Token[] = [];
  let at = 0;
  while (true) {
    while (at < text.length && isBlank(text[at] as string)) at++;
    if (at >= text.length) break;
    const start = at;
    if (isSymbol(text[at] as string)) {
      const [token, next] = symbolAt(text, at);
      list.push(token);
      at = next;
      continue;
    }
    while (at < text.length && !isSymbol(text[at] as string) && !isBlank(text[at] as string)) at++;
    const word = text.slice(start, at);
    list.push({ kind: word === 'in' || word === 'notin' ? word : 'word', text: word });
  }
  list.push({ kind: 'end', text: '' });
  return list;
}

/** The longest operator at a position: characters are taken as long as they make one. */
function symbolAt(text: string, start: number): [Token, number] {
  let found = '';
  let at = start;
  let taken = '';
  while (at < text.length && isSymbol(text[at] as string)) {
    taken += text[at];
    if (symbols.has(taken)) found = taken;
    else if (found !== '') break;
    at++;
  }
  if (found === '') return [{ kind: 'error', text: `error expected: keyword found '${taken}'` }, at];
  return [{ kind: found as Token['kind'], text: found }, at];
}

const binaryOperators: Readonly<Record<string, SelectorOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

class Parser {
  #tokens: readonly Token[];
  #at = 0;

  constructor(list: readonly Token[]) {
    this.#tokens = list;
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    while (true) {
      const token = this.#peek();
      if (token.kind === 'end') return requirements;
      if (!startsRequirement(token))
        throw new SelectorError(`found '${token.text}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.#wrapped());
      const after = this.#next();
      if (after.kind === 'end') return requirements;
      if (after.kind !== ',') throw new SelectorError(`found '${after.text}', expected: ',' or 'end of string'`);
      if (!startsRequirement(this.#peek()))
        throw new SelectorError(`found '${this.#peek().text}', expected: identifier after ','`);
    }
  }

  #wrapped(): Requirement {
    try {
      return this.#requirement();
    } catch (error) {
      throw new SelectorError(`unable to parse requirement: ${(error as Error).message}`);
    }
  }

  #requirement(): Requirement {
    let token = this.#next();
    const isNegated = token.kind === '!';
    if (isNegated) token = this.#next();
    if (!isWord(token)) throw new SelectorError(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const messages = isQualifiedName(key);
    if (messages.length > 0)
      throw new SelectorError(`<nil>: ${fieldErrorBody(fieldError.invalid('', key, messages.join('; ')))}`);
    const follows = this.#peek().kind;
    if (isNegated) return checkedRequirement(key, '!', []);
    if (follows === 'end' || follows === ',') return checkedRequirement(key, 'exists', []);
    const operator = this.#operator();
    const values = operator === 'in' || operator === 'notin' ? this.#values() : this.#exactValue();
    return checkedRequirement(key, operator, [...new Set(values)].sort());
  }

  #operator(): SelectorOperator {
    const token = this.#next();
    const operator = binaryOperators[token.kind];
    if (operator === undefined)
      throw new SelectorError(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`);
    return operator;
  }

  #exactValue(): string[] {
    const token = this.#peek();
    if (token.kind === 'end' || token.kind === ',') return [''];
    this.#at++;
    if (!isWord(token)) throw new SelectorError(`found '${token.text}', expected: identifier`);
    return [token.text];
  }

  #values(): string[] {
    const open = this.#next();
    if (open.kind !== '(') throw new SelectorError(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.kind === ')') {
      this.#at++;
      return [''];
    }
    if (!isWord(first) && first.kind !== ',')
      throw new SelectorError(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = this.#list();
    if (this.#next().kind !== ')') throw new SelectorError(`found '${first.text}', expected: ')'`);
    return values;
  }

  #list(): string[] {
    const values: string[] = [];
    while (true) {
      const token = this.#next();
      const after = this.#peek();
      if (isWord(token)) {
        values.push(token.text);
        if (after.kind === ')') return values;
        if (after.kind !== ',') throw new SelectorError(`found '${after.text}', expected: ',' or ')'`);
      } else if (token.kind === ',') {
        if (values.length === 0 || after.kind === ',') values.push('');
        if (after.kind === ')') return [...values, ''];
      } else throw new SelectorError(`found '${token.text}', expected: ',', or identifier`);
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }
}

/** `in` and `notin` are words wherever no operator can stand. */
function isWord(token: Token): boolean {
  return token.kind === 'word' || token.kind === 'in' || token.kind === 'notin';
}

function startsRequirement(token: Token): boolean {
  return isWord(token) || token.kind === '!';
}
