/**
 * toToml, as BurntSushi/toml writes it: plain keys first, then tables, each sorted; tables are indented by their depth; lists
 * that hold nothing but tables become arrays of tables.
 */
import { floatText } from '#lang/gotemplate/float.ts';
import { isNilSlice } from '#lang/gotemplate/sprig/json.ts';
import { parseToml } from '#lang/gotemplate/sprig/toml-read.ts';
import { GoTime } from '#lang/gotemplate/sprig/times.ts';
import { NodeBudget } from '#lang/gotemplate/limits.ts';
import { CallError, GoObject, fn, intOf, isFunction, isMap, listOf, sortedKeys } from '#lang/gotemplate/value.ts';
import type { GoFunction, GoMap, GoValue } from '#lang/gotemplate/value.ts';

export const tomlFunctions: [string, GoFunction][] = [
  ['toToml', fn('any', toToml)],
  ['fromToml', fn('string', parseToml)],
];

/** The document, or what cannot be written: Helm takes the message for the text. */
export function toToml(value: GoValue): string {
  if (value === null || value === undefined) throw new CallError('reflect: call of reflect.Value.Type on zero Value');
  try {
    const writer = new Writer();
    writer.encode([], value);
    return writer.text;
  } catch (error) {
    if (error instanceof TomlProblem) return error.message;
    throw error;
  }
}

class TomlProblem extends Error {}

const indentStep = '  ';
const maxDepth = 1000;
type Path = readonly string[];
type Kind = 'table' | 'tables' | 'list' | 'plain' | 'nil';

class Writer {
  text = '';
  readonly #budget = new NodeBudget();

  encode(path: Path, value: GoValue): void {
    this.#budget.take();
    if (path.length > maxDepth) throw new TomlProblem('toml: the value contains itself');
    switch (kindOf(value, this.#budget)) {
      case 'nil':
        return;
      case 'table':
        return this.#table(path, value);
      case 'tables':
        return this.#tables(path, listOf(value) ?? []);
      default:
        if (path.length > 0) this.text += `${indent(path)}${keyText(path.at(-1) as string)} = `;
        this.text += element(value, { depth: 0, budget: this.#budget });
        if (path.length > 0) this.text += '\n';
    }
  }

  #newline(): void {
    if (this.text !== '') this.text += '\n';
  }

  #table(path: Path, value: GoValue): void {
    if (path.length === 1) this.#newline();
    if (path.length > 0) this.text += `${indent(path)}[${path.map(keyText).join('.')}]\n`;
    this.#fields(path, value);
  }

  #tables(path: Path, items: readonly GoValue[]): void {
    if (path.length === 0) throw new TomlProblem('toml: top-level values must be Go maps or structs');
    for (const item of items) {
      this.#newline();
      this.text += `${indent(path)}[[${path.map(keyText).join('.')}]]\n`;
      this.#fields(path, item);
    }
  }

  #fields(path: Path, value: GoValue): void {
    for (const [key, field] of ordered(value, this.#budget)) this.encode([...path, key], field);
  }
}

function indent(path: Path): string {
  return indentStep.repeat(path.length - 1);
}

/** Fields that are no tables come first: whatever follows a table's header belongs to it. */
function ordered(value: GoValue, budget: NodeBudget): (readonly [string, GoValue])[] {
  const all = fieldsOf(value).map((field) => ({
    field,
    isTable: ['table', 'tables'].includes(kindOf(field[1], budget)),
  }));
  return [...all.filter((entry) => !entry.isTable), ...all.filter((entry) => entry.isTable)].map(({ field }) => field);
}

function fieldsOf(value: GoValue): readonly (readonly [string, GoValue])[] {
  if (value instanceof GoObject) return value.goKind === 'map' ? value.entries() : value.flatFields();
  const map = value as GoMap;
  return sortedKeys(map).map((key) => [key, map[key]]);
}

function kindOf(value: GoValue, budget: NodeBudget): Kind {
  budget.take();
  if (value === null || value === undefined || isNilSlice(value)) return 'nil';
  if (typeof value !== 'object' || intOf(value) !== undefined) return 'plain';
  if (isFunction(value)) throw new TomlProblem('unsupported type: func');
  if (isMap(value)) return 'table';
  const list = listOf(value);
  if (list !== undefined) return isTableList(list, budget) ? 'tables' : 'list';
  return typeof (value as GoObject).plain() === 'string' ? 'plain' : 'table';
}

function isTableList(list: readonly GoValue[], budget: NodeBudget): boolean {
  const kinds = list.map((item) => kindOf(item, budget));
  if (kinds.includes('nil')) throw new TomlProblem('toml: cannot encode array with nil element');
  return kinds.length > 0 && kinds.every((kind) => kind === 'table');
}

interface Walk {
  readonly depth: number;
  readonly budget: NodeBudget;
}

function element(value: GoValue, walk: Walk): string {
  const inner = { depth: walk.depth + 1, budget: walk.budget };
  walk.budget.take();
  if (walk.depth > maxDepth) throw new TomlProblem('toml: the value contains itself');
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return floatOf(value);
  const list = listOf(value);
  if (list !== undefined) return `[${list.map((item) => element(item, inner)).join(', ')}]`;
  if (value instanceof GoTime) return String(value.plain());
  if (value instanceof GoObject && typeof value.plain() === 'string') return quoted(String(value.plain()));
  if (isMap(value) || value instanceof GoObject) return inlineTable(value, inner);
  return String(intOf(value) ?? value);
}

/** A nil field is left out; the comma in front of it stays, as it does there. */
function inlineTable(value: GoValue, walk: Walk): string {
  const fields = ordered(value, walk.budget);
  const shown = fields.map(([key, field], i) => {
    if (kindOf(field, walk.budget) === 'nil') return '';
    return `${keyText(key)} = ${element(field, walk)}${i < fields.length - 1 ? ', ' : ''}`;
  });
  return `{${shown.join('')}}`;
}

function floatOf(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = floatText(value);
  return /[e.]/.test(text) ? text : `${text}.0`;
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key);
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};

function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const escaped = text.replace(/[\0-\x1f"\\\x7f]/g, (char) => {
    return escapes[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
