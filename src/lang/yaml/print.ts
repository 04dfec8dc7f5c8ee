/**
 * Values as YAML, byte for byte as Go's sigs.k8s.io/yaml prints them (kubectl -o yaml, Helm's toYaml): keys in natural order,
 * lists not indented below their key, strings quoted only where Go's reader would take them for something else, text of
 * several lines as a literal block, long lines folded at spaces behind column 80.
 */
import { rawSource } from '#base/exact-json.ts';
import { resolvePlain } from '#lang/yaml/resolve.ts';

/** The document of a value, ending in a newline. Undefined fields are left out. */
export function printYaml(value: unknown): string {
  const printer = new Printer();
  printer.root(value);
  return printer.text;
}

type Fields = Readonly<Record<string, unknown>>;
const maxWidth = 80;
const maxSimpleKeyBytes = 128;
const encoder = new TextEncoder();

class Printer {
  text = '';
  #column = 0;

  root(value: unknown): void {
    if (isMapping(value)) this.#mapping(value, 0);
    else if (isSequence(value)) this.#sequence(value, 0);
    else {
      this.#scalar(value, { indent: 2, isKey: false });
      this.#endLine();
    }
  }

  #write(text: string): void {
    this.text += text;
    const newline = text.lastIndexOf('\n');
    this.#column = newline < 0 ? this.#column + text.length : text.length - newline - 1;
  }

  /** The cursor stands where the first key goes. */
  #mapping(fields: Fields, indent: number): void {
    let isFirst = true;
    for (const key of Object.keys(fields).sort((a, b) => naturalOrder(a, b))) {
      const value = fields[key];
      if (value === undefined) continue;
      if (!isFirst) this.#write(' '.repeat(indent));
      isFirst = false;
      if (this.#key(key, indent) === 'simple') this.#valueOfKey(value, indent);
      else this.#item(value, indent);
    }
  }

  /** A complex key stands behind a question mark, its value behind a colon of its own, as an item behind a dash. */
  #key(key: string, indent: number): 'simple' | 'complex' {
    if (encoder.encode(key).length <= maxSimpleKeyBytes && !/[\r\n\u0085\u2028\u2029]/.test(key)) {
      this.#scalar(key, { indent, isKey: true });
      this.#write(':');
      return 'simple';
    }
    this.#write('? ');
    this.#scalar(key, { indent: indent + 2, isKey: false });
    this.#endLine();
    this.#write(`${' '.repeat(indent)}: `);
    return 'complex';
  }

  #valueOfKey(value: unknown, indent: number): void {
    if (isMapping(value)) {
      this.#write(`\n${' '.repeat(indent + 2)}`);
      this.#mapping(value, indent + 2);
    } else if (isSequence(value)) {
      this.#write(`\n${' '.repeat(indent)}`);
      this.#sequence(value, indent);
    } else {
      this.#write(' ');
      this.#scalar(value, { indent: indent + 2, isKey: false });
      this.#endLine();
    }
  }

  #sequence(items: readonly unknown[], indent: number): void {
    items.forEach((item, i) => {
      if (i > 0) this.#write(' '.repeat(indent));
      this.#write('- ');
      this.#item(item, indent);
    });
  }

  #item(item: unknown, indent: number): void {
    if (isMapping(item)) this.#mapping(item, indent + 2);
    else if (isSequence(item)) this.#sequence(item, indent + 2);
    else {
      this.#scalar(item, { indent: indent + 2, isKey: false });
      this.#endLine();
    }
  }

  #endLine(): void {
    if (this.#column > 0) this.#write('\n');
  }

  #scalar(value: unknown, place: Place): void {
    const source = rawSource(value);
    if (source !== undefined) this.#write(source);
    else if (typeof value === 'string') this.#string(value, place);
    else if (typeof value === 'number') this.#write(numberText(value));
    else if (Array.isArray(value)) this.#write('[]');
    else if (typeof value === 'object' && value !== null) this.#write('{}');
    else this.#write(String(value ?? null));
  }

  #string(text: string, place: Place): void {
    switch (styleOf(text, place.isKey)) {
      case 'plain':
        return this.#folded(text, place, false);
      case 'single':
        this.#write("'");
        this.#folded(text.replaceAll("'", "''"), place, false);
        return this.#write("'");
      case 'double':
        this.#write('"');
        this.#folded(escapeText(text), place, true);
        return this.#write('"');
      case 'literal':
        return this.#literal(text, place.indent);
    }
  }

  /** Breaks at a space beyond the width; what follows it goes to the next line. */
  #folded(text: string, place: Place, escapesSpaces: boolean): void {
    if (place.isKey || this.#column + text.length <= maxWidth) return this.#write(text);
    let from = 0;
    let column = this.#column;
    for (let i = 0; i < text.length; i++, column++) {
      const isInner = text[i] === ' ' && text[i - 1] !== ' ' && i > 0 && i < text.length - 1;
      if (!isInner || column <= maxWidth || (!escapesSpaces && text[i + 1] === ' ')) continue;
      this.#write(`${text.slice(from, i)}\n${' '.repeat(place.indent)}`);
      from = i + 1;
      if (text[i + 1] === ' ') this.#write('\\');
      column = this.#column - 1;
    }
    this.#write(text.slice(from));
  }

  #literal(text: string, indent: number): void {
    const hint = text.startsWith(' ') || text.startsWith('\n') ? '2' : '';
    const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
    this.#write(`|${hint}${chomp}\n`);
    const lines = text.split('\n');
    if (text.endsWith('\n')) lines.pop();
    const shown = lines.map((line) => (line === '' ? '' : ' '.repeat(indent) + line));
    this.#write(shown.join('\n'));
    this.#write('\n');
  }
}

