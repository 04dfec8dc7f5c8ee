/**
 * Go's text/template: a set of named templates that call each other. Parsing is linear, trees are compiled to closures when
 * first used, and texts given to `tpl` are parsed once per set however often they are rendered.
 *
 *   const set = new TemplateSet(functions, { missingKey: 'zero', limits: defaultLimits });
 *   set.parse('chart/templates/x.yaml', 'a: {{ .Values.a | quote }}');
 *   set.execute('chart/templates/x.yaml', { Values: { a: 1 } });   // a: "1"
 */
import { builtins } from '#lang/gotemplate/builtins.ts';
import { compileTree } from '#lang/gotemplate/compile.ts';
import { LimitError, TemplateError } from '#lang/gotemplate/error.ts';
import { isEmptyTree } from '#lang/gotemplate/nodes.ts';
import type { Tree } from '#lang/gotemplate/nodes.ts';
import { parseTemplate } from '#lang/gotemplate/parse.ts';
import { goQuote } from '#lang/gotemplate/quote.ts';
import { Frame, Run } from '#lang/gotemplate/run.ts';
import type { Compiled, TemplateOptions, TemplateSource } from '#lang/gotemplate/run.ts';
import { CallError } from '#lang/gotemplate/value.ts';
import type { FunctionTable, GoFunction, GoValue } from '#lang/gotemplate/value.ts';

export { defaultLimits } from '#lang/gotemplate/run.ts';
export type { TemplateLimits, TemplateOptions } from '#lang/gotemplate/run.ts';
export { LimitError, TemplateError } from '#lang/gotemplate/error.ts';

/** Helm's name for the set itself: texts of `tpl` are called so in messages. */
const rootName = 'gotpl';
/** Helm's limit of one name inside itself by `include`. */
const maxIncludes = 1000;

/** Invariant: a name once compiled keeps its tree until it is parsed again. */
export class TemplateSet implements TemplateSource {
  readonly #functions: Map<string, GoFunction>;
  readonly #options: TemplateOptions;
  readonly #templates = new Map<string, Entry>();
  readonly #tplTexts = new Map<string, Map<string, Entry>>();

  /** Functions of the table hide the built-in ones of the same name. */
  constructor(functions: FunctionTable, options: TemplateOptions) {
    this.#functions = new Map([...builtins, ...functions]);
    this.#options = options;
  }

  /** Adds a text's templates; later ones replace earlier ones of their name unless they are empty. Throws {@link TemplateError}. */
  parse(name: string, text: string): void {
    for (const [key, entry] of this.#parse(name, text)) {
      if (this.#templates.has(key) && entry.isEmpty) continue;
      this.#templates.set(key, entry);
    }
  }

  /** The output of a template; `<no value>` stays in it. Throws {@link TemplateError}. */
  execute(name: string, data: GoValue): string {
    const run = new SetRun(this, this.#options);
    return run.execute(name, data);
  }

  lookup(name: string): boolean {
    return this.#templates.has(name);
  }

  names(): string[] {
    return [...this.#templates.keys()];
  }

  compiled(name: string): Compiled | undefined {
    return this.#templates.get(name)?.compiled();
  }

  /** The templates of a `tpl` text; parsed once. Throws {@link TemplateError}. */
  tplTemplates(text: string): ReadonlyMap<string, Entry> {
    let entries = this.#tplTexts.get(text);
    if (entries === undefined) {
      entries = this.#parse(rootName, text);
      this.#tplTexts.set(text, entries);
    }
    return entries;
  }

  #parse(name: string, text: string): Map<string, Entry> {
    const parse = (): ReadonlyMap<string, Tree> =>
      parseDeep(name, () => parseTemplate(name, text, (wanted) => this.#functions.has(wanted)));
    const trees = this.#options.cache?.trees(name, text, parse) ?? parse();
    return new Map(Array.from(trees, ([key, tree]) => [key, new Entry(tree, this.#functions)]));
  }
}

/** Trees that are too deep for JavaScript's stack. Deviation: Go's stack holds some thousand times more. */
function parseDeep<T>(name: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof RangeError) throw new TemplateError('parse', `template: ${name}: nested too deeply`);
    throw error;
  }
}

class Entry {
  readonly isEmpty: boolean;
  readonly #tree: Tree;
  readonly #functions: FunctionTable;
  #compiled: Compiled | undefined;

  constructor(tree: Tree, functions: FunctionTable) {
    this.#tree = tree;
    this.#functions = functions;
    this.isEmpty = isEmptyTree(tree.root);
  }

  compiled(): Compiled {
    return (this.#compiled ??= parseDeep(this.#tree.name, () => compileTree(this.#tree, this.#functions)));
  }
}

/** The templates of a `tpl` text over those of its surroundings. */
class Overlay implements TemplateSource {
  readonly #base: TemplateSource;
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(base: TemplateSource, entries: ReadonlyMap<string, Entry>) {
    this.#base = base;
    this.#entries = entries;
  }

  compiled(name: string): Compiled | undefined {
    const own = this.#entries.get(name);
    const below = own === undefined || own.isEmpty ? this.#base.compiled(name) : undefined;
    return below ?? own?.compiled();
  }
}

class SetRun extends Run {
  source: TemplateSource;
  readonly #set: TemplateSet;
  readonly #included = new Map<string, number>();

  constructor(set: TemplateSet, options: TemplateOptions) {
    super(options);
    this.#set = set;
    this.source = set;
  }

  execute(name: string, data: GoValue): string {
    const compiled = this.source.compiled(name);
    if (compiled === undefined) {
      throw new CallError(`template: no template ${goQuote(name)} associated with template ${goQuote(rootName)}`);
    }
    return this.#capture(compiled, data);
  }

  include(name: string, data: GoValue): string {
    const count = this.#included.get(name) ?? 0;
    if (count > maxIncludes) this.#tooDeep(name);
    this.#included.set(name, count + 1);
    try {
      return this.execute(name, data);
    } catch (error) {
      if (error instanceof RangeError) this.#tooDeep(name);
      throw error;
    } finally {
      this.#included.set(name, (this.#included.get(name) ?? 1) - 1);
    }
  }

  #tooDeep(name: string): never {
    throw new CallError(`rendering template has a nested reference name: ${name}: unable to execute template`);
  }

  tpl(text: string, data: GoValue): string {
    const outer = this.source;
    try {
      const entries = this.#entriesOf(text);
      const overlay = entries.size === 1 && !text.includes('define') ? outer : new Overlay(outer, entries);
      this.source = overlay;
      const compiled = (entries.get(rootName) as Entry).compiled();
      return this.#capture(compiled, data).replaceAll('<no value>', '');
    } catch (error) {
      if (!(error instanceof TemplateError) || error instanceof LimitError || error.phase === 'parse') throw error;
      throw new CallError(`error during tpl function execution for ${goQuote(text)}: ${error.message}`);
    } finally {
      this.source = outer;
    }
  }

  #entriesOf(text: string): ReadonlyMap<string, Entry> {
    try {
      return this.#set.tplTemplates(text);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new CallError(`cannot parse template ${goQuote(text)}: ${error.message}`);
    }
  }

  #capture(compiled: Compiled, data: GoValue): string {
    const outer = this.out;
    const frame = new Frame(this, compiled, 0);
    this.out = '';
    try {
      const dot = data ?? undefined;
      frame.vars[0] = dot;
      compiled.exec(frame, dot);
      return this.out;
    } catch (error) {
      if (error instanceof LimitError) frame.locate(error);
      throw error;
    } finally {
      this.out = outer;
    }
  }
}
