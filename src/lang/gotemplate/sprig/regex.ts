/** RE2 expressions, compiled once per text. */
import { RE2JS } from '@bufbuild/re2';
import { CallError, fn, stringList } from '#lang/gotemplate/value.ts';
import type { GoFunction } from '#lang/gotemplate/value.ts';

const cache = new Map<string, RE2JS>();
const maxCached = 1000;

function compile(pattern: string): RE2JS {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const compiled = RE2JS.compile(pattern);
  if (cache.size >= maxCached) cache.clear();
  cache.set(pattern, compiled);
  return compiled;
}

function compiled(pattern: string, mode: 'must' | 'panic'): RE2JS {
  try {
    return compile(pattern);
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).replace(/^error parsing regexp: /, '');
    const text = `error parsing regexp: ${message}`;
    throw new CallError(mode === 'must' ? text : `regexp: Compile(${quoted(pattern)}): ${text}`);
  }
}

function quoted(pattern: string): string {
  return pattern.includes('`') ? JSON.stringify(pattern) : `\`${pattern}\``;
}

interface Match {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
  readonly names: Readonly<Record<string, number>>;
}

/**
 * RE2 says whether a text matches at all; where, this machine's own engine says, as the RE2 package gives no positions.
 * Deviation: a hostile expression that does match may take long there.
 */
function native(pattern: string): RegExp {
  const known = natives.get(pattern);
  if (known !== undefined) return known;
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const source = pattern
    .slice(flags?.[0].length ?? 0)
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$')
    .replace(/\[:(\w+):\]/g, (all, name: string) => classes[name] ?? all);
  const made = withFlags(source, `g${flags?.[1] ?? ''}`);
  if (natives.size >= maxCached) natives.clear();
  natives.set(pattern, made);
  return made;
}

const natives = new Map<string, RegExp>();
const classes: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
  space: '\\t\\n\\v\\f\\r ',
  punct: '!-\\/:-@\\[-`{-~',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

function withFlags(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`);
  } catch {
    return new RegExp(source, flags);
  }
}

function matches(expression: RE2JS, text: string, limit: number): Match[] {
  if (!expression.test(text)) return [];
  const result: Match[] = [];
  const names = Object.fromEntries(expression.namedGroups());
  let previousEnd = -1;
  for (const found of text.matchAll(native(expression.pattern()))) {
    if (limit >= 0 && result.length >= limit) break;
    const start = found.index;
    const end = start + found[0].length;
    // Go passes over an empty match right behind the one before it.
    if (start !== end || start !== previousEnd) result.push({ start, end, groups: [...found], names });
    previousEnd = end;
  }
  return result;
}

function expand(template: string, match: Match): string {
  return template.replace(/\$(?:\$|\{([A-Za-z0-9_]+)\}|([\p{L}\p{Nd}_]+))/gu, (all, braced?: string, bare?: string) => {
    if (all === '$$') return '$';
    const name = (braced ?? bare) as string;
    const index = /^\d+$/.test(name) ? Number(name) : match.names[name];
    return (index === undefined ? '' : match.groups[index]) ?? '';
  });
}

function replace(expression: RE2JS, text: string, by: (match: Match) => string): string {
  let result = '';
  let last = 0;
  for (const match of matches(expression, text, -1)) {
    result += text.slice(last, match.start) + by(match);
    last = match.end;
  }
  return result + text.slice(last);
}

function split(expression: RE2JS, text: string, count: number): string[] {
  if (count === 0) return [];
  if (expression.pattern().length > 0 && text === '') return [''];
  const result: string[] = [];
  let from = 0;
  let end = 0;
  for (const match of matches(expression, text, count)) {
    if (count > 0 && result.length === count - 1) break;
    end = match.start;
    if (match.end !== 0) result.push(text.slice(from, end));
    from = match.end;
  }
  if (end !== text.length) result.push(text.slice(from));
  return result;
}

function both(
  name: string,
  signature: string,
  body: (expression: RE2JS, ...args: never[]) => string | boolean | string[],
): [string, GoFunction][] {
  const run = (mode: 'must' | 'panic') =>
    fn(`string,${signature}`, (pattern: string, ...args: never[]) => {
      const result = body(compiled(pattern, mode), ...args);
      return Array.isArray(result) ? stringList(result) : result;
    });
  return [
    [name, run('panic')],
    [`must${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, run('must')],
  ];
}

function matchesQuietly(pattern: string, text: string): boolean {
  try {
    return compile(pattern).test(text);
  } catch {
    return false;
  }
}

export const regexFunctions: [string, GoFunction][] = [
  ...both('regexMatch', 'string', (expression, text: string) => expression.test(text)),
  ['regexMatch', fn('string,string', matchesQuietly)],
  ...both('regexFindAll', 'string,int', (expression, text: string, count: number) =>
    matches(expression, text, count).map((match) => match.groups[0] ?? ''),
  ),
  ...both('regexFind', 'string', (expression, text: string) => matches(expression, text, 1)[0]?.groups[0] ?? ''),
  ...both('regexReplaceAll', 'string,string', (expression, text: string, by: string) =>
    replace(expression, text, (match) => expand(by, match)),
  ),
  ...both('regexReplaceAllLiteral', 'string,string', (expression, text: string, by: string) =>
    replace(expression, text, () => by),
  ),
  ...both('regexSplit', 'string,int', (expression, text: string, count: number) => split(expression, text, count)),
  ['regexQuoteMeta', fn('string', (text: string) => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&'))],
];
