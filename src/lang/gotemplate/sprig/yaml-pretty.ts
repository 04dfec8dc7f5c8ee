/**
 * toYamlPretty: values as Go's yaml.v3 prints them with an indent of two. Lists stand two further in than their key, lines are
 * never folded, numbers keep Go's type (a float64 of a million is `1e+06`), structs show their fields in lower case.
 */
import { toBytes } from '#lang/gotemplate/bytes.ts';
import { floatText } from '#lang/gotemplate/float.ts';
import { base64 } from '#lang/gotemplate/sprig/encoding.ts';
import { NodeBudget } from '#lang/gotemplate/limits.ts';
import { CallError, GoObject, intOf, isFunction, listOf } from '#lang/gotemplate/value.ts';
import type { GoMap, GoValue } from '#lang/gotemplate/value.ts';
import { escapeText, isOrdinaryText, naturalOrder } from '#lang/yaml/print.ts';
import { resolvePlain } from '#lang/yaml/resolve.ts';

const step = 2;
const maxDepth = 1000;
const maxSimpleKeyBytes = 128;

/** The document without its last line break. Throws {@link CallError} for what YAML cannot hold. */
export function toYamlPretty(value: GoValue): string {
  const text = node(value, { indent: -step, depth: 0, budget: new NodeBudget() })
    .replace(/^[ \n]/, '')
    .replaceAll(`\n${blockMark}\n`, '\n')
    .replace(blockMark, '');
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

interface Place {
  /** Of the collection that this stands in. */
  readonly indent: number;
  readonly depth: number;
  readonly budget: NodeBudget;
}

/** What follows a key or a dash: starts with a space or a line break, and has no line break at its end but a block's own. */
function node(value: GoValue, place: Place): string {
  place.budget.take();
  if (place.depth > maxDepth) throw new CallError('the value contains itself');
  const list = listOf(value);
  if (list !== undefined) return list.length === 0 ? ' []' : `\n${sequence(list, inner(place))}`;
  const entries = entriesOf(value);
  if (entries !== undefined) return entries.length === 0 ? ' {}' : `\n${mapping(entries, inner(place))}`;
  return ` ${scalar(value, place)}`;
}

function inner({ indent, depth, budget }: Place): Place {
  return { indent: indent + step, depth: depth + 1, budget };
}

/** Undefined for scalars. */
function entriesOf(value: GoValue): readonly (readonly [string, GoValue])[] | undefined {
  if (typeof value !== 'object' || value === null || intOf(value) !== undefined) return undefined;
  if (isFunction(value)) throw new CallError('cannot marshal type: func()');
  if (!(value instanceof GoObject)) return sorted(Object.entries(value as GoMap));
  if (value.goKind === 'map') return sorted(value.entries());
  if (typeof value.plain() === 'string') return undefined;
  return value.fields().map(([name, field]) => [name.toLowerCase(), field]);
}

function sorted(entries: readonly (readonly [string, GoValue])[]): readonly (readonly [string, GoValue])[] {
  return entries.toSorted(([a], [b]) => naturalOrder(a, b, 'v3'));
}

function mapping(entries: readonly (readonly [string, GoValue])[], place: Place): string {
  const start = ' '.repeat(place.indent);
  return entries.map(([key, value]) => start + entryText(key, node(value, place), place)).join('\n');
}

function sequence(items: readonly GoValue[], place: Place): string {
  const start = ' '.repeat(place.indent);
  const shown = items.map((item) => {
    return `${start}-${besideMark(node(item, place), place)}`;
  });
  return shown.join('\n');
}

/** Stands at the end of a block that brought its own line break. */
const blockMark = '\u{f0000}';

function entryText(key: string, value: string, place: Place): string {
  if (!/[\r\n\u0085\u2028\u2029]/.test(key) && toBytes(key).length <= maxSimpleKeyBytes) {
    return `${text(key, { ...place, isKey: true })}:${value}`;
  }
  return `? ${scalar(key, place)}\n${' '.repeat(place.indent)}:${besideMark(value, place)}`;
}

/** A collection begins on the line of the dash or colon in front of it. */
function besideMark(value: string, place: Place): string {
  return value.startsWith('\n') ? ` ${value.slice(1 + place.indent + step)}` : value;
}

function scalar(value: GoValue, place: Place): string {
  if (typeof value === 'string') return text(value, place);
  if (typeof value === 'number') return floatWord(value);
  if (value instanceof GoObject) return text(String(value.plain()), place);
  if (value === null || value === undefined) return 'null';
  return String(intOf(value) ?? value);
}

function floatWord(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  return floatText(value);
}

const oldBooleans = /^(?:[yYnN]|[yY]es|YES|[oO]n|ON|[nN]o|NO|[oO]ff|OFF)$/;
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

function text(value: string, place: Place & { readonly isKey?: boolean }): string {
  if (!value.isWellFormed()) return `!!binary ${base64(toBytes(value))}`;
  if (value.includes('\n') && place.isKey !== true && mayBeBlock(value))
    return literal(value, Math.max(step, place.indent + step));
  const isString = resolvePlain(value).type === 'string';
  const quoted = `"${escapeText(value)}"`;
  if (value.includes('\n') || !isString || base60.test(value) || oldBooleans.test(value)) return quoted;
  if (!isOrdinaryText(value) || value.includes('\t')) return quoted;
  if (indicatorAtStart.test(value) || indicatorInside.test(value) || /^ | $/.test(value)) {
    return `'${value.replaceAll("'", "''")}'`;
  }
  return value;
}

const indicatorAtStart = /^(?:[#,[\]{}&*!|>'"%@`]|[?:-](?:\s|$)|---|\.\.\.)/;
const indicatorInside = /:(?:[ \t\n]|$)|[ \t\n]#/;

function mayBeBlock(value: string): boolean {
  return isOrdinaryText(value.replaceAll('\t', ' ')) && !value.endsWith(' ') && !/ \n/.test(value);
}

function literal(value: string, indent: number): string {
  const hint = /^[ \n]/.test(value) ? String(step) : '';
  const chomp = !value.endsWith('\n') ? '-' : /(?:^|\n)\n$/.test(value) ? '+' : '';
  const start = ' '.repeat(indent);
  const lines = value.split('\n').map((line) => (line === '' ? '' : start + line));
  const end = value.endsWith('\n') ? blockMark : '';
  return `|${hint}${chomp}\n${lines.join('\n')}${end}`;
}
