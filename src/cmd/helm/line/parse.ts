/**
 * Arguments to flag values, as pflag reads them: flags anywhere, `--flag=value`, `--flag value`, `-fvalue`, `-f=value`,
 * letters run together, `--` ends the flags, `-` is an argument.
 */
import type { Flag, FlagTable } from '#cmd/helm/line/flag.ts';
import { FlagError, flagName } from '#cmd/helm/line/flag.ts';

/** Flags by their long name and by their letter. */
export interface FlagSet {
  readonly byName: ReadonlyMap<string, NamedFlag>;
  readonly byLetter: ReadonlyMap<string, NamedFlag>;
}

/** A flag with the key of its table and its long name. */
export interface NamedFlag {
  readonly key: string;
  readonly name: string;
  readonly flag: Flag<unknown>;
}

/** What a command line says. */
export interface ParsedLine {
  readonly values: Readonly<Record<string, unknown>>;
  /** Keys of the flags that stand on the line. */
  readonly given: ReadonlySet<string>;
  readonly args: readonly string[];
}

/** One set of several tables; of two flags of one name the earlier table's counts. */
export function flagSet(tables: readonly FlagTable[]): FlagSet {
  const byName = new Map<string, NamedFlag>();
  const byLetter = new Map<string, NamedFlag>();
  for (const table of tables) {
    for (const [key, flag] of Object.entries(table)) {
      const name = flagName(key);
      if (byName.has(name)) continue;
      const named = { key, name, flag };
      byName.set(name, named);
      if (flag.short !== undefined && !byLetter.has(flag.short)) byLetter.set(flag.short, named);
    }
  }
  return { byName, byLetter };
}

/** Reads a line. Throws {@link FlagError} at the first thing that is wrong. */
export function parseLine(line: readonly string[], set: FlagSet): ParsedLine {
  const values: Record<string, unknown> = {};
  for (const { key, flag } of set.byName.values()) values[key] = flag.initial;
  const given = new Set<string>();
  const args: string[] = [];
  const take = (named: NamedFlag, text: string): void => {
    const previous = given.has(named.key) ? values[named.key] : undefined;
    values[named.key] = readValue(named, text, previous);
    given.add(named.key);
  };
  const rest = [...line];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') args.push(...rest.splice(0));
    else if (word.startsWith('--')) takeLong(word, { rest, set, take });
    else if (word.startsWith('-') && word.length > 1) takeLetters(word.slice(1), { rest, set, take });
    else args.push(word);
  }
  return { values, given, args };
}

interface Reading {
  readonly rest: string[];
  readonly set: FlagSet;
  take(named: NamedFlag, text: string): void;
}

function takeLong(word: string, reading: Reading): void {
  const body = word.slice(2);
  if (body.startsWith('-') || body.startsWith('=')) throw new FlagError(`bad flag syntax: ${word}`);
  const equals = body.indexOf('=');
  const name = equals < 0 ? body : body.slice(0, equals);
  const named = reading.set.byName.get(name);
  if (named === undefined) throw new FlagError(`unknown flag: --${name}`);
  const value = equals >= 0 ? body.slice(equals + 1) : (named.flag.bare ?? reading.rest.shift());
  if (value === undefined) throw new FlagError(`flag needs an argument: --${name}`);
  reading.take(named, value);
}

function takeLetters(word: string, reading: Reading): void {
  for (let letters = word; letters !== ''; ) {
    const letter = letters.charAt(0);
    const named = reading.set.byLetter.get(letter);
    if (named === undefined) throw new FlagError(`unknown shorthand flag: '${letter}' in -${letters}`);
    const rest = letters.slice(1);
    if (rest.startsWith('=') && rest.length > 1) {
      reading.take(named, rest.slice(1));
      return;
    }
    if (named.flag.bare === undefined) {
      const value = rest === '' ? reading.rest.shift() : rest;
      if (value === undefined) throw new FlagError(`flag needs an argument: '${letter}' in -${letters}`);
      reading.take(named, value);
      return;
    }
    reading.take(named, named.flag.bare);
    letters = rest;
  }
}

function readValue(named: NamedFlag, text: string, previous: unknown): unknown {
  try {
    return named.flag.read(text, previous);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    const { short } = named.flag;
    const shown = short === undefined ? `--${named.name}` : `-${short}, --${named.name}`;
    throw new FlagError(`invalid argument ${JSON.stringify(text)} for "${shown}" flag: ${error.message}`);
  }
}
