/**
 * Flags as values, in pflag's kinds. A command's flags are a table from a camelCase key to one of these; `--set-string` is
 * the key `setString`. Each kind reads text, says what it starts as and how help shows it.
 */

/** How a flag is read and shown. */
export interface Flag<T> {
  /** pflag's name of the kind: `bool`, `string`, `stringArray`, … */
  readonly kind: string;
  readonly usage: string;
  readonly initial: T;
  /** One letter. */
  readonly short?: string | undefined;
  /** The value if the flag stands without one. */
  readonly bare?: string | undefined;
  /** What help shows as the default; absent if that is the kind's zero value. */
  readonly shown?: string | undefined;
  /** Accepted, but not shown by help. */
  readonly hidden?: true | undefined;
  /** Text to value; `previous` is what earlier occurrences gave, undefined at the first. Throws {@link FlagError}. */
  read(text: string, previous: T | undefined): T;
}

/** A table of flags, by camelCase key. */
export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

/** The values that a table gives. */
export type FlagValues<F> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** What can be said of a flag beside its usage. */
export interface FlagExtras {
  readonly short?: string;
  readonly hidden?: true;
}

/** A command line that cannot be read; the message is pflag's. */
export class FlagError extends Error {
  override name = 'FlagError';
}

/** `setString` → `set-string`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** On or off: `--wait`, `--wait=false`. */
export function bool(usage: string, extras: FlagExtras & { readonly initial?: boolean } = {}): Flag<boolean> {
  const initial = extras.initial ?? false;
  return { kind: 'bool', usage, bare: 'true', ...extras, initial, shown: initial ? 'true' : undefined, read: readBool };
}

/** One text. `bare` makes the value optional. */
export function text(
  usage: string,
  extras: FlagExtras & { readonly initial?: string; readonly bare?: string; readonly kind?: string } = {},
): Flag<string> {
  const initial = extras.initial ?? '';
  const shown = initial === '' ? undefined : extras.kind === undefined ? JSON.stringify(initial) : initial;
  return { kind: 'string', usage, ...extras, initial, shown, read: (given) => given };
}

/** May be given often; each occurrence is one text. */
export function texts(
  usage: string,
  extras: FlagExtras & { readonly initial?: readonly string[]; readonly kind?: string } = {},
): Flag<readonly string[]> {
  return {
    kind: 'stringArray',
    usage,
    ...extras,
    initial: extras.initial ?? [],
    read: (given, previous) => [...(previous ?? []), given],
  };
}

/** May be given often; each occurrence is a line of comma-separated texts, quoted as in CSV. */
export function list(usage: string, extras: FlagExtras = {}): Flag<readonly string[]> {
  return {
    kind: 'strings',
    usage,
    ...extras,
    initial: [],
    read: (given, previous) => [...(previous ?? []), ...readCsvLine(given)],
  };
}

/** A whole number. */
export function int(usage: string, extras: FlagExtras & { readonly initial?: number } = {}): Flag<number> {
  const initial = extras.initial ?? 0;
  return { kind: 'int', usage, ...extras, initial, shown: initial === 0 ? undefined : String(initial), read: readInt };
}

/** A 32-bit fraction. */
export function float(usage: string, extras: FlagExtras & { readonly initial?: number } = {}): Flag<number> {
  const initial = extras.initial ?? 0;
  const shown = initial === 0 ? undefined : String(initial);
  return { kind: 'float32', usage, ...extras, initial, shown, read: readFloat };
}

/** `key=value,…`; may be given often. */
export function pairs(usage: string, extras: FlagExtras = {}): Flag<ReadonlyMap<string, string>> {
  return { kind: 'stringToString', usage, ...extras, initial: new Map(), shown: '[]', read: readPairs };
}

/** A length of time in Go's spelling, as milliseconds. `shown` is the default as Go prints it. */
export function duration(
  usage: string,
  extras: FlagExtras & { readonly initialMs: number; readonly shown: string },
): Flag<number> {
  return { kind: 'duration', usage, ...extras, initial: extras.initialMs, read: readDuration };
}

