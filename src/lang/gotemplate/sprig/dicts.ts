/** sprig's dictionaries. */
import { toText } from '#lang/gotemplate/sprig/convert.ts';
import { deepCopy, mapOf, mergeInto, setKey } from '#lang/gotemplate/sprig/deep.ts';
import { CallError, fn, isMap, newMap, sortedKeys, stringList, typeName } from '#lang/gotemplate/value.ts';
import type { GoFunction, GoMap, GoValue } from '#lang/gotemplate/value.ts';

function merged(mode: 'keep' | 'overwrite'): GoFunction {
  return fn('map,...map', (target: GoMap, ...sources: GoMap[]) => {
    for (const source of sources) mergeInto(target, source, mode);
    return target;
  });
}

const copy = fn('any', (value: GoValue) => deepCopy(value));

export const dictFunctions: [string, GoFunction][] = [
  ['dict', fn('...any', dict)],
  ['get', fn('map,string', (map: GoMap, key: string) => (Object.hasOwn(map, key) ? map[key] : ''))],
  ['set', fn('map,string,any', set)],
  ['unset', fn('map,string', unset)],
  ['hasKey', fn('map,string', (map: GoMap, key: string) => Object.hasOwn(map, key))],
  [
    'pluck',
    fn('string,...map', (key: string, ...maps: GoMap[]) =>
      maps.filter((map) => Object.hasOwn(map, key)).map((map) => map[key]),
    ),
  ],
  // Go's order is random; sorted is one of the possible ones.
  ['keys', fn('...map', (...maps: GoMap[]) => stringList(maps.flatMap(sortedKeys)))],
  ['values', fn('map', (map: GoMap) => sortedKeys(map).map((key) => map[key]))],
  [
    'pick',
    fn('map,...string', (map: GoMap, ...keys: string[]) =>
      mapOf(keys.filter((key) => Object.hasOwn(map, key)).map((key) => [key, map[key]])),
    ),
  ],
  [
    'omit',
    fn('map,...string', (map: GoMap, ...keys: string[]) =>
      mapOf(Object.entries(map).filter(([key]) => !keys.includes(key))),
    ),
  ],
  ['merge', merged('keep')],
  ['mustMerge', merged('keep')],
  ['mergeOverwrite', merged('overwrite')],
  ['mustMergeOverwrite', merged('overwrite')],
  ['deepCopy', copy],
  ['mustDeepCopy', copy],
  ['dig', fn('...any', dig)],
];

function dict(...items: GoValue[]): GoValue {
  const map = newMap();
  for (let i = 0; i < items.length; i += 2) setKey(map, toText(items[i]), i + 1 < items.length ? items[i + 1] : '');
  return map;
}

function set(map: GoMap, key: string, value: GoValue): GoValue {
  setKey(map, key, value);
  return map;
}

function unset(map: GoMap, key: string): GoValue {
  delete map[key];
  return map;
}

function dig(...items: GoValue[]): GoValue {
  if (items.length < 3) throw new CallError('dig needs at least three arguments');
  let step: GoValue = items.at(-1);
  if (!isPlainMap(step)) return conversion(step, 'map[string]interface {}');
  const keys = items.slice(0, -2).map((key) => (typeof key === 'string' ? key : conversion(key, 'string')));
  for (const key of keys) {
    if (!isPlainMap(step)) return conversion(step, 'map[string]interface {}');
    if (!Object.hasOwn(step, key)) return items.at(-2);
    step = step[key];
  }
  return step;
}

/** A type assertion looks at the very type: `.Values` itself is a chartutil.Values and is refused. */
function isPlainMap(value: GoValue): value is GoMap {
  return isMap(value) && typeName(value) === 'map[string]interface {}';
}

function conversion(value: GoValue, wanted: string): never {
  const type = value === null || value === undefined ? 'nil' : typeName(value);
  throw new CallError(`interface conversion: interface {} is ${type}, not ${wanted}`);
}
