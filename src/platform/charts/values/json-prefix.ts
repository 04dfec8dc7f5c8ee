/** The JSON value at the start of a text, as Go's json.Decoder reads it: what follows is left for the caller. */
import { JsonSyntaxError, parseJsonNode } from '#lang/json/parse.ts';
import type { JsonNode } from '#lang/json/parse.ts';
import type { Value } from '#platform/charts/values/table.ts';

const encoder = new TextEncoder();
const scalar = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/;

/** Reads one value; `length` counts characters (code points). Throws JsonSyntaxError with Go's message. */
export function readJsonPrefix(text: string): { value: Value; length: number } {
  const end = valueEnd(text);
  const source = end === undefined ? text : text.slice(0, end);
  try {
    return { value: valueOfNode(parseJsonNode(encoder.encode(source))), length: [...source].length };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const isShort = error.message === 'unexpected end of JSON input';
    throw isShort ? new JsonSyntaxError('unexpected EOF') : error;
  }
}

/** The index behind the first value, by brackets and quotes alone; undefined if it does not end. */
function valueEnd(text: string): number | undefined {
  const start = text.search(/\S/);
  if (start < 0) return undefined;
  const first = text[start] as string;
  if (first !== '{' && first !== '[' && first !== '"') {
    const match = scalar.exec(text.slice(start));
    if (match === null || /^(?:\.|[eE])/.test(text.slice(start + match[0].length))) return undefined;
    return start + match[0].length;
  }
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (quoted && char === '\\') i++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && (char === '{' || char === '[')) depth++;
    else if (!quoted && (char === '}' || char === ']')) depth--;
    if (depth === 0 && !quoted) return i + 1;
  }
  return undefined;
}

function valueOfNode(node: JsonNode): Value {
  switch (node.type) {
    case 'object':
      return new Map(node.entries.map(([key, value]) => [key, valueOfNode(value)]));
    case 'array':
      return node.items.map(valueOfNode);
    case 'number':
      return Number(node.source);
    case 'null':
      return null;
    default:
      return node.value;
  }
}
