/**
 * Trees to closures. Variables become numbered slots, names of functions are looked up once, text is written as it stands;
 * `frame.node` follows the execution just as Go's does, so that errors name the same place.
 */
import { printAction } from '#lang/gotemplate/print.ts';
import { constantOf, convertArgument, literalArgument } from '#lang/gotemplate/arguments.ts';
import { compileCall } from '#lang/gotemplate/call.ts';
import type { Args } from '#lang/gotemplate/call.ts';
import { none } from '#lang/gotemplate/final.ts';
import type { Final } from '#lang/gotemplate/final.ts';
import { fieldOf } from '#lang/gotemplate/fields.ts';
import type { Access } from '#lang/gotemplate/fields.ts';
import { nodeText } from '#lang/gotemplate/nodes.ts';
import type {
  BranchNode,
  CommandNode,
  ListNode,
  Node,
  Operand,
  PipeNode,
  TemplateNode,
  Tree,
  VariableNode,
} from '#lang/gotemplate/nodes.ts';
import { goQuote } from '#lang/gotemplate/quote.ts';
import { hasTypedElements, rangeItems } from '#lang/gotemplate/range.ts';
import { Frame } from '#lang/gotemplate/run.ts';
import type { Compiled, Eval, Exec } from '#lang/gotemplate/run.ts';
import { isFunction, isTrue, typeName } from '#lang/gotemplate/value.ts';
import type { FunctionTable, GoFunction, GoValue } from '#lang/gotemplate/value.ts';

/** Makes a tree executable. */
export function compileTree(tree: Tree, functions: FunctionTable): Compiled {
  const compiler = new Compiler(functions);
  const exec = compiler.list(tree.root);
  return { tree, slots: compiler.slots, exec };
}

interface Variable {
  readonly name: string;
  readonly slot: number;
  readonly isInterface: boolean;
}

type CommandEval = (frame: Frame, dot: GoValue, final: Final) => GoValue;

class Compiler {
  slots = 1;
  readonly #functions: FunctionTable;
  readonly #vars: Variable[] = [{ name: '$', slot: 0, isInterface: false }];
  #dotIsInterface = false;

  constructor(functions: FunctionTable) {
    this.#functions = functions;
  }

  list(node: ListNode): Exec {
    const steps = node.nodes.map((child) => this.#node(child));
    if (steps.length === 1) return steps[0] as Exec;
    return (frame, dot) => {
      for (const step of steps) {
        const signal = step(frame, dot);
        if (signal !== 0) return signal;
      }
      return 0;
    };
  }

  #node(node: Node): Exec {
    switch (node.type) {
      case 'text': {
        const { text } = node;
        return (frame) => {
          frame.run.write(text);
          return 0;
        };
      }
      case 'action':
        return this.#action(node, node.pipe);
      case 'if':
      case 'with':
        return this.#ifOrWith(node);
      case 'range':
        return this.#range(node);
      case 'template':
        return this.#template(node);
      case 'break':
        return () => 1;
      case 'continue':
        return () => 2;
    }
    throw new Error(`no statement: ${node.type}`);
  }

