/** Deep equality, copies and merges. */
import { NodeBudget } from '#lang/gotemplate/limits.ts';
import { isEmpty } from '#lang/gotemplate/sprig/convert.ts';
import { GoInt, GoObject, TypedList, isMap, newMap, typeName } from '#lang/gotemplate/value.ts';
import type { GoMap, GoValue } from '#lang/gotemplate/value.ts';

/** reflect.DeepEqual: types count. */
export function deepEqual(a: GoValue, b: GoValue, budget = new NodeBudget()): boolean {
  if (a === b || (a ?? null) === (b ?? null)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  budget.take();
  if (typeName(a) !== typeName(b)) return false;
  if (a instanceof GoInt) return a.value === (b as GoInt).value;
  if (Array.isArray(a) || a instanceof Uint8Array) {
    const [left, right] = [a as readonly GoValue[], b as readonly GoValue[]];
    return left.length === right.length && left.every((item, i) => deepEqual(item, right[i], budget));
  }
  if (a instanceof GoObject) return deepEqual(a.plain(), (b as GoObject).plain(), budget);
  const [left, right] = [a as GoMap, b as GoMap];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && deepEqual(left[key], right[key], budget))
  );
}

/** A copy that shares nothing that can be changed. */
export function deepCopy(value: GoValue, budget = new NodeBudget()): GoValue {
  budget.take();
  if (value instanceof TypedList)
    return TypedList.of2(
      value.goType,
      value.map((item) => deepCopy(item, budget)),
    );
  if (Array.isArray(value)) return value.map((item) => deepCopy(item as GoValue, budget));
  if (!isMap(value)) return value;
  const copy = Object.create(Object.getPrototypeOf(value) as object | null) as GoMap;
  for (const key of Object.keys(value)) setKey(copy, key, deepCopy(value[key], budget));
  return copy;
}

/** Sets a key whatever its name. */
export function setKey(map: GoMap, key: string, value: GoValue): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
  else map[key] = value;
}

/**
 * mergo.Merge into `target`: keys that it has not, or that are empty there, come from `source`; maps in both are merged.
 * With `overwrite`, the source's values win unless they are empty.
 */
export function mergeInto(
  target: GoMap,
  source: GoMap,
  overwrite: 'keep' | 'overwrite',
  budget = new NodeBudget(),
): void {
  for (const key of Object.keys(source)) {
    budget.take();
    const from = source[key];
    const has = Object.hasOwn(target, key);
    const old = has ? target[key] : undefined;
    if (isMap(from) && isMap(old)) mergeInto(old, from, overwrite, budget);
    else if (!has || isEmpty(old) || (overwrite === 'overwrite' && !isEmpty(from))) {
      if (has && isEmpty(from) && overwrite === 'keep' && isEmpty(old)) continue;
      setKey(target, key, from);
    }
  }
}

/** An ordinary map of some fields. */
export function mapOf(entries: Iterable<readonly [string, GoValue]>): GoMap {
  const map = newMap();
  for (const [key, value] of entries) setKey(map, key, value);
  return map;
}
