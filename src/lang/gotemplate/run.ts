/** One execution: output, counters, limits, and where in the templates it stands. */
import type { ParseCache } from '#lang/gotemplate/parse-cache.ts';
import { LimitError, TemplateError } from '#lang/gotemplate/error.ts';
import { nodeText } from '#lang/gotemplate/nodes.ts';
import type { Node, Tree } from '#lang/gotemplate/nodes.ts';
import { byteLength } from '#lang/gotemplate/bytes.ts';
import { goQuote } from '#lang/gotemplate/quote.ts';
import type { CallScope, GoValue } from '#lang/gotemplate/value.ts';

export interface TemplateLimits {
  /** Templates in templates, by `template`. Go's own limit is 100000; JavaScript's stack ends earlier and reports the same. */
  readonly depth: number;
  /** Characters written, those of `include` and `tpl` counted each time. */
  readonly outputBytes: number;
  /** Nodes executed; what functions do counts by the length of the texts and lists that they take and give. */
  readonly steps: number;
  /** On the scale of `now`; asked every few thousand steps. */
  readonly deadline?: number;
  readonly now?: () => number;
}

export interface TemplateOptions {
  /** What a key that is not in the map gives: `zero` and `error` as Go's `missingkey`. */
  readonly missingKey: 'zero' | 'error' | 'default';
  readonly limits: TemplateLimits;
  /** Trees of earlier runs with the same functions. */
  readonly cache?: ParseCache;
}

/** Real charts write up to a few megabytes in some hundred thousand steps. */
export const defaultLimits: TemplateLimits = { depth: 100_000, outputBytes: 64 * 1024 * 1024, steps: 50_000_000 };

/** A template ready to run. */
export interface Compiled {
  readonly tree: Tree;
  readonly slots: number;
  readonly exec: Exec;
}

/** 0 = go on, 1 = break, 2 = continue. */
export type Signal = 0 | 1 | 2;
export type Exec = (frame: Frame, dot: GoValue) => Signal;
export type Eval = (frame: Frame, dot: GoValue) => GoValue;

/** The templates that a run sees; `tpl` lays one over another. */
export interface TemplateSource {
  compiled(name: string): Compiled | undefined;
}

/** One template being executed. */
export class Frame {
  readonly run: Run;
  readonly compiled: Compiled;
  readonly name: string;
  readonly depth: number;
  readonly vars: GoValue[];
  /** Dot and variables that `range` took from a list of another type than interface {}. */
  readonly typed = new Set<'dot' | number>();
  /** Where errors are reported. */
  node: Node | undefined;

  constructor(run: Run, compiled: Compiled, depth: number) {
    this.run = run;
    this.compiled = compiled;
    this.name = compiled.tree.name;
    this.depth = depth;
    this.vars = [];
  }

  fail(message: string): never {
    throw new TemplateError('exec', `${this.#where()}: ${message}`);
  }

  /** Names the place where a limit was crossed, the innermost one. */
  locate(error: LimitError): never {
    if (error.isLocated) throw error;
    throw new LimitError('exec', `${this.#where()}: ${error.message}`, true);
  }

  #where(): string {
    const node = this.node;
    if (node === undefined) return `template: ${this.name}`;
    const { text, parseName } = this.compiled.tree;
    const before = text.slice(0, node.pos);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = before.split('\n').length;
    const location = `${parseName}:${line}:${byteLength(before.slice(lineStart))}`;
    return `template: ${location}: executing ${goQuote(this.name)} at <${nodeText(node)}>`;
  }
}

const stepsBetweenClocks = 4096;

/** State shared by all templates of one execution. Invariant: `#nextClock` is never more than one interval ahead. */
export abstract class Run implements CallScope {
  out = '';
  readonly options: TemplateOptions;
  #written = 0;
  #steps = 0;
  #nextClock: number;

  constructor(options: TemplateOptions) {
    this.options = options;
    this.#nextClock = Math.min(stepsBetweenClocks, options.limits.steps + 1);
  }

  abstract source: TemplateSource;
  abstract include(name: string, data: GoValue): string;
  abstract tpl(text: string, data: GoValue): string;

  write(text: string): void {
    this.out += text;
    this.#written += text.length;
    const { outputBytes } = this.options.limits;
    if (this.#written > outputBytes) throw new LimitError('exec', `the output is larger than ${outputBytes} bytes`);
  }

  step(): void {
    if (++this.#steps >= this.#nextClock) this.#check();
  }

  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps >= this.#nextClock) this.#check();
  }

  #check(): void {
    const { steps, deadline, now } = this.options.limits;
    this.#nextClock = Math.min(this.#steps + stepsBetweenClocks, steps + 1);
    if (this.#steps > steps) throw new LimitError('exec', `the templates take more than ${steps} steps`);
    if (deadline !== undefined && now !== undefined && now() > deadline) {
      throw new LimitError('exec', 'the templates take too long');
    }
  }
}
