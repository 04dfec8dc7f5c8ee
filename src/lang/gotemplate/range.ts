/** What `range` goes through. */
import { goPrint } from '#lang/gotemplate/print.ts';
import type { Frame } from '#lang/gotemplate/run.ts';
import { GoInt, GoObject, int, intOf, isMap, listOf, sortedKeys, typeName } from '#lang/gotemplate/value.ts';
import type { GoValue } from '#lang/gotemplate/value.ts';

/** Index or key, and element; nothing for nil. Fails for what has no elements. */
export function rangeItems(frame: Frame, value: GoValue, variables: number): Iterable<readonly [GoValue, GoValue]> {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return listItems(value as readonly GoValue[]);
  if (isMap(value)) return sortedKeys(value).map((key) => [key, value[key]] as const);
  if (value instanceof GoObject && value.goKind === 'map') return value.entries();
  const number = intOf(value);
  if (number !== undefined) {
    if (variables > 1) frame.fail(`can't use ${number} to iterate over more than one variable`);
    return numbers(value, number);
  }
  const list = listOf(value);
  return list === undefined ? frame.fail(`range can't iterate over ${goPrint(value)}`) : listItems(list);
}

/** Whether the elements have a type of their own: what comes out of other lists and maps is an interface {}. */
export function hasTypedElements(value: GoValue): boolean {
  if (intOf(value) !== undefined || value instanceof Uint8Array) return true;
  if (value instanceof GoObject) return true;
  return !typeName(value).endsWith('interface {}') && typeName(value) !== 'chartutil.Values';
}

function* listItems(list: readonly GoValue[]): Generator<readonly [GoValue, GoValue]> {
  const { length } = list;
  for (let i = 0; i < length; i++) yield [int(i), list[i]];
}

function* numbers(value: GoValue, end: bigint): Generator<readonly [GoValue, GoValue]> {
  for (let i = 0n; i < end; i++) yield [undefined, value instanceof GoInt ? new GoInt(value.goType, i) : i];
}
