/**
 * YAML as sigs.k8s.io/yaml turns it into JSON: merge keys, aliases, keys of every scalar type as strings, 64-bit integers
 * exact, object keys sorted.
 *
 *   yamlToJson('a: yes\nb: 0777\n<<: {c: 1}').json === '{"a":true,"b":511,"c":1}'
 */
import { rawJson } from '#base/exact-json.ts';
import { YamlError, parseYaml } from '#lang/yaml/nodes.ts';
import type { YamlNode } from '#lang/yaml/nodes.ts';
import { resolvePlain } from '#lang/yaml/resolve.ts';
import type { Resolved } from '#lang/yaml/resolve.ts';

export { YamlError };

export interface YamlJson {
  readonly json: string;
  /** Empty, or one message of Go's strict reader that lists the keys given twice. */
  readonly duplicates: readonly string[];
}

/** Converts the first document of a text. Throws {@link YamlError}. */
export function yamlToJson(text: string): YamlJson {
  const document = parseYaml(text)[0];
  const converter = new Converter();
  const value = document === undefined ? null : converter.convert(document);
  return { json: jsonText(value), duplicates: converter.duplicateMessage() };
}

/** The first document of a text as plain JSON values; large integers as raw JSON (see base/exact-json.ts). Throws {@link YamlError}. */
export function loadYaml(text: string): unknown {
  const document = parseYaml(text)[0];
  return document === undefined ? undefined : plainValue(new Converter().convert(document));
}

/** All documents of a text; empty ones are left out. Throws {@link YamlError}. */
export function loadAllYaml(text: string): unknown[] {
  const values = parseYaml(text).map((document) => plainValue(new Converter().convert(document)));
  return values.filter((value) => value !== null);
}

type Value = Map<string, Value> | Value[] | string | boolean | null | NumberText;
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const maxFreeAliases = 100;
const maxFreeSteps = 1000;
const lowSteps = 400_000;
const highSteps = 4_000_000;

/** One conversion; counts its steps, so that a few aliases cannot stand for gigabytes. */
class Converter {
  readonly #duplicates: string[] = [];
  readonly #inside = new Set<YamlNode>();
  #steps = 0;
  #aliasSteps = 0;
  #aliasDepth = 0;

  duplicateMessage(): string[] {
    return this.#duplicates.length === 0 ? [] : [`yaml: unmarshal errors:\n  ${this.#duplicates.join('\n  ')}`];
  }

  convert(node: YamlNode): Value {
    this.#count();
    switch (node.type) {
      case 'scalar':
        return scalarValue(resolveScalar(node));
      case 'sequence':
        return node.items.map((item) => this.convert(item));
      case 'alias':
        return this.#alias(node, (target) => this.convert(target));
      case 'mapping': {
        const result = new Map<string, Value>();
        this.#fill(result, node);
        return result;
      }
    }
  }

  #count(): void {
    this.#steps++;
    if (this.#aliasDepth > 0) this.#aliasSteps++;
    if (this.#aliasSteps <= maxFreeAliases || this.#steps <= maxFreeSteps) return;
    const position = (this.#steps - lowSteps) / (highSteps - lowSteps);
    const allowed = 0.99 - 0.89 * Math.min(Math.max(position, 0), 1);
    if (this.#aliasSteps / this.#steps > allowed) throw new YamlError('yaml: document contains excessive aliasing');
  }

  #alias<T>(node: Extract<YamlNode, { type: 'alias' }>, visit: (target: YamlNode) => T): T {
    if (this.#inside.has(node.target)) throw new YamlError(`yaml: anchor '${node.name}' value contains itself`);
    this.#inside.add(node.target);
    this.#aliasDepth++;
    const result = visit(node.target);
    this.#aliasDepth--;
    this.#inside.delete(node.target);
    return result;
  }

  #fill(result: Map<string, Value>, node: Extract<YamlNode, { type: 'mapping' }>): void {
    for (const [keyNode, valueNode] of node.entries) {
      if (isMerge(keyNode)) {
        this.#merge(result, valueNode);
        continue;
      }
      const key = this.#key(keyNode);
      const value = this.convert(valueNode);
      if (result.has(key.name)) this.#duplicates.push(`line ${valueNode.line}: key ${key.shown} already set in map`);
      result.set(key.name, value);
    }
  }

  #key(node: YamlNode): { name: string; shown: string } {
    if (node.type === 'alias') return this.#alias(node, (target) => this.#key(target));
    if (node.type !== 'scalar') throw new YamlError('yaml: invalid map key');
    this.#count();
    const resolved = resolveScalar(node);
    switch (resolved.type) {
      case 'string':
      case 'timestamp':
        return { name: resolved.value, shown: JSON.stringify(resolved.value) };
      case 'null':
        throw new YamlError('unsupported map key of type: %!s(<nil>), key: <nil>');
      case 'bool':
        return { name: String(resolved.value), shown: String(resolved.value) };
      case 'int':
        return { name: resolved.digits, shown: resolved.digits };
      case 'float':
        return { name: String(resolved.value), shown: String(resolved.value) };
    }
  }

  #merge(result: Map<string, Value>, node: YamlNode): void {
    if (node.type === 'sequence') {
      for (const item of node.items.toReversed()) this.#mergeOne(result, item);
    } else {
      this.#mergeOne(result, node);
    }
  }