/** One of a few words; the reason for any other is `refusal`. */
export function choice<T extends string>(
  usage: string,
  words: readonly T[],
  extras: FlagExtras & { readonly initial: T; readonly kind: string; readonly refusal: string; readonly bare?: T },
): Flag<T> {
  return {
    usage,
    ...extras,
    shown: extras.initial === '' ? undefined : extras.initial,
    read: (given) => words.find((word) => word === given) ?? refuse(extras.refusal),
  };
}

function refuse(message: string): never {
  throw new FlagError(message);
}

/** Go's strconv.ParseBool. */
export function boolOf(given: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(given)) return true;
  return /^(?:0|f|F|FALSE|false|False)$/.test(given) ? false : undefined;
}

function readBool(given: string): boolean {
  return boolOf(given) ?? refuse(`strconv.ParseBool: parsing ${JSON.stringify(given)}: invalid syntax`);
}

/** Go's strconv.ParseInt with base 0: prefixes choose the base, underscores may part digits behind one. */
function readInt(given: string): number {
  const match = /^([+-]?)(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|\d+)$/.exec(given);
  const quoted = JSON.stringify(given);
  const digits = match?.[2];
  if (digits === undefined) return refuse(`strconv.ParseInt: parsing ${quoted}: invalid syntax`);
  const size = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const number = match?.[1] === '-' ? -size : size;
  if (BigInt.asIntN(64, number) !== number) return refuse(`strconv.ParseInt: parsing ${quoted}: value out of range`);
  return Number(number);
}

function readFloat(given: string): number {
  const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(given) ? Number(given) : Number.NaN;
  if (Number.isNaN(number)) return refuse(`strconv.ParseFloat: parsing ${JSON.stringify(given)}: invalid syntax`);
  return Math.fround(number);
}

/** One line of CSV: fields may be quoted, doubled quotes are one. */
export function readCsvLine(line: string): string[] {
  if (line === '') return [];
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const quoted = line[at] === '"' ? /^"((?:[^"]|"")*)"(?=,|$)/.exec(line.slice(at)) : null;
    if (line[at] === '"' && quoted === null)
      return refuse(`parse error on line 1, column ${line.length + 1}: extraneous or missing " in quoted-field`);
    const end = quoted === null ? nextComma(line, at) : at + quoted[0].length;
    const field = quoted?.[1]?.replaceAll('""', '"') ?? line.slice(at, end);
    if (quoted === null && field.includes('"'))
      return refuse(`parse error on line 1, column ${at + field.indexOf('"') + 1}: bare " in non-quoted-field`);
    fields.push(field);
    if (end >= line.length) return fields;
    at = end + 1;
  }
}

function nextComma(line: string, from: number): number {
  const at = line.indexOf(',', from);
  return at < 0 ? line.length : at;
}

function readPairs(given: string, previous: ReadonlyMap<string, string> | undefined): ReadonlyMap<string, string> {
  const equals = given.split('=').length - 1;
  if (equals === 0) return refuse(`${given} must be formatted as key=value`);
  const result = new Map(previous);
  for (const pair of equals === 1 ? [given.replace(/^"+|"+$/g, '')] : readCsvLine(given)) {
    const at = pair.indexOf('=');
    if (at < 0) return refuse(`${pair} must be formatted as key=value`);
    result.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return result;
}

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's time.ParseDuration. */
function readDuration(given: string): number {
  const quoted = JSON.stringify(given);
  const negative = given.startsWith('-');
  let rest = given.replace(/^[+-]/, '');
  if (rest === '0') return 0;
  if (rest === '') return refuse(`time: invalid duration ${quoted}`);
  let total = 0;
  while (rest !== '') {
    const number = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) return refuse(`time: invalid duration ${quoted}`);
    const unit = /^[^\d.]*/.exec(rest.slice(number.length))?.[0] ?? '';
    if (unit === '') return refuse(`time: missing unit in duration ${quoted}`);
    const factor = unitsMs[unit];
    if (factor === undefined) return refuse(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
    total += Number(number) * factor;
    rest = rest.slice(number.length + unit.length);
  }
  return negative ? -total : total;
}
