/** Checking and converting what templates hand to functions: Go's assignability, with its messages. */
import type { Node, Operand } from '#lang/gotemplate/nodes.ts';
import { nodeText } from '#lang/gotemplate/nodes.ts';
import type { Frame } from '#lang/gotemplate/run.ts';
import { GoInt, GoObject, int, isMap, newMap, typeName } from '#lang/gotemplate/value.ts';
import type { GoMap, GoValue } from '#lang/gotemplate/value.ts';
import { TypedList } from '#lang/gotemplate/value.ts';
import { maxInt64 } from '#lang/gotemplate/number.ts';

const shownTypes: Readonly<Record<string, string>> = {
  any: 'interface {}',
  value: 'reflect.Value',
  map: 'map[string]interface {}',
  '[]any': '[]interface {}',
};
const nilable = new Set(['any', 'value', 'map', '[]any', '[]string']);

/** A parameter type as Go's messages name it. */
export function shownType(type: string): string {
  return shownTypes[type] ?? type;
}

/** The argument as the function gets it. `value` undefined = no value, null = nil in an interface. */
export function convertArgument(frame: Frame, value: GoValue, type: string): unknown {
  if (type === 'any') return value instanceof GoObject ? value.asInterface() : (value ?? null);
  if (type === 'value') return value;
  if (type === 'string' && typeof value === 'string') return value;
  if (value === undefined) {
    if (!nilable.has(type)) frame.fail(`invalid value; expected ${shownType(type)}`);
    return type === 'map' ? newMap() : null;
  }
  const converted = value === null ? undefined : assign(value, type);
  if (converted !== undefined) return converted;
  const got = value === null ? 'interface {}' : typeName(value);
  return frame.fail(`wrong type for value; expected ${shownType(type)}; got ${got}`);
}

/** Undefined = not assignable. */
export function assign(value: GoValue, type: string): unknown {
  switch (type) {
    case 'any':
    case 'value':
      return value ?? null;
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'float64':
      return typeof value === 'number' ? value : undefined;
    case 'int64':
      return typeof value === 'bigint' ? value : undefined;
    case 'map':
      return isPlainMap(value) ? value : undefined;
    case '[]any':
      return Array.isArray(value) && !(value instanceof TypedList) ? value : undefined;
  }
  if (value instanceof GoInt) return value.goType === type ? Number(value.value) : undefined;
  const name = typeName(value);
  return name === type || name === `*${type}` ? value : undefined;
}

/** map[string]interface {} and the named types over it. */
function isPlainMap(value: GoValue): value is GoMap {
  if (!isMap(value)) return false;
  const name = typeName(value);
  return name === 'map[string]interface {}' || !name.startsWith('map[');
}

/** A literal argument; its type is the parameter's. Throws through the frame. */
export function literalArgument(frame: Frame, node: Operand, type: string): unknown {
  switch (node.type) {
    case 'nil':
      if (!nilable.has(type)) frame.fail(`cannot assign nil to ${shownType(type)}`);
      return type === 'value' ? undefined : type === 'map' ? newMap() : null;
    case 'bool':
    case 'string':
    case 'number':
      break;
    default:
      return frame.fail(`can't handle ${nodeText(node)} for arg of type ${shownType(type)}`);
  }
  return typedLiteral(frame, node, type);
}

type Literal = Extract<Node, { type: 'bool' | 'string' | 'number' }>;

function typedLiteral(frame: Frame, node: Literal, type: string): unknown {
  switch (type) {
    case 'any':
    case 'value':
      return constantOf(frame, node);
    case 'bool':
      return node.type === 'bool' ? node.value : frame.fail(`expected bool; found ${nodeText(node)}`);
    case 'string':
      return node.type === 'string' ? node.text : frame.fail(`expected string; found ${nodeText(node)}`);
    case 'float64':
      if (node.type === 'number' && node.float !== undefined) return node.float;
      return frame.fail(`expected float; found ${nodeText(node)}`);
    case 'int64':
      if (node.type === 'number' && node.int !== undefined) return node.int;
      return frame.fail(`expected integer; found ${nodeText(node)}`);
    case 'int':
    case 'int32':
      if (node.type === 'number' && node.int !== undefined) return Number(node.int);
      return frame.fail(`expected integer; found ${nodeText(node)}`);
    case 'uint32':
      if (node.type === 'number' && node.uint !== undefined) return Number(node.uint);
      return frame.fail(`expected unsigned integer; found ${nodeText(node)}`);
  }
  return frame.fail(`can't handle ${nodeText(node)} for arg of type ${shownType(type)}`);
}

/** A literal where no type is asked for: numbers are int or float64 by their look. */
export function constantOf(frame: Frame, node: Literal): GoValue {
  if (node.type === 'bool') return node.value;
  if (node.type === 'string') return node.text;
  frame.node = node;
  const { text } = node;
  if (node.complex !== undefined) return node.complex;
  const isHex = /^0[xX]/.test(text) && !/[pP]/.test(text);
  if (node.float !== undefined && !isHex && !text.startsWith("'") && /[.eEpP]/.test(text)) return node.float;
  if (node.int !== undefined && node.int <= maxInt64) return int(node.int);
  return frame.fail(`${text} overflows int`);
}
