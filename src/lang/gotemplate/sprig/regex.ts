/** sprig's functions on RE2 expressions; Go's regexp.FindAll, ReplaceAll and Split over re2-machine.ts. */
import { RE2JS } from '@bufbuild/re2';
import { checkList, checkText } from '#lang/gotemplate/limits.ts';
import { goQuote } from '#lang/gotemplate/quote.ts';
import { Machine } from '#lang/gotemplate/sprig/re2-machine.ts';
import type { Captures } from '#lang/gotemplate/sprig/re2-machine.ts';
import { CallError, TypedList, fn, scopedFn, stringList } from '#lang/gotemplate/value.ts';
import type { CallScope, GoFunction, GoValue } from '#lang/gotemplate/value.ts';

interface Expression {
  readonly pattern: string;
  readonly machine: Machine;
  /** Names by number of the group; undefined where it has none. */
  readonly names: readonly (string | undefined)[];
}

/** An expression at work in a run. */
interface Search extends Expression {
  spend(steps: number): void;
}

const cache = new Map<string, Expression>();
const maxCached = 1000;

function compile(pattern: string): Expression {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const { text, aliases } = uniqueNames(pattern);
  const compiled = RE2JS.compile(text);
  const names: (string | undefined)[] = [];
  for (const [name, group] of Object.entries(Object.fromEntries(compiled.namedGroups()))) {
    names[group as number] = aliases.get(name) ?? name;
  }
  const expression = { pattern, machine: new Machine(compiled), names };
  if (cache.size >= maxCached) cache.clear();
  cache.set(pattern, expression);
  return expression;
}

