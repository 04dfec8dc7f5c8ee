/** Calling a function: counting and converting arguments, `and` and `or` that stop early, errors that name the call. */
import { convertArgument } from '#lang/gotemplate/arguments.ts';
import { LimitError } from '#lang/gotemplate/error.ts';
import { none } from '#lang/gotemplate/final.ts';
import type { Final } from '#lang/gotemplate/final.ts';
import type { Node, Operand } from '#lang/gotemplate/nodes.ts';
import { nodeText } from '#lang/gotemplate/nodes.ts';
import type { Frame } from '#lang/gotemplate/run.ts';
import { isTrue, typeName } from '#lang/gotemplate/value.ts';
import type { GoFunction, GoValue } from '#lang/gotemplate/value.ts';

export type Args = readonly {
  readonly node: Operand;
  readonly evaluate: (frame: Frame, dot: GoValue, type: string) => unknown;
}[];
type Call = (frame: Frame, dot: GoValue, final: Final) => GoValue;

/** The call of `target` with these arguments, the final one of the pipeline last. */
export function compileCall(name: string, target: GoFunction, args: Args, node: Node): Call {
  if ((name === 'and' || name === 'or') && target.params[0] === 'value') return shortCircuit(name, args);
  const { params, variadic } = target;
  const last = params.length - 1;
  const typeAt = (i: number): string => params[variadic && i > last ? last : i] as string;
  const isCall = name === 'call' && params[0] === 'value';
  return (frame, dot, final) => {
    const hasFinal = final !== none;
    const count = args.length + (hasFinal ? 1 : 0);
    if (variadic ? count < last : count !== params.length) wrongCount(frame, name, { target, args, count });
    const values: unknown[] = [];
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] as Args[number];
      values[i] = arg.evaluate(frame, dot, typeAt(i));
    }
    if (final !== none) values[count - 1] = convertArgument(frame, final, typeAt(count - 1));
    if (isCall) values.unshift(args[0] === undefined ? reflectText(values[0] as GoValue) : nodeText(args[0].node));
    try {
      const result = target.invoke(values, frame.run);
      const work = sizeOf(result) + sizesOf(values);
      if (work > freeWork) frame.run.spend(work / workPerStep);
      return result;
    } catch (error) {
      return callFailed(frame, { name, node, error });
    }
  };
}

/** reflect.Value.String */
function reflectText(value: GoValue): string {
  return typeof value === 'string' ? value : `<${value === undefined ? 'invalid' : typeName(value)} Value>`;
}

function wrongCount(frame: Frame, name: string, call: { target: GoFunction; args: Args; count: number }): never {
  const { params, variadic } = call.target;
  if (variadic)
    frame.fail(`wrong number of args for ${name}: want at least ${params.length - 1} got ${call.args.length}`);
  return frame.fail(`wrong number of args for ${name}: want ${params.length} got ${call.count}`);
}

/** Characters and elements that are handled in about the time of one step. */
const workPerStep = 32;
const freeWork = 64;

function sizeOf(value: unknown): number {
  return typeof value === 'string' || Array.isArray(value) ? value.length : 0;
}

function sizesOf(values: readonly unknown[]): number {
  let sum = 0;
  for (const value of values) sum += sizeOf(value);
  return sum;
}

function callFailed(frame: Frame, call: { name: string; node: Node; error: unknown }): never {
  const { name, node, error } = call;
  frame.node = node;
  if (error instanceof LimitError) frame.locate(error);
  if (error instanceof RangeError && error.message.startsWith('Invalid ')) {
    frame.locate(new LimitError('exec', 'a text or list would be too long'));
  }
  const message =
    error instanceof RangeError ? 'stack overflow' : error instanceof Error ? error.message : String(error);
  return frame.fail(`error calling ${name}: ${message}`);
}

function shortCircuit(name: 'and' | 'or', args: Args): Call {
  return (frame, dot, final) => {
    if (args.length === 0 && final === none) frame.fail(`wrong number of args for ${name}: want at least 1 got 0`);
    let value: GoValue;
    for (const arg of args) {
      value = arg.evaluate(frame, dot, 'value') as GoValue;
      if (isTrue(value) === (name === 'or')) return value;
    }
    return final === none ? value : final;
  };
}
