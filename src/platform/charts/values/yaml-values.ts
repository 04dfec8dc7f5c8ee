/**
 * YAML straight to values. What everyday files hold is converted from the parsed tree in one walk; documents with aliases,
 * tags, merge keys or odd keys go the long way through lang/yaml, which knows all of Go's rules and complaints.
 */
import type { YamlNode } from '#lang/yaml/nodes.ts';
import { parseYaml } from '#lang/yaml/nodes.ts';
import { resolvePlain } from '#lang/yaml/resolve.ts';
import { loadYaml } from '#lang/yaml/to-json.ts';
import type { Table, Value } from '#platform/charts/values/table.ts';
import { valueOf } from '#platform/charts/values/table.ts';

/** The first document of a text; null if there is none. Throws YamlError. */
export function readYamlValue(text: string): Value {
  const document = parseYaml(text)[0];
  if (document === undefined) return null;
  const value = convert(document);
  return value === unusual ? valueOf(loadYaml(text)) : value;
}

const unusual = Symbol('needs the full reader');

function convert(node: YamlNode): Value | typeof unusual {
  switch (node.type) {
    case 'scalar':
      return node.tag === '' ? scalar(node.text, node.plain) : unusual;
    case 'alias':
      return unusual;
    case 'sequence': {
      const list: Value[] = [];
      for (const item of node.items) {
        const value = convert(item);
        if (value === unusual) return unusual;
        list.push(value);
      }
      return list;
    }
    case 'mapping':
      return mapping(node.entries);
  }
}

function mapping(entries: readonly (readonly [YamlNode, YamlNode])[]): Table | typeof unusual {
  const table: Table = new Map();
  for (const [keyNode, valueNode] of entries) {
    const key = keyOf(keyNode);
    const value = convert(valueNode);
    if (key === undefined || value === unusual) return unusual;
    table.set(key, value);
  }
  return table;
}

function scalar(text: string, plain: boolean): Value | typeof unusual {
  if (!plain) return text;
  const resolved = resolvePlain(text);
  switch (resolved.type) {
    case 'null':
      return null;
    case 'int':
      return Number(resolved.digits);
    case 'float':
      return Number.isFinite(resolved.value) ? resolved.value : unusual;
    default:
      return resolved.value;
  }
}

function keyOf(node: YamlNode): string | undefined {
  if (node.type !== 'scalar' || node.tag !== '' || (node.plain && node.text === '<<')) return undefined;
  if (!node.plain) return node.text;
  const resolved = resolvePlain(node.text);
  switch (resolved.type) {
    case 'string':
    case 'timestamp':
      return resolved.value;
    case 'bool':
      return String(resolved.value);
    case 'int':
      return resolved.digits;
    default:
      return undefined;
  }
}
