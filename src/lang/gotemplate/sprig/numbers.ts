/** sprig's arithmetic: int64 that wraps, floats through decimals. */
import { checkList } from '#lang/gotemplate/limits.ts';
import { goPrint } from '#lang/gotemplate/print.ts';
import { wrapInt64 } from '#lang/gotemplate/number.ts';
import { toFloat64, toInt64 } from '#lang/gotemplate/sprig/convert.ts';
import { decimalOp } from '#lang/gotemplate/sprig/decimal.ts';
import { CallError, TypedList, fn, int } from '#lang/gotemplate/value.ts';
import type { GoFunction, GoValue } from '#lang/gotemplate/value.ts';

function folded(step: (sum: bigint, next: bigint) => bigint): GoFunction {
  return fn('any,...any', (first: GoValue, ...rest: GoValue[]) =>
    rest.reduce<bigint>((sum, value) => wrapInt64(step(sum, toInt64(value))), toInt64(first)),
  );
}

function foldedFloat(step: (sum: number, next: number) => number): GoFunction {
  return fn('any,...any', (first: GoValue, ...rest: GoValue[]) =>
    rest.reduce<number>((sum, value) => step(sum, toFloat64(value)), toFloat64(first)),
  );
}

function decimal(operator: '+' | '-' | '*' | '/'): GoFunction {
  return fn('any,...any', (first: GoValue, ...rest: GoValue[]) =>
    decimalOp(operator, toFloat64(first), rest.map(toFloat64)),
  );
}

function divide(a: GoValue, b: GoValue): bigint {
  const divisor = toInt64(b);
  if (divisor === 0n) throw new CallError('runtime error: integer divide by zero');
  return wrapInt64(toInt64(a) / divisor);
}

function modulo(a: GoValue, b: GoValue): bigint {
  const divisor = toInt64(b);
  if (divisor === 0n) throw new CallError('runtime error: integer divide by zero');
  return toInt64(a) % divisor;
}

const biggest = folded((a, b) => (b > a ? b : a));

export const numberFunctions: [string, GoFunction][] = [
  ['atoi', fn('string', (text: string) => int(/^[+-]?\d+$/.test(text) ? clamped(BigInt(text.replace(/^\+/, ''))) : 0))],
  ['int', fn('any', (value: GoValue) => int(toInt64(value)))],
  ['int64', fn('any', toInt64)],
  ['float64', fn('any', toFloat64)],
  ['toDecimal', fn('any', toDecimal)],
  ['add1', fn('any', (value: GoValue) => wrapInt64(toInt64(value) + 1n))],
  [
    'add',
    fn('...any', (...values: GoValue[]) => values.reduce<bigint>((sum, value) => wrapInt64(sum + toInt64(value)), 0n)),
  ],
  ['sub', fn('any,any', (a: GoValue, b: GoValue) => wrapInt64(toInt64(a) - toInt64(b)))],
  ['div', fn('any,any', divide)],
  ['mod', fn('any,any', modulo)],
  ['mul', folded((a, b) => a * b)],
  ['add1f', fn('any', (value: GoValue) => decimalOp('+', toFloat64(value), [1]))],
  ['addf', fn('...any', (...values: GoValue[]) => decimalOp('+', 0, values.map(toFloat64)))],
  ['subf', decimal('-')],
  ['divf', decimal('/')],
  ['mulf', decimal('*')],
  ['biggest', biggest],
  ['max', biggest],
  ['min', folded((a, b) => (b < a ? b : a))],
  ['maxf', foldedFloat(Math.max)],
  ['minf', foldedFloat(Math.min)],
  ['ceil', fn('any', (value: GoValue) => Math.ceil(toFloat64(value)))],
  ['floor', fn('any', (value: GoValue) => Math.floor(toFloat64(value)))],
  ['round', fn('any,int,...float64', round)],
  ['until', fn('int', (count: number) => ints(steps(0, count, count < 0 ? -1 : 1)))],
  ['untilStep', fn('int,int,int', (start: number, stop: number, step: number) => ints(steps(start, stop, step)))],
  ['seq', fn('...int', (...params: number[]) => sequence(params).join(' '))],
];

const maxInt = 2n ** 63n - 1n;

/** strconv.Atoi gives the nearest number with its range error, which sprig does not look at. */
function clamped(value: bigint): bigint {
  return value > maxInt ? maxInt : value < -maxInt - 1n ? -maxInt - 1n : value;
}

function toDecimal(value: GoValue): bigint {
  const match = /^([+-]?)([0-7]+)$/.exec(goPrint(value));
  if (match === null) return 0n;
  const size = BigInt(`0o${match[2]}`);
  const result = match[1] === '-' ? -size : size;
  return result === wrapInt64(result) ? result : 0n;
}

function round(value: GoValue, places: number, ...on: number[]): number {
  const power = 10 ** places;
  const digit = power * toFloat64(value);
  const rest = digit - Math.trunc(digit);
  return (rest >= (on[0] ?? 0.5) ? Math.ceil(digit) : Math.floor(digit)) / power;
}

/** untilStep */
function steps(start: number, stop: number, step: number): number[] {
  const list: number[] = [];
  if (stop < start ? step >= 0 : step <= 0) return list;
  checkList(Math.abs((stop - start) / step));
  for (let i = start; stop < start ? i > stop : i < stop; i += step) list.push(i);
  return list;
}

function ints(list: readonly number[]): GoValue {
  return TypedList.of2('[]int', list.map(int));
}

function sequence(params: readonly number[]): number[] {
  const [first = 0, second = 0, third = 0] = params;
  if (params.length === 1) return first < 1 ? steps(1, first - 1, -1) : steps(1, first + 1, 1);
  if (params.length === 2) return second < first ? steps(first, second - 1, -1) : steps(first, second + 1, 1);
  if (params.length !== 3) return [];
  if (third >= first) return steps(first, third + 1, second);
  return second > 0 ? [] : steps(first, third - 1, second);
}