  #mergeOne(result: Map<string, Value>, node: YamlNode): void {
    const target = node.type === 'alias' ? node.target : node;
    if (target.type !== 'mapping') throw new YamlError('yaml: map merge requires map or sequence of maps as the value');
    if (node.type === 'alias') this.#alias(node, () => this.#fill(result, target));
    else this.#fill(result, target);
  }
}

function isMerge(node: YamlNode): boolean {
  return node.type === 'scalar' && node.text === '<<' && (node.tag === '!!merge' || (node.plain && node.tag === ''));
}

function resolveScalar(node: Extract<YamlNode, { type: 'scalar' }>): Resolved {
  const tag = node.tag.replace(/^tag:yaml\.org,2002:|^!<tag:yaml\.org,2002:(.*)>$/, '!!$1');
  if (tag === '!!str' || tag === '!' || (tag === '' && !node.plain)) return { type: 'string', value: node.text };
  if (tag === '!!binary') return { type: 'string', value: binaryText(node.text) };
  if (tag !== '' && !checkedTags.has(tag)) return { type: 'string', value: node.text };
  const resolved = resolvePlain(node.text);
  if (tag === '' || tag === `!!${resolved.type}`) return resolved;
  if (tag === '!!float' && resolved.type === 'int') return { type: 'float', value: Number(resolved.digits) };
  const found = resolved.type === 'string' ? 'str' : resolved.type;
  throw new YamlError(`yaml: cannot decode !!${found} \`${node.text}\` as a ${tag}`);
}

const checkedTags: ReadonlySet<string> = new Set(['!!bool', '!!int', '!!float', '!!null', '!!timestamp']);

function binaryText(base64: string): string {
  try {
    const bytes = Uint8Array.from(atob(base64.replaceAll(/\s/g, '')), (char) => char.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    throw new YamlError('yaml: !!binary value contains invalid base64 data');
  }
}

function scalarValue(resolved: Resolved): Value {
  switch (resolved.type) {
    case 'null':
      return null;
    case 'int':
      return new NumberText(resolved.digits);
    case 'float':
      if (!Number.isFinite(resolved.value))
        throw new YamlError(`json: unsupported value: ${floatName(resolved.value)}`);
      return new NumberText(String(resolved.value));
    default:
      return resolved.value;
  }
}

function floatName(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

function jsonText(value: Value): string {
  if (value instanceof NumberText) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (!(value instanceof Map)) return JSON.stringify(value);
  const keys = [...value.keys()].sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${jsonText(value.get(key) as Value)}`).join(',')}}`;
}

function plainValue(value: Value): unknown {
  if (value instanceof NumberText) {
    const number = Number(value.text);
    return Number.isInteger(number) && !Number.isSafeInteger(number) ? rawJson(value.text) : number;
  }
  if (Array.isArray(value)) return value.map(plainValue);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([key, field]) => [key, plainValue(field)]));
}
