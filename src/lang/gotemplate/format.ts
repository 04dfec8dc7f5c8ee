/** Go's fmt for template values: print, println, printf. */

import { checkText } from '#lang/gotemplate/limits.ts';
import { formatVerb } from '#lang/gotemplate/print-verb.ts';
import type { Flags } from '#lang/gotemplate/verbs.ts';
import { intOf, typeName } from '#lang/gotemplate/value.ts';
import { goPrint } from '#lang/gotemplate/print.ts';
import type { GoValue } from '#lang/gotemplate/value.ts';

/** fmt.Sprint: spaces between operands when neither is a string. */
export function goSprint(args: readonly GoValue[]): string {
  let result = '';
  args.forEach((arg, i) => {
    const isText = typeof arg === 'string';
    if (i > 0 && !isText && typeof args[i - 1] !== 'string') result += ' ';
    result += goPrint(arg);
  });
  return result;
}

/** fmt.Sprintln */
export function goSprintln(args: readonly GoValue[]): string {
  return `${args.map(goPrint).join(' ')}\n`;
}

/** The largest width and precision that fmt takes. */
const maxNumber = 1_000_000;

/** fmt.Sprintf */
export function goSprintf(format: string, args: readonly GoValue[]): string {
  if (!format.includes('%')) return args.length === 0 ? format : format + extra(args, 0);
  return new Formatter(format, args).run();
}

function extra(args: readonly GoValue[], from: number): string {
  const shown = args
    .slice(from)
    .map((arg) => (arg === null || arg === undefined ? '<nil>' : `${typeName(arg)}=${goPrint(arg)}`));
  return `%!(EXTRA ${shown.join(', ')})`;
}

class Formatter {
  readonly #format: string;
  readonly #args: readonly GoValue[];
  #pos = 0;
  #arg = 0;
  #reordered = false;
  #goodIndex = true;
  #afterIndex = false;

  constructor(format: string, args: readonly GoValue[]) {
    this.#format = format;
    this.#args = args;
  }

  run(): string {
    let result = '';
    const format = this.#format;
    while (this.#pos < format.length) {
      const percent = format.indexOf('%', this.#pos);
      if (percent < 0) {
        result += format.slice(this.#pos);
        break;
      }
      result += format.slice(this.#pos, percent);
      this.#pos = percent + 1;
      result += this.#directive();
      checkText(result.length);
    }
    if (!this.#reordered && this.#arg < this.#args.length) result += extra(this.#args, this.#arg);
    return result;
  }

  #directive(): string {
    const flags: Flags = { minus: false, plus: false, sharp: false, space: false, zero: false };
    this.#readFlags(flags);
    this.#goodIndex = true;
    this.#afterIndex = this.#argNumber();
    let bad = this.#readWidth(flags);
    bad += this.#readPrecision(flags);
    if (!this.#afterIndex) this.#argNumber();
    const code = this.#format.codePointAt(this.#pos);
    if (code === undefined) return `${bad}%!(NOVERB)`;
    const verb = String.fromCodePoint(code);
    this.#pos += verb.length;
    if (verb === '%') return `${bad}%`;
    if (!this.#goodIndex) return `${bad}%!${verb}(BADINDEX)`;
    if (this.#arg >= this.#args.length) return `${bad}%!${verb}(MISSING)`;
    return bad + formatVerb(this.#args[this.#arg++], verb, flags);
  }

  #readFlags(flags: Flags): void {
    for (; ; this.#pos++) {
      switch (this.#format[this.#pos]) {
        case '#':
          flags.sharp = true;
          break;
        case '0':
          flags.zero = true;
          break;
        case '+':
          flags.plus = true;
          break;
        case '-':
          flags.minus = true;
          break;
        case ' ':
          flags.space = true;
          break;
        default:
          return;
      }
    }
  }

  /** `[3]`; true if there is one. */
  #argNumber(): boolean {
    if (this.#format[this.#pos] !== '[') return false;
    this.#reordered = true;
    const close = this.#format.indexOf(']', this.#pos);
    const digits = this.#format.slice(this.#pos + 1, Math.max(close, 0));
    this.#pos = close < 0 ? this.#pos + 1 : close + 1;
    const isNumber = close >= 0 && /^\d+$/.test(digits) && Number(digits) <= maxNumber * 10;
    const index = Number(digits);
    if (isNumber && index >= 1 && index <= this.#args.length) {
      this.#arg = index - 1;
      return true;
    }
    this.#goodIndex = false;
    return isNumber;
  }

  /** A number far beyond the largest ends the format. */
  #number(): number | undefined {
    const digits = /^\d*/.exec(this.#format.slice(this.#pos, this.#pos + 12))?.[0] ?? '';
    if (digits === '') return undefined;
    if (Number(digits.slice(0, -1)) > maxNumber) {
      this.#pos = this.#format.length;
      return undefined;
    }
    this.#pos += digits.length;
    return Number(digits);
  }

  #starArgument(): number | undefined {
    this.#pos++;
    const value = intOf(this.#args[this.#arg]);
    if (this.#arg < this.#args.length) this.#arg++;
    return value === undefined || value > BigInt(maxNumber) || value < BigInt(-maxNumber) ? undefined : Number(value);
  }

  #readWidth(flags: Flags): string {
    if (this.#format[this.#pos] !== '*') {
      flags.width = this.#number();
      if (this.#afterIndex && flags.width !== undefined) this.#goodIndex = false;
      return '';
    }
    const width = this.#starArgument();
    this.#afterIndex = false;
    if (width === undefined) return '%!(BADWIDTH)';
    flags.width = Math.abs(width);
    if (width < 0) {
      flags.minus = true;
      flags.zero = false;
    }
    return '';
  }

  #readPrecision(flags: Flags): string {
    if (this.#format[this.#pos] !== '.' || this.#pos + 1 >= this.#format.length) return '';
    this.#pos++;
    if (this.#afterIndex) this.#goodIndex = false;
    this.#afterIndex = this.#argNumber();
    if (this.#format[this.#pos] !== '*') {
      flags.precision = this.#number() ?? 0;
      return '';
    }
    const precision = this.#starArgument();
    this.#afterIndex = false;
    if (precision === undefined || precision < 0) return '%!(BADPREC)';
    flags.precision = precision;
    return '';
  }
}
