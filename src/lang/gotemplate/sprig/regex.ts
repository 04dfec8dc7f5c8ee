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

/** The package gives no positions by itself; its engine does, on the input object that its own `match` makes. */
interface Engine {
  executeEngine(input: unknown, pos: number, anchor: number, captures: number): number[] | null;
  match(text: string): boolean;
}

function inputFor(engine: Engine, text: string): unknown {
  let made: unknown;
  const probe = Object.create(engine) as Engine;
  probe.executeEngine = (input) => {
    made = input;
    return null;
  };
  probe.match(text);
  return made;
}

function matches(expression: RE2JS, text: string, limit: number): Match[] {
  const result: Match[] = [];
  const engine = expression.re2() as unknown as Engine;
  const input = inputFor(engine, text);
  const names = Object.fromEntries(expression.namedGroups());
  const captures = 2 * (expression.groupCount() + 1);
  let previousEnd = -1;
  for (let pos = 0; pos <= text.length && (limit < 0 || result.length < limit); ) {
    const found = engine.executeEngine(input, pos, 0, captures);
    if (found === null) break;
    const [start = 0, end = 0] = found;
    const groups = Array.from({ length: captures / 2 }, (_, i) => {
      const from = found[2 * i] ?? -1;
      return from < 0 ? undefined : text.slice(from, found[2 * i + 1]);
    });
    // Go passes over an empty match right behind the one before it.
    if (start !== end || start !== previousEnd) result.push({ start, end, groups, names });
    previousEnd = end;
    pos = end > pos ? end : pos + 1;
    if (start === end && end === pos) pos++;
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
