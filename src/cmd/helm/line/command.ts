/**
 * Commands as values, and the way from a command line to the one that is meant: cobra's. Only the modules of the command
 * that runs are loaded.
 *
 *   export const lintCommand = command({
 *     use: 'lint PATH', short: 'examine a chart for possible issues', flags: { strict: bool('…') },
 *     run: async () => (await import('#cmd/helm/chart/lint.ts')).lint,   // (flags, args, context) => Promise<void>
 *   });
 */
import type { FlagTable, FlagValues } from '#cmd/helm/line/flag.ts';
import { FlagError, flagName } from '#cmd/helm/line/flag.ts';
import type { FlagSet, ParsedLine } from '#cmd/helm/line/parse.ts';
import { flagSet, parseLine } from '#cmd/helm/line/parse.ts';

/** How many arguments a command takes; absent: as many as are given. */
export interface ArgumentRule {
  readonly exactly?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A command with its code behind a loader. C is what a run gets beside flags and arguments. */
export interface Command<C> {
  /** Name, then the arguments: `install [NAME] [CHART]`. */
  readonly use: string;
  readonly aliases?: readonly string[] | undefined;
  readonly short: string;
  /** Shown above the usage by --help; `short` if absent. */
  readonly long?: string | undefined;
  readonly flags?: FlagTable | undefined;
  readonly args?: ArgumentRule | undefined;
  readonly commands?: readonly LazyCommand<C>[] | undefined;
  readonly run?: (() => Promise<(flags: never, args: readonly string[], context: C) => Promise<void>>) | undefined;
}

/** What the tree must know of a command before it is loaded. */
export interface LazyCommand<C> {
  readonly name: string;
  readonly short: string;
  readonly aliases?: readonly string[];
  /** Works, but is not shown. */
  readonly hidden?: true;
  load(): Promise<Command<C>>;
}

/** Ties a run's flags to the command's table. */
export function command<C, F extends FlagTable>(
  spec: Omit<Command<C>, 'flags' | 'run'> & {
    readonly flags: F;
    readonly run: () => Promise<(flags: FlagValues<F>, args: readonly string[], context: C) => Promise<void>>;
  },
): Command<C> {
  return spec as Command<C>;
}

/** A loaded subcommand where nothing is gained by loading it late. */
export function loaded<C>(subcommand: Command<C>): LazyCommand<C> {
  const { use, short, aliases } = subcommand;
  const name = use.split(' ', 1)[0] ?? '';
  return { name, short, ...(aliases === undefined ? {} : { aliases }), load: () => Promise.resolve(subcommand) };
}

/** Where a command line led. */
export interface Place<C> {
  readonly command: Command<C>;
  /** `helm repo add`. */
  readonly path: string;
  /** The rest of the line, flags included. */
  readonly line: readonly string[];
}

/** Finds the command that a line names: flags may stand before its name. */
export async function findCommand<C>(root: Command<C>, line: readonly string[], globals: FlagTable): Promise<Place<C>> {
  let place: Place<C> = { command: root, path: nameOf(root), line };
  for (;;) {
    const { commands = [], flags = {} } = place.command;
    const at = wordIndex(place.line, flagSet([flags, globals]));
    const word = at < 0 ? undefined : place.line[at];
    const next = commands.find(({ name, aliases }) => name === word || aliases?.includes(word ?? '') === true);
    if (next === undefined) return place;
    const found = await next.load();
    place = { command: found, path: `${place.path} ${nameOf(found)}`, line: place.line.toSpliced(at, 1) };
  }
}

/** `lint` of `lint PATH`. */
export function nameOf(found: Pick<Command<never>, 'use'>): string {
  return found.use.split(' ', 1)[0] ?? '';
}

/** The index of the first word that is neither a flag nor, as far as one can know, a flag's value; -1 if there is none. */
export function wordIndex(line: readonly string[], set: FlagSet): number {
  for (let at = 0; at < line.length; at++) {
    const word = line[at] ?? '';
    if (word === '--') return -1;
    if (word !== '' && !word.startsWith('-')) return at;
    if (takesNext(word, set)) at++;
  }
  return -1;
}

function takesNext(word: string, set: FlagSet): boolean {
  if (word.includes('=')) return false;
  if (word.startsWith('--')) return set.byName.get(word.slice(2))?.flag.bare === undefined;
  return word.startsWith('-') && word.length === 2 && set.byLetter.get(word.charAt(1))?.flag.bare === undefined;
}

/** Reads the flags of a found command; `help` is there for each. Throws {@link FlagError}. */
export function parseCommandLine<C>(place: Place<C>, globals: FlagTable): ParsedLine {
  return parseLine(place.line, flagSet([place.command.flags ?? {}, globals, helpFlag]));
}

const helpFlag: FlagTable = {
  help: { kind: 'bool', usage: '', initial: false, short: 'h', bare: 'true', read: (given) => given === 'true' },
};

/** `helm lint PATH [flags]`. */
export function useLine<C>(place: Place<C>): string {
  const parent = place.path.slice(0, Math.max(place.path.lastIndexOf(' '), 0));
  const line = parent === '' ? place.command.use : `${parent} ${place.command.use}`;
  return line.includes('[flags]') || !hasRun(place.command) ? line : `${line} [flags]`;
}

function hasRun<C>(found: Command<C>): boolean {
  return found.run !== undefined;
}

/** Fails if there are too few or too many arguments. Throws {@link FlagError}. */
export function checkArguments<C>(place: Place<C>, args: readonly string[]): void {
  const { exactly, atLeast = exactly ?? 0, atMost = exactly ?? Number.POSITIVE_INFINITY } = place.command.args ?? {};
  if (args.length >= atLeast && args.length <= atMost) return;
  const usage = `\n\nUsage:  ${useLine(place)}`;
  if (atMost === 0) throw new FlagError(`"${place.path}" accepts no arguments${usage}`);
  if (exactly !== undefined) throw new FlagError(`"${place.path}" requires ${counted(exactly)}${usage}`);
  const rule = args.length < atLeast ? `requires at least ${counted(atLeast)}` : `accepts at most ${counted(atMost)}`;
  throw new FlagError(`"${place.path}" ${rule}${usage}`);
}

function counted(count: number): string {
  return `${count} argument${count === 1 ? '' : 's'}`;
}

/** The long names of a table's flags that stand on a line, for messages. */
export function givenNames(given: ReadonlySet<string>): string[] {
  return [...given].map(flagName);
}
