/** What Go's encoding/json says about a text that should be a JSON object. */
import { jsonKind } from '#api/patch/go-print.ts';

/** '' if it is one (or null). */
export function goJsonError(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return syntaxError(text);
  }
  if (value === null || (typeof value === 'object' && !Array.isArray(value))) return '';
  return `json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`;
}

/** The longest prefix that could be continued tells where the text goes wrong. */
function syntaxError(text: string): string {
  const start = text.search(/[^ \t\r\n]/);
  if (start < 0) return 'unexpected end of JSON input';
  const first = text[start] as string;
  if (!'{["-0123456789tfn'.includes(first)) return `invalid character ${quoted(first)} looking for beginning of value`;
  return scan(text, start);
}

/** A small scanner: containers, strings and literals, with the contexts that Go names. */
function scan(text: string, start: number): string {
  const stack: ('object' | 'array')[] = [];
  let expects: 'value' | 'key' | 'keyOrEnd' | 'valueOrEnd' | 'colon' | 'after' = 'value';
  let i = start;
  while (i < text.length) {
    const c = text[i] as string;
    if (/[ \t\r\n]/.test(c)) {
      i++;
      continue;
    }
    if (expects === 'colon') {
      if (c !== ':') return `invalid character ${quoted(c)} after object key`;
      expects = 'value';
      i++;
    } else if (expects === 'after') {
      const top = stack.at(-1);
      if (top === undefined) return `invalid character ${quoted(c)} after top-level value`;
      if (c === ',') expects = top === 'object' ? 'key' : 'value';
      else if (c === (top === 'object' ? '}' : ']')) stack.pop();
      else
        return `invalid character ${quoted(c)} after ${top === 'object' ? 'object key:value pair' : 'array element'}`;
      i++;
    } else if (expects === 'key' || expects === 'keyOrEnd') {
      if (c === '}' && expects === 'keyOrEnd') {
        stack.pop();
        expects = 'after';
        i++;
      } else if (c === '"') {
        const end = stringEnd(text, i);
        if (end < 0) return 'unexpected end of JSON input';
        i = end;
        expects = 'colon';
      } else return `invalid character ${quoted(c)} looking for beginning of object key string`;
    } else if (c === ']' && expects === 'valueOrEnd') {
      stack.pop();
      expects = 'after';
      i++;
    } else if (c === '{' || c === '[') {
      stack.push(c === '{' ? 'object' : 'array');
      expects = c === '{' ? 'keyOrEnd' : 'valueOrEnd';
      i++;
    } else {
      const end = c === '"' ? stringEnd(text, i) : literalEnd(text, i);
      if (typeof end === 'string') return end;
      if (end < 0) return 'unexpected end of JSON input';
      i = end;
      expects = 'after';
    }
  }
  return 'unexpected end of JSON input';
}

function stringEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i + 1;
  }
  return -1;
}

function literalEnd(text: string, start: number): number | string {
  const rest = text.slice(start);
  const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/.exec(rest);
  if (number !== null) return start + number[0].length;
  for (const word of ['true', 'false', 'null']) {
    if (word[0] !== rest[0]) continue;
    for (let i = 1; i < word.length; i++) {
      if (i >= rest.length) return -1;
      if (rest[i] !== word[i])
        return `invalid character ${quoted(rest[i] as string)} in literal ${word} (expecting ${quoted(word[i] as string)})`;
    }
    return start + word.length;
  }
  return `invalid character ${quoted(rest[0] as string)} looking for beginning of value`;
}

function quoted(character: string): string {
  return character === "'" ? `'\\''` : character === '"' ? `'"'` : `'${JSON.stringify(character).slice(1, -1)}'`;
}
