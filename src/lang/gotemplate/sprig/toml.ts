/** toToml, as BurntSushi/toml writes it. */
import { floatText } from '#lang/gotemplate/float.ts';
import { GoObject, fn, intOf, isMap, listOf, sortedKeys } from '#lang/gotemplate/value.ts';
import type { GoFunction, GoMap, GoValue } from '#lang/gotemplate/value.ts';

const write = fn('any', (value: GoValue) => {
  const map = value instanceof GoObject ? value.plain() : value;
  if (!isMap(map)) return 'toml: top-level values must be Go maps or structs';
  return table(map, []).replace(/^\n/, '');
});

export const tomlFunctions: [string, GoFunction][] = [
  ['toToml', write],
  ['mustToToml', write],
];

function isTable(value: GoValue): boolean {
  return isMap(value) || isTableList(value);
}

function isTableList(value: GoValue): boolean {
  const list = listOf(value);
  return list !== undefined && list.length > 0 && list.every((item) => isMap(item));
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
}

function table(map: GoMap, path: readonly string[]): string {
  const indent = '  '.repeat(Math.max(0, path.length));
  const keys = sortedKeys(map).filter((key) => map[key] !== null && map[key] !== undefined);
  let text = '';
  for (const key of keys) if (!isTable(map[key])) text += `${indent}${keyText(key)} = ${inline(map[key])}\n`;
  for (const key of keys) if (isTable(map[key])) text += subTable(map[key], [...path, key]);
  return text;
}

function subTable(value: GoValue, path: readonly string[]): string {
  const indent = '  '.repeat(path.length - 1);
  const name = path.map(keyText).join('.');
  const blank = path.length === 1 ? '\n' : '';
  if (isMap(value)) return `${blank}${indent}[${name}]\n${table(value, path)}`;
  return (listOf(value) ?? []).map((item) => `${blank}${indent}[[${name}]]\n${table(item as GoMap, path)}`).join('');
}

function inline(value: GoValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : floatText(value);
  const int = intOf(value);
  if (int !== undefined) return String(int);
  const list = listOf(value);
  if (list !== undefined) return `[${list.map(inline).join(', ')}]`;
  if (!isMap(value)) return String(value);
  return `{${sortedKeys(value)
    .map((key) => `${keyText(key)} = ${inline(value[key])}`)
    .join(', ')}}`;
}
