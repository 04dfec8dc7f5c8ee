/** Shell patterns as Go's filepath.Match reads them: `*` and `?` stop at `/`, `[a-z]` and `[^a-z]` are sets, `\` escapes. */

/** The test of a pattern; undefined if the pattern is malformed. */
export function compileGlob(pattern: string): ((path: string) => boolean) | undefined {
  let source = '';
  const chars = [...pattern];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] as string;
    if (char === '*') {
      if (chars[i + 1] !== '*') source += '[^/]*';
    } else if (char === '?') source += '[^/]';
    else if (char === '[') {
      const set = readSet(chars, i + 1);
      if (set === undefined) return undefined;
      source += set.source;
      i = set.end;
    } else if (char === '\\') {
      i++;
      if (i >= chars.length) return undefined;
      source += escapeRegExp(chars[i] as string);
    } else source += escapeRegExp(char);
  }
  const compiled = new RegExp(`^${source}$`, 'su');
  return (path) => compiled.test(path);
}

function readSet(chars: readonly string[], start: number): { source: string; end: number } | undefined {
  let at = start;
  const isNegated = chars[at] === '^';
  if (isNegated) at++;
  let body = '';
  for (let count = 0; ; count++) {
    if (chars[at] === ']' && count > 0) break;
    const low = readSetChar(chars, at);
    if (low === undefined) return undefined;
    at = low.next;
    body += escapeInSet(low.char);
    if (chars[at] !== '-') continue;
    const high = readSetChar(chars, at + 1);
    if (high === undefined) return undefined;
    at = high.next;
    // A range the wrong way round matches nothing; its lower end was already written.
    if (high.char >= low.char) body += `-${escapeInSet(high.char)}`;
  }
  return { source: isNegated ? `[^${body}/]` : `[${body}]`, end: at };
}

function readSetChar(chars: readonly string[], at: number): { char: string; next: number } | undefined {
  const char = chars[at];
  if (char === undefined || char === '-' || char === ']') return undefined;
  if (char !== '\\') return { char, next: at + 1 };
  const escaped = chars[at + 1];
  return escaped === undefined ? undefined : { char: escaped, next: at + 2 };
}

function escapeRegExp(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}

function escapeInSet(char: string): string {
  return char === '-' ? '\\-' : escapeRegExp(char);
}
