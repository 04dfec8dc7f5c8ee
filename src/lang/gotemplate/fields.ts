/** `.name` on a value: methods, struct fields and map keys. */
import type { Frame } from '#lang/gotemplate/run.ts';
import { GoObject, isMap, typeName } from '#lang/gotemplate/value.ts';
import type { GoFunction, GoMap, GoValue } from '#lang/gotemplate/value.ts';

export interface Access {
  readonly name: string;
  /** The receiver's static type is interface {} (it came out of a map or list). */
  readonly isInterface: boolean;
  readonly hasArguments: boolean;
  /** Where a receiver of static type interface {} comes from, if that is known only at run time: dot or a variable of `range`. */
  readonly origin?: 'dot' | number | undefined;
}

/** The value of a field, or the method to call. */
export function fieldOf(frame: Frame, receiver: GoValue, access: Access): GoValue | { readonly method: GoFunction } {
  const { name } = access;
  if (receiver === undefined) {
    if (frame.run.options.missingKey === 'error') frame.fail(`nil data; no entry for key ${JSON.stringify(name)}`);
    return undefined;
  }
  if (receiver === null) return frame.fail(`nil pointer evaluating interface {}.${name}`);
  if (receiver instanceof GoObject) return fieldOfObject(frame, receiver, access);
  if (isMap(receiver)) {
    if (access.hasArguments) frame.fail(`${name} is not a method but has arguments`);
    return Object.hasOwn(receiver, name) ? receiver[name] : missing(frame, receiver, name);
  }
  return noField(frame, receiver, access);
}

function fieldOfObject(frame: Frame, receiver: GoObject, access: Access): GoValue | { method: GoFunction } {
  const { name, hasArguments } = access;
  const method = receiver.method(name);
  if (method !== undefined) return { method };
  if (receiver.goKind === 'map') {
    if (hasArguments) frame.fail(`${name} is not a method but has arguments`);
    const entry = receiver.entries().find(([key]) => key === name);
    return entry === undefined ? null : entry[1];
  }
  const value = receiver.field(name);
  if (value === undefined) return noField(frame, receiver, access);
  if (hasArguments) frame.fail(`${name} has arguments but cannot be invoked as function`);
  return value;
}

function noField(frame: Frame, receiver: GoValue, access: Access): never {
  const { name, origin } = access;
  const isInterface = access.isInterface && !(origin !== undefined && frame.typed.has(origin));
  return frame.fail(`can't evaluate field ${name} in type ${isInterface ? 'interface {}' : typeName(receiver)}`);
}

function missing(frame: Frame, map: GoMap, name: string): GoValue {
  const { missingKey } = frame.run.options;
  if (missingKey === 'error') frame.fail(`map has no entry for key ${JSON.stringify(name)}`);
  return missingKey === 'default' ? undefined : zeroElement(map);
}

/** What a map of this type gives for a key that it does not have. */
export function zeroElement(map: GoMap): GoValue {
  const type = typeName(map);
  if (!type.startsWith('map[string]')) return null;
  const element = type.slice('map[string]'.length);
  if (element === 'string') return '';
  return element === 'bool' ? false : null;
}
