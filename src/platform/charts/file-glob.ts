/**
 * The patterns of `.Files.Glob` (gobwas/glob with `/` as separator): `*` and `?` stop at `/`, `**` does not, `{a,b}` are
 * alternatives, `[abc]`, `[a-z]` and `[!a-z]` sets, `\` escapes. A pattern that cannot be read matches every file.
 */
export function compileFileGlob(pattern: string): (name: string) => boolean {
  const source = regExpSource([...pattern]);
  if (source === undefined) return () => true;
  const compiled = new RegExp(`^${source}$`, 'su');
  return (name) => compiled.test(name);
}

function regExpSource(chars: readonly string[]): string | undefined {
  let source = '';
  let depth = 0;
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] as string;
    if (char === '*') {
      const isDouble = chars[i + 1] === '*';
      while (chars[i + 1] === '*') i++;
      source += isDouble ? '.*' : '[^/]*';
    } else if (char === '?') source += '[^/]';
    else if (char === '{') {
      depth++;
      source += '(?:';
    } else if (char === '}' && depth > 0) {
      depth--;
      source += ')';
    } else if (char === ',' && depth > 0) source += '|';
    else if (char === '[') {
      const end = chars.indexOf(']', i + 1);
      if (end < 0) return undefined;
      source += setSource(chars.slice(i + 1, end));
      i = end;
    } else if (char === '\\') source += literal(chars[++i] ?? '');
    else source += literal(char);
  }
  return depth === 0 ? source : undefined;
}

function setSource(chars: readonly string[]): string {
  const isNegated = chars[0] === '!';
  const body = isNegated ? chars.slice(1) : chars;
  const isRange = body.length === 3 && body[1] === '-';
  const inner = isRange ? `${inSet(body[0] ?? '')}-${inSet(body[2] ?? '')}` : body.map(inSet).join('');
  return `[${isNegated ? '^' : ''}${inner}]`;
}

function literal(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}

function inSet(char: string): string {
  return char === '-' ? '\\-' : literal(char);
}