  #action(node: Node, pipe: PipeNode): Exec {
    const value = this.#pipeline(pipe);
    const silent = pipe.decl.length > 0;
    return (frame, dot) => {
      frame.run.step();
      frame.node = node;
      const result = value(frame, dot);
      if (silent) return 0;
      if (typeof result === 'string') frame.run.write(result);
      else {
        frame.node = node;
        if (isFunction(result)) frame.fail(`can't print ${nodeText(node)} of type ${typeName(result)}`);
        frame.run.write(printAction(result));
      }
      return 0;
    };
  }

  #scoped<T>(body: () => T): T {
    const mark = this.#vars.length;
    const dot = this.#dotIsInterface;
    const result = body();
    this.#vars.length = mark;
    this.#dotIsInterface = dot;
    return result;
  }

  #ifOrWith(node: BranchNode): Exec {
    return this.#scoped(() => {
      const condition = this.#pipeline(node.pipe);
      const isWith = node.type === 'with';
      const list = this.#scoped(() => {
        if (isWith) this.#dotIsInterface = false;
        return this.list(node.list);
      });
      const { elseList } = node;
      const otherwise = elseList && this.#scoped(() => this.list(elseList));
      return (frame, dot) => {
        frame.run.step();
        frame.node = node;
        const value = condition(frame, dot);
        if (isTrue(value)) return list(frame, isWith ? value : dot);
        return otherwise === undefined ? 0 : otherwise(frame, dot);
      };
    });
  }

  #range(node: BranchNode): Exec {
    return this.#scoped(() => {
      const { pipe, elseList } = node;
      const source = this.#pipelineValue(pipe);
      const assigners = this.#rangeVariables(pipe);
      const slots = pipe.decl.map((variable) => this.#slotOf(variable)).slice(-1);
      const list = this.#scoped(() => {
        this.#dotIsInterface = true;
        return this.list(node.list);
      });
      const otherwise = elseList && this.#scoped(() => this.list(elseList));
      const count = pipe.decl.length;
      return (frame, dot) => {
        frame.node = node;
        const value = source(frame, dot);
        if (pipe.isAssign) for (const assigner of assigners) assigner(frame, value, value);
        const items = rangeItems(frame, value, count);
        const leave = enterTyped(frame, slots, value);
        let ran = false;
        for (const [index, element] of items) {
          ran = true;
          frame.run.step();
          for (const assigner of assigners) assigner(frame, index, element);
          if (list(frame, element) === 1) break;
        }
        leave();
        return ran || otherwise === undefined ? 0 : otherwise(frame, dot);
      };
    });
  }

  #rangeVariables(pipe: PipeNode): ((frame: Frame, index: GoValue, element: GoValue) => void)[] {
    const { decl } = pipe;
    return decl.map((variable, i) => {
      const isElement = i === decl.length - 1;
      const slot = pipe.isAssign ? this.#slotOf(variable) : this.#declare(variable.ident[0] as string, isElement);
      if (slot === undefined) return () => {};
      return (frame, index, element) => {
        frame.vars[slot] = isElement ? element : index;
      };
    });
  }

  #template(node: TemplateNode): Exec {
    const data = node.pipe === undefined ? undefined : this.#pipeline(node.pipe);
    return (frame, dot) => {
      frame.run.step();
      frame.node = node;
      const compiled = frame.run.source.compiled(node.name);
      if (compiled === undefined) return frame.fail(`template ${goQuote(node.name)} not defined`);
      const { depth } = frame.run.options.limits;
      if (frame.depth >= depth) frame.fail(`exceeded maximum template depth (${depth})`);
      const value = data?.(frame, dot);
      const inner = new Frame(frame.run, compiled, frame.depth + 1);
      inner.vars[0] = value;
      try {
        compiled.exec(inner, value);
      } catch (error) {
        if (error instanceof RangeError) frame.fail(`exceeded maximum template depth (${depth})`);
        throw error;
      }
      return 0;
    };
  }

  #declare(name: string, isInterface: boolean): number {
    const slot = this.slots++;
    this.#vars.push({ name, slot, isInterface });
    return slot;
  }

  #find(name: string): Variable | undefined {
    return this.#vars.findLast((variable) => variable.name === name);
  }

  #slotOf(variable: VariableNode): number | undefined {
    return this.#find(variable.ident[0] as string)?.slot;
  }

  /** A pipeline with its declarations. */
  #pipeline(pipe: PipeNode): Eval {
    const value = this.#pipelineValue(pipe);
    const slots = pipe.decl.map((variable) =>
      pipe.isAssign ? this.#slotOf(variable) : this.#declare(variable.ident[0] as string, false),
    );
    if (slots.length === 0) return value;
    return (frame, dot) => {
      const result = value(frame, dot);
      for (const slot of slots) {
        if (slot === undefined) frame.fail(`undefined variable: ${pipe.decl[0]?.ident[0]}`);
        else frame.vars[slot] = result;
      }
      return result;
    };
  }

  #pipelineValue(pipe: PipeNode): Eval {
    const commands = pipe.cmds.map((command) => this.#command(command));
    const only = commands.length === 1 ? commands[0] : undefined;
    if (only !== undefined) {
      return (frame, dot) => {
        frame.node = pipe;
        return only(frame, dot, none) ?? undefined;
      };
    }
    return (frame, dot) => {
      frame.node = pipe;
      let value: Final = none;
      for (const command of commands) value = command(frame, dot, value) ?? undefined;
      return value === none ? undefined : value;
    };
  }

  #command(command: CommandNode): CommandEval {
    const first = command.args[0] as Operand;
    switch (first.type) {
      case 'field':
      case 'chain':
      case 'variable':
        return this.#access(first, command.args);
      case 'identifier':
        return this.#function(first.ident, first, { node: command, args: command.args.slice(1) });
      case 'pipe': {
        const inner = this.#pipeline(first);
        return (frame, dot, final) => {
          notAFunction(frame, command.args, final);
          return inner(frame, dot);
        };
      }
    }
    return (frame, dot, final) => {
      frame.node = first;
      notAFunction(frame, command.args, final);
      if (first.type === 'dot') return dot;
      if (first.type === 'nil') return frame.fail('nil is not a command');
      return constantOf(frame, first);
    };
  }

  #function(name: string, at: Operand, place: { node: Node; args: readonly Operand[] }): CommandEval {
    const target = this.#functions.get(name);
    const args = this.#arguments(place.args);
    if (target === undefined) {
      return (frame) => {
        frame.node = at;
        return frame.fail(`${goQuote(name)} is not a defined function`);
      };
    }
    const call = compileCall(name, target, args, place.node);
    return (frame, dot, final) => {
      frame.node = at;
      return call(frame, dot, final);
    };
  }

  #arguments(nodes: readonly Operand[]): Args {
    return nodes.map((node) => ({ node, evaluate: this.#argument(node) }));
  }

  #argument(node: Operand): (frame: Frame, dot: GoValue, type: string) => unknown {
    switch (node.type) {
      case 'dot':
        return (frame, dot, type) => {
          frame.node = node;
          return convertArgument(frame, dot, type);
        };
      case 'field':
      case 'variable':
      case 'chain': {
        const value = this.#access(node, [node]);
        return (frame, dot, type) => {
          frame.node = node;
          return convertArgument(frame, value(frame, dot, none), type);
        };
      }
      case 'identifier': {
        const value = this.#function(node.ident, node, { node, args: [] });
        return (frame, dot, type) => convertArgument(frame, value(frame, dot, none), type);
      }
      case 'pipe': {
        const value = this.#pipeline(node);
        return (frame, dot, type) => {
          frame.node = node;
          return convertArgument(frame, value(frame, dot), type);
        };
      }
    }
    return (frame, _dot, type) => {
      frame.node = node;
      return literalArgument(frame, node, type);
    };
  }

  /** `.a.b`, `$x.a`, `(pipe).a`, with arguments if the last one is a method. */
  #access(node: Extract<Operand, { type: 'field' | 'chain' | 'variable' }>, all: readonly Operand[]): CommandEval {
    const { receiver, names, isInterface, origin } = this.#receiver(node);
    const args = this.#arguments(all.slice(1));
    if (names.length === 0) {
      return (frame, dot, final) => {
        frame.node = node;
        const value = receiver(frame, dot);
        notAFunction(frame, all, final);
        return value;
      };
    }
    const steps: Access[] = names.map((name, i) => ({
      name,
      isInterface: i > 0 || isInterface,
      origin: i === 0 ? origin : undefined,
      hasArguments: i === names.length - 1 && args.length > 0,
    }));
    const last = steps.length - 1;
    return (frame, dot, final) => {
      frame.node = node;
      let value = receiver(frame, dot);
      for (let i = 0; i <= last; i++) {
        const step = steps[i] as Access;
        const access = i === last && final !== none ? { ...step, hasArguments: true } : step;
        const found = fieldOf(frame, value, access);
        if (typeof found === 'object' && found !== null && 'method' in found && isFunction(found.method)) {
          value = callMethod(frame, dot, {
            name: step.name,
            method: found.method,
            node,
            isLast: i === last,
            args,
            final,
          });
        } else value = found as GoValue;
      }
      return value;
    };
  }

  #receiver(node: Extract<Operand, { type: 'field' | 'chain' | 'variable' }>): {
    receiver: Eval;
    names: readonly string[];
    isInterface: boolean;
    origin?: 'dot' | number | undefined;
  } {
    if (node.type === 'field') {
      return { receiver: (_frame, dot) => dot, names: node.ident, isInterface: this.#dotIsInterface, origin: 'dot' };
    }
    if (node.type === 'variable') {
      const name = node.ident[0] as string;
      const variable = this.#find(name);
      const slot = variable?.slot;
      const receiver: Eval = (frame) =>
        slot === undefined ? frame.fail(`undefined variable: ${name}`) : frame.vars[slot];
      return { receiver, names: node.ident.slice(1), isInterface: variable?.isInterface === true, origin: slot };
    }
    if (node.node.type === 'nil') {
      return {
        receiver: (frame) => frame.fail(`indirection through explicit nil in ${nodeText(node)}`),
        names: node.field,
        isInterface: false,
      };
    }
    const inner = this.#argument(node.node);
    return {
      receiver: (frame, dot) => inner(frame, dot, 'value') as GoValue,
      names: node.field,
      isInterface: false,
    };
  }
}

/** Marks dot and the element's variable for the time of a `range`. */
function enterTyped(frame: Frame, slots: readonly (number | undefined)[], value: GoValue): () => void {
  const places: ('dot' | number)[] = ['dot', ...slots.filter((slot) => slot !== undefined)];
  const before = places.filter((place) => frame.typed.has(place));
  const isTyped = hasTypedElements(value);
  for (const place of places) {
    if (isTyped) frame.typed.add(place);
    else frame.typed.delete(place);
  }
  return () => {
    for (const place of places) frame.typed.delete(place);
    for (const place of before) frame.typed.add(place);
  };
}

interface MethodCall {
  readonly name: string;
  readonly method: GoFunction;
  readonly node: Node;
  readonly isLast: boolean;
  readonly args: Args;
  readonly final: Final;
}

function callMethod(frame: Frame, dot: GoValue, call: MethodCall): GoValue {
  const { name, method, node, isLast, args, final } = call;
  return compileCall(name, method, isLast ? args : [], node)(frame, dot, isLast ? final : none);
}

function notAFunction(frame: Frame, args: readonly Operand[], final: Final): void {
  if (args.length <= 1 && final === none) return;
  frame.fail(`can't give argument to non-function ${nodeText(args[0] as Operand)}`);
}