/** Go allows one name for several groups, the package does not. */
function uniqueNames(pattern: string): { text: string; aliases: ReadonlyMap<string, string> } {
  const aliases = new Map<string, string>();
  const seen = new Set<string>();
  const text = pattern.replace(/\\.|\(\?P?<(\w+)>/gsu, (all, name: string | undefined) => {
    if (name === undefined || !seen.has(name)) {
      if (name !== undefined) seen.add(name);
      return all;
    }
    const alias = `${name}__${aliases.size}`;
    aliases.set(alias, name);
    return `(?P<${alias}>`;
  });
  return { text, aliases };
}

function compiled(pattern: string, mode: 'must' | 'panic'): Expression {
  try {
    return compile(pattern);
  } catch (error) {
    const text = syntaxMessage(pattern, error);
    throw new CallError(mode === 'must' ? text : `regexp: Compile(${quoted(pattern)}): ${text}`);
  }
}

function syntaxMessage(pattern: string, error: unknown): string {
  if (!pattern.isWellFormed()) return `error parsing regexp: invalid UTF-8: \`${pattern}\``;
  const message = (error instanceof Error ? error.message : String(error)).replace(/^error parsing regexp: /, '');
  return `error parsing regexp: ${message}${message.includes(': `') ? '' : ': ``'}`;
}

function quoted(pattern: string): string {
  // oxlint-disable-next-line no-control-regex
  return /[`\0-\x08\x0a-\x1f\x7f\ufeff]/.test(pattern) || !pattern.isWellFormed() ? goQuote(pattern) : `\`${pattern}\``;
}

function runeWidth(text: string, at: number): number {
  const code = text.codePointAt(at);
  return code === undefined ? 0 : code > 0xffff ? 2 : 1;
}

/** regexp.FindAllStringSubmatchIndex: an empty match right behind another one is passed over. */
function findAll({ machine, spend }: Search, text: string, limit: number): Captures[] {
  const found: Captures[] = [];
  let previousEnd = -1;
  for (let at = 0; at <= text.length && (limit < 0 || found.length < limit); ) {
    const match = machine.find(text, at, spend);
    if (match === undefined) break;
    const [start, end] = match as [number, number];
    const isRepeated = end === at && start === previousEnd;
    if (end > at) at = end;
    else at += runeWidth(text, at) || text.length + 1;
    previousEnd = end;
    if (isRepeated) continue;
    found.push(match);
    checkList(found.length);
  }
  return found;
}

/** regexp.ReplaceAllString and its siblings. */
function replaceAll({ machine, spend }: Search, text: string, by: (match: Captures) => string): string {
  let result = '';
  let last = 0;
  for (let at = 0; at <= text.length; ) {
    const match = machine.find(text, at, spend);
    if (match === undefined) break;
    const [start, end] = match as [number, number];
    result += text.slice(last, start);
    if (end > last || start === 0) result += by(match);
    checkText(result.length);
    last = end;
    const width = runeWidth(text, at);
    if (at + width > end) at += width;
    else at = at + 1 > end ? at + 1 : end;
  }
  return result + text.slice(last);
}

const reference = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

/** regexp.Expand: `$name` is as long as it can be, groups that are not there are empty. */
function expand(
  template: string,
  text: string,
  { names, match }: { names: Expression['names']; match: Captures },
): string {
  const group = (index: number): string | undefined => {
    const start = match[2 * index] ?? -1;
    return start < 0 ? undefined : text.slice(start, match[2 * index + 1]);
  };
  return template.replace(reference, (all, braced?: string, bare?: string) => {
    if (all === '$$') return '$';
    const name = (braced ?? bare) as string;
    if (/^(?:0|[1-9][0-9]{0,8})$/.test(name)) return group(Number(name)) ?? '';
    for (let i = 0; i < names.length; i++) {
      const value = names[i] === name ? group(i) : undefined;
      if (value !== undefined) return value;
    }
    return '';
  });
}

/** regexp.Split; undefined = a nil slice. */
function split(expression: Search, text: string, count: number): string[] | undefined {
  if (count === 0) return undefined;
  if (expression.pattern !== '' && text === '') return [''];
  const parts: string[] = [];
  let from = 0;
  let end = 0;
  for (const match of findAll(expression, text, count)) {
    if (count > 0 && parts.length === count - 1) break;
    end = match[0] as number;
    if (match[1] !== 0) parts.push(text.slice(from, end));
    from = match[1] as number;
  }
  if (end !== text.length) parts.push(text.slice(from));
  return parts;
}

function texts(list: readonly string[] | undefined): GoValue {
  return list === undefined ? TypedList.nil('[]string') : stringList(list);
}

type Body = (expression: Search, text: string, rest: never) => GoValue;

/** A function and its `must` form, which differ in how they tell of a bad expression. */
function both(name: string, signature: string, body: Body): [string, GoFunction][] {
  const make = (mode: 'must' | 'panic'): GoFunction =>
    scopedFn(`string,${signature}`, (scope: CallScope, pattern: string, text: string, ...rest: never[]) => {
      return body(search(compiled(pattern, mode), scope), text, rest[0] as never);
    });
  return [
    [name, make('panic')],
    [`must${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, make('must')],
  ];
}

function search(expression: Expression, scope: CallScope): Search {
  return { ...expression, spend: (steps) => scope.spend(steps) };
}

const isMatch: Body = ({ machine, spend }, text) => machine.find(text, 0, spend) !== undefined;

export const regexFunctions: [string, GoFunction][] = [
  ...both('regexMatch', 'string', isMatch),
  [
    'regexMatch',
    scopedFn('string,string', (scope: CallScope, pattern: string, text: string) => {
      let expression: Expression;
      try {
        expression = compile(pattern);
      } catch {
        return false;
      }
      return isMatch(search(expression, scope), text, undefined as never);
    }),
  ],
  ...both('regexFindAll', 'string,int', (expression, text, count: number) => {
    const found = findAll(expression, text, count);
    return texts(found.length === 0 ? undefined : found.map((match) => text.slice(match[0], match[1])));
  }),
  ...both('regexFind', 'string', ({ machine, spend }, text) => {
    const match = machine.find(text, 0, spend);
    return match === undefined ? '' : text.slice(match[0], match[1]);
  }),
  ...both('regexReplaceAll', 'string,string', (expression, text, by: string) =>
    replaceAll(expression, text, (match) => expand(by, text, { names: expression.names, match })),
  ),
  ...both('regexReplaceAllLiteral', 'string,string', (expression, text, by: string) =>
    replaceAll(expression, text, () => by),
  ),
  ...both('regexSplit', 'string,int', (expression, text, count: number) => texts(split(expression, text, count))),
  ['regexQuoteMeta', fn('string', (text: string) => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&'))],
];
