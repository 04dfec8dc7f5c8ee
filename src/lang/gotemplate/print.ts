/** %v: a value as text. */
import { floatText } from '#lang/gotemplate/float.ts';
import { NodeBudget, joinTexts } from '#lang/gotemplate/limits.ts';
import { GoInt, GoObject, isFunction, isMap, sortedKeys } from '#lang/gotemplate/value.ts';
import type { GoValue } from '#lang/gotemplate/value.ts';

/** Structures deeper than this are cut off: they are cycles, which Go does not survive either. */
const maxDepth = 500;

/** %v */
export function goPrint(value: GoValue): string {
  return typeof value === 'string' ? value : printed(value, { depth: 0, budget: new NodeBudget() });
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

interface Walk {
  readonly depth: number;
  readonly budget: NodeBudget;
}

function inner({ depth, budget }: Walk): Walk {
  return { depth: depth + 1, budget };
}

function printed(value: GoValue, walk: Walk): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return floatText(value);
    case 'bigint':
    case 'boolean':
      return String(value);
  }
  if (value === null || value === undefined || walk.depth > maxDepth) return '<nil>';
  if (value instanceof GoInt) return value.value.toString();
  walk.budget.take();
  if (value instanceof GoObject) return objectText(value, walk);
  if (value instanceof Uint8Array) return `[${value.join(' ')}]`;
  if (Array.isArray(value))
    return `[${joinTexts(
      value.map((item) => printed(item as GoValue, inner(walk))),
      ' ',
    )}]`;
  if (isFunction(value)) return '0x1';
  if (!isMap(value)) return String(value);
  const entries = sortedKeys(value).map((key) => `${key}:${printed(value[key], inner(walk))}`);
  return `map[${joinTexts(entries, ' ')}]`;
}

function objectText(value: GoObject, walk: Walk): string {
  const own = value.text();
  if (own !== undefined) return own;
  const items = value.goKind === 'struct' || value.goKind === 'ptr' ? value.fields() : value.entries();
  const texts = items.map(([key, item]) => {
    const text = printed(item instanceof GoObject ? item.asInterface() : item, inner(walk));
    return value.goKind === 'map' ? `${key}:${text}` : text;
  });
  if (value.goKind === 'map') return `map[${texts.join(' ')}]`;
  if (value.goKind === 'slice') return `[${texts.join(' ')}]`;
  return `${value.goKind === 'ptr' ? '&' : ''}{${texts.join(' ')}}`;
}
