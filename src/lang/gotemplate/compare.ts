/** `eq` and `lt`: basic kinds only, integers of any sign and size with each other, nothing else mixed. */
import { goSprintf } from '#lang/gotemplate/format.ts';
import { goPrint } from '#lang/gotemplate/print.ts';
import { CallError, GoInt, GoObject, compareStrings, kindOf, typeName } from '#lang/gotemplate/value.ts';
import type { GoValue } from '#lang/gotemplate/value.ts';

type BasicKind = 'bool' | 'int' | 'uint' | 'float' | 'string' | 'other' | 'invalid';

function basicKind(value: GoValue): BasicKind {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
      return 'float';
    case 'bigint':
      return 'int';
    case 'string':
      return 'string';
  }
  if (value === null || value === undefined) return 'invalid';
  if (value instanceof GoInt) return value.goType.startsWith('u') ? 'uint' : 'int';
  return 'other';
}

function integer(value: GoValue): bigint {
  return value instanceof GoInt ? value.value : (value as bigint);
}

function areIntegers(a: BasicKind, b: BasicKind): boolean {
  return (a === 'int' || a === 'uint') && (b === 'int' || b === 'uint');
}

/** Whether `first` equals any of the others. Throws {@link CallError}. */
export function compareEqual(first: GoValue, ...others: GoValue[]): boolean {
  if (others.length === 0) throw new CallError('missing argument for comparison');
  const kind = basicKind(first);
  return others.some((other) => areEqual(first, kind, other));
}

function areEqual(a: GoValue, kind: BasicKind, b: GoValue): boolean {
  const other = basicKind(b);
  if (areIntegers(kind, other)) return integer(a) === integer(b);
  if (kind === 'invalid' || other === 'invalid') return kind === other;
  if (kind !== other) throw new CallError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
  if (kind !== 'other') return a === b;
  if (kindOf(a) !== kindOf(b)) {
    throw new CallError(`non-comparable types ${shown(a)}: ${typeName(a)}, ${typeName(b)}: ${goPrint(b)}`);
  }
  if (!(b instanceof GoObject)) throw new CallError(`non-comparable type ${shown(b)}: ${typeName(b)}`);
  return a === b || (a instanceof GoObject && a.goKind === 'struct' && goPrint(a) === goPrint(b));
}

/** As Go's messages print a value there: with %s. */
function shown(value: GoValue): string {
  return goSprintf('%s', [value]);
}

/** a < b. Throws {@link CallError}. */
export function isLess(a: GoValue, b: GoValue): boolean {
  const left = basicKind(a);
  const right = basicKind(b);
  if (left === 'other' || left === 'invalid' || right === 'other' || right === 'invalid') badType();
  if (areIntegers(left, right)) return integer(a) < integer(b);
  if (left !== right) throw new CallError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
  if (left === 'bool') badType();
  return left === 'string' ? compareStrings(a as string, b as string) < 0 : (a as number) < (b as number);
}

function badType(): never {
  throw new CallError('invalid type for comparison');
}