interface Place {
  readonly indent: number;
  readonly isKey: boolean;
}

function isMapping(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || rawSource(value) !== undefined)
    return false;
  return Object.values(value).some((field) => field !== undefined);
}

function isSequence(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

type Style = 'plain' | 'single' | 'double' | 'literal';

function styleOf(text: string, isKey: boolean): Style {
  const facts = analyze(text);
  if (text.includes('\n')) return facts.blockAllowed && !isKey ? 'literal' : 'double';
  const resolved = resolvePlain(text);
  if (text === '' || resolved.type !== 'string' || base60.test(text)) return 'double';
  if (facts.plainAllowed) return 'plain';
  return facts.singleAllowed ? 'single' : 'double';
}

const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
/** What the reader would not take as it is: control characters, byte order marks, everything outside the basic plane. */
const unprintable = /[^\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;

/** Whether a reader takes every character as it is. */
export function isOrdinaryText(text: string): boolean {
  return !unprintable.test(text);
}

const indicatorAtStart = /^(?:[#,[\]{}&*!|>'"%@`]|[?:-](?:[\s]|$)|---|\.\.\.)/;
const indicatorInside = /:(?:[ \t\n]|$)|[ \t\n]#/;

function analyze(text: string): { plainAllowed: boolean; singleAllowed: boolean; blockAllowed: boolean } {
  const special = unprintable.test(text) || text.includes(' \n');
  const edges = /^[ \n]|[ \n]$/.test(text);
  const multiline = text.includes('\n');
  return {
    plainAllowed: !special && !edges && !multiline && !indicatorAtStart.test(text) && !indicatorInside.test(text),
    singleAllowed: !special && !text.includes('\n '),
    blockAllowed: !special && !text.endsWith(' '),
  };
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
};

/** The inside of a double-quoted scalar. */
export function escapeText(text: string): string {
  let result = '';
  for (const char of text)
    result += escapes[char] ?? (unprintable.test(char) ? escapeCode(char.codePointAt(0) as number) : char);
  return result;
}

function escapeCode(code: number): string {
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** A number as Go prints a float64 that came out of JSON; whole numbers are integers to it. */
function numberText(value: number): string {
  if (Number.isInteger(value) && value < 2 ** 64 && value >= -(2 ** 63)) return String(value);
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  return power >= -4 && power < 6 ? String(value) : exponential(mantissa, power);
}

function exponential(mantissa: string, power: number): string {
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

const letter = /\p{L}/u;
const digit = /\p{Nd}/u;

/** How letters and other characters stand to each other; yaml.v3 turns it around behind a digit. */
export type NaturalOrder = 'v2' | 'v3';

/** Letters after everything else, runs of digits by their value: `a2` before `a10`. */
export function naturalOrder(a: string, b: string, version: NaturalOrder = 'v2'): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const x = left[i] as string;
    const y = right[i] as string;
    if (x !== y) return compareAt(left, right, { at: i, version });
  }
  return left.length - right.length;
}

function compareAt(
  left: readonly string[],
  right: readonly string[],
  { at, version }: { at: number; version: NaturalOrder },
): number {
  const x = left[at] as string;
  const y = right[at] as string;
  const xIsLetter = letter.test(x);
  const yIsLetter = letter.test(y);
  if (xIsLetter !== yIsLetter) {
    const isTurned = version === 'v3' && at > 0 && digit.test(left[at - 1] as string);
    return yIsLetter === isTurned ? 1 : -1;
  }
  const byCode = (x.codePointAt(0) as number) - (y.codePointAt(0) as number);
  if (xIsLetter) return byCode;
  const start = (x === '0' || y === '0') && hasNumberBefore(left, at) ? 1n : 0n;
  const xRun = digitRun(left, at, start);
  const yRun = digitRun(right, at, start);
  if (xRun.value !== yRun.value) return xRun.value < yRun.value ? -1 : 1;
  return xRun.end === yRun.end ? byCode : xRun.end - yRun.end;
}

function hasNumberBefore(chars: readonly string[], at: number): boolean {
  for (let i = at - 1; i >= 0 && digit.test(chars[i] as string); i--) if (chars[i] !== '0') return true;
  return false;
}

function digitRun(chars: readonly string[], at: number, start: bigint): { value: bigint; end: number } {
  let value = start;
  let end = at;
  for (; end < chars.length && digit.test(chars[end] as string); end++) {
    value = value * 10n + BigInt((chars[end] as string).charCodeAt(0) - 0x30);
  }
  return { value: BigInt.asIntN(64, value), end };
}
