/** %v: a value as text. */
import { floatText } from '#lang/gotemplate/float.ts';
import { GoInt, GoObject, isFunction, isMap, sortedKeys } from '#lang/gotemplate/value.ts';
import type { GoValue } from '#lang/gotemplate/value.ts';

/** Structures deeper than this are cut off: they are cycles, which Go does not survive either. */
const maxDepth = 500;

/** %v */
export function goPrint(value: GoValue): string {
  return typeof value === 'string' ? value : printed(value, 0);
}

/** As an action prints it: a pointer is followed first. */
export function printAction(value: GoValue): string {
  if (value === undefined) return '<no value>';
  const text = goPrint(value);
  return isBarePointer(value) ? text.slice(1) : text;
}

/** Whether %v shows `&` in front of it. */
export function isBarePointer(value: GoValue): boolean {
  return value instanceof GoObject && value.goKind === 'ptr' && value.text() === undefined;
}

function printed(value: GoValue, depth: number): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return floatText(value);
    case 'bigint':
    case 'boolean':
      return String(value);
  }
  if (value === null || value === undefined || depth > maxDepth) return '<nil>';
  if (value instanceof GoInt) return value.value.toString();
  if (value instanceof GoObject) return objectText(value, depth);
  if (value instanceof Uint8Array) return `[${value.join(' ')}]`;
  if (Array.isArray(value)) return `[${value.map((item) => printed(item as GoValue, depth + 1)).join(' ')}]`;
  if (isFunction(value)) return '0x1';
  if (!isMap(value)) return String(value);
  return `map[${sortedKeys(value)
    .map((key) => `${key}:${printed(value[key], depth + 1)}`)
    .join(' ')}]`;
}

function objectText(value: GoObject, depth: number): string {
  const own = value.text();
  if (own !== undefined) return own;
  const items = value.goKind === 'struct' || value.goKind === 'ptr' ? value.fields() : value.entries();
  const texts = items.map(([key, item]) => {
    const text = printed(item instanceof GoObject ? item.asInterface() : item, depth + 1);
    return value.goKind === 'map' ? `${key}:${text}` : text;
  });
  if (value.goKind === 'map') return `map[${texts.join(' ')}]`;
  if (value.goKind === 'slice') return `[${texts.join(' ')}]`;
  return `${value.goKind === 'ptr' ? '&' : ''}{${texts.join(' ')}}`;
}
