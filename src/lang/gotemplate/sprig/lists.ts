/** sprig's lists, dictionaries, defaults and questions about types. */
import { checkList } from '#lang/gotemplate/limits.ts';
import { isEmpty, toInt, toText, toTexts } from '#lang/gotemplate/sprig/convert.ts';
import { deepEqual } from '#lang/gotemplate/sprig/deep.ts';
import {
  CallError,
  TypedList,
  compareStrings,
  fn,
  kindOf,
  listOf,
  stringList,
  typeName,
} from '#lang/gotemplate/value.ts';
import type { GoFunction, GoValue } from '#lang/gotemplate/value.ts';

const nilDereference = 'runtime error: invalid memory address or nil pointer dereference';

function elements(value: GoValue, refusal: string): readonly GoValue[] {
  if (value === null || value === undefined) throw new CallError(nilDereference);
  const list = listOf(value);
  if (list === undefined) throw new CallError(`${refusal} ${kindOf(value)}`);
  return list;
}

function twice(names: readonly string[], body: GoFunction): [string, GoFunction][] {
  return names.map((name) => [name, body]);
}

const asList = (action: string) => (value: GoValue) => elements(value, `Cannot ${action} type`);

export const listFunctions: [string, GoFunction][] = [
  ...twice(
    ['list', 'tuple'],
    fn('...any', (...items: GoValue[]) => items),
  ),
  ...twice(
    ['append', 'push', 'mustAppend', 'mustPush'],
    fn('any,any', (list: GoValue, item: GoValue) => [...asList('push on')(list), item]),
  ),
  ...twice(
    ['prepend', 'mustPrepend'],
    fn('any,any', (list: GoValue, item: GoValue) => [item, ...asList('prepend on')(list)]),
  ),
  ...twice(
    ['first', 'mustFirst'],
    fn('any', (list: GoValue) => asList('find first on')(list)[0] ?? null),
  ),
  ...twice(
    ['last', 'mustLast'],
    fn('any', (list: GoValue) => asList('find last on')(list).at(-1) ?? null),
  ),
  ...twice(
    ['rest', 'mustRest'],
    fn('any', (list: GoValue) => asList('find rest on')(list).slice(1)),
  ),
  ...twice(
    ['initial', 'mustInitial'],
    fn('any', (list: GoValue) => asList('find initial on')(list).slice(0, -1)),
  ),
  ...twice(
    ['reverse', 'mustReverse'],
    fn('any', (list: GoValue) => asList('find reverse on')(list).toReversed()),
  ),
  ...twice(
    ['compact', 'mustCompact'],
    fn('any', (list: GoValue) => asList('compact on')(list).filter((item) => !isEmpty(item))),
  ),
  ...twice(
    ['uniq', 'mustUniq'],
    fn('any', (list: GoValue) => unique(asList('find uniq on')(list))),
  ),
  ...twice(['without', 'mustWithout'], fn('any,...any', without)),
  ...twice(['has', 'mustHas'], fn('any,any', has)),
  ...twice(['slice', 'mustSlice'], fn('any,...any', slice)),
  ...twice(['chunk', 'mustChunk'], fn('int,any', chunk)),
  [
    'concat',
    fn('...any', (...lists: GoValue[]) =>
      lists.length === 0 ? TypedList.nil('[]interface {}') : concatenated(lists.map(concatenable)),
    ),
  ],
  [
    'sortAlpha',
    fn('any', (list: GoValue) =>
      stringList(listOf(list) === undefined ? [toText(list)] : toTexts(list).sort(compareStrings)),
    ),
  ],
  ['default', fn('any,...any', (fallback: GoValue, ...given: GoValue[]) => (isEmpty(given[0]) ? fallback : given[0]))],
  ['empty', fn('any', isEmpty)],
  ['coalesce', fn('...any', (...values: GoValue[]) => values.find((value) => !isEmpty(value)) ?? null)],
  ['all', fn('...any', (...values: GoValue[]) => !values.some(isEmpty))],
  ['any', fn('...any', (...values: GoValue[]) => !values.every(isEmpty))],
  ['ternary', fn('any,any,bool', (yes: GoValue, no: GoValue, test: boolean) => (test ? yes : no))],
  ['typeOf', fn('any', typeName)],
  ['typeIs', fn('string,any', (target: string, value: GoValue) => target === typeName(value))],
  [
    'typeIsLike',
    fn('string,any', (target: string, value: GoValue) => [target, `*${target}`].includes(typeName(value))),
  ],
  ['kindOf', fn('any', kindOf)],
  ['kindIs', fn('string,any', (target: string, value: GoValue) => target === kindOf(value))],
  ['deepEqual', fn('any,any', deepEqual)],
];

function unique(list: readonly GoValue[]): GoValue[] {
  const result: GoValue[] = [];
  const seen = new Set<GoValue>();
  for (const item of list) {
    if (seen.has(item) || (typeof item === 'object' && result.some((known) => deepEqual(known, item)))) continue;
    seen.add(item);
    result.push(item);
  }
  return result;
}

function without(list: GoValue, ...omit: GoValue[]): GoValue {
  return asList('find without on')(list).filter((item) => !omit.some((other) => deepEqual(other, item)));
}

function has(needle: GoValue, list: GoValue): GoValue {
  if (list === null || list === undefined) return false;
  return elements(list, 'Cannot find has on type').some((item) => deepEqual(item, needle));
}

function slice(list: GoValue, ...bounds: GoValue[]): GoValue {
  const items = elements(list, 'list should be type of slice or array but');
  if (items.length === 0) return null;
  const start = bounds.length > 0 ? toInt(bounds[0]) : 0;
  const end = bounds.length < 2 ? items.length : toInt(bounds[1]);
  if (start < 0 || start > end || end > items.length)
    throw new CallError('reflect.Value.Slice: slice index out of bounds');
  const part = items.slice(start, end);
  return list instanceof TypedList ? TypedList.of2(list.goType, part) : part;
}

function chunk(size: number, list: GoValue): GoValue {
  const items = asList('chunk')(list);
  if (size < 1) throw new CallError('runtime error: makeslice: len out of range');
  const chunks: GoValue[] = [];
  for (let i = 0; i < items.length; i += size) chunks.push(items.slice(i, i + size));
  return TypedList.of2('[][]interface {}', chunks);
}

function concatenable(list: GoValue): readonly GoValue[] {
  if (list === null || list === undefined) throw new CallError(nilDereference);
  return listOf(list) ?? refuseConcat(list);
}

function concatenated(lists: readonly (readonly GoValue[])[]): GoValue {
  checkList(lists.reduce((sum, list) => sum + list.length, 0));
  return lists.flat();
}

function refuseConcat(list: GoValue): never {
  throw new CallError(`Cannot concat type ${kindOf(list)} as list`);
}
