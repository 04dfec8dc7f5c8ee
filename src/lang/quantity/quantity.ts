/**
 * Kubernetes' `resource.Quantity`: a fixed-point number with a suffix, as in `500m`, `1.5Gi` or `12e6`.
 *
 * Every quantity is held exactly as a count of nano units; finer amounts are rounded away from zero, as upstream does.
 * The format a quantity was written in decides how results are printed:
 *
 *   quantityText(addQuantities(parseQuantity('1Gi'), parseQuantity('512Mi'))) === '1536Mi'
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export interface Quantity {
  /** The amount times 10^9. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
  /** How it was written, when upstream prints it back unchanged. */
  readonly text?: string;
}

/** A text that is no quantity; the message is upstream's. */
export class QuantityError extends Error {
  override name = 'QuantityError';
}

export const quantityFormatMessage =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
export const quantitySuffixMessage = "unable to parse quantity's suffix";

const decimalSuffixes: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const decimalNames: ReadonlyMap<number, string> = new Map(
  [...decimalSuffixes].map(([name, exponent]) => [exponent, name]),
);
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

const billion = 1_000_000_000n;
const maxBinary = (2n ** 63n - 1n) * billion;
/** Beyond this power of ten a number is only kept as text; nothing on earth has so much memory. */
const maxExponent = 400;

export const zeroQuantity: Quantity = { nanos: 0n, format: 'DecimalSI' };

/** Objects repeat the same few quantities; parsing each text once makes validation of a pod cheap. */
const cache = new Map<string, Quantity>();
const maxCached = 4096;

/** Parses what stands in JSON: a string, or the digits of a number. Throws {@link QuantityError}. */
export function parseQuantity(text: string | number): Quantity {
  const source = typeof text === 'number' ? String(text) : text;
  const known = cache.get(source);
  if (known !== undefined) return known;
  const parsed = parseUncached(source.trim());
  if (cache.size >= maxCached) cache.clear();
  cache.set(source, parsed);
  return parsed;
}

/** The quantity, or undefined if the text is none. */
export function tryParseQuantity(text: string | number): Quantity | undefined {
  try {
    return parseQuantity(text);
  } catch {
    return undefined;
  }
}

const shape = /^([+-]?)(0*)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;

function parseUncached(text: string): Quantity {
  if (text === '') throw new QuantityError(quantityFormatMessage);
  const match = shape.exec(text);
  if (match === null) throw new QuantityError(quantityFormatMessage);
  const [, sign, , whole = '', fraction = '', suffix = ''] = match;
  const { base, exponent, format } = interpretSuffix(suffix);
  const digits = (whole === '' ? '0' : whole) + fraction;
  const nanos = scaled(BigInt(digits), base, exponent, fraction.length);
  const capped = format === 'BinarySI' && nanos > maxBinary ? maxBinary : nanos;
  const finalFormat = format === 'BinarySI' && capped < billion && capped > 0n ? 'DecimalSI' : format;
  const signed = sign === '-' ? -capped : capped;
  if (isPrintedUnchanged(digits, exponent, fraction.length, format))
    return { nanos: signed, format: finalFormat, text };
  return { nanos: signed, format: finalFormat };
}

function interpretSuffix(suffix: string): { base: 2 | 10; exponent: number; format: QuantityFormat } {
  const decimal = decimalSuffixes.get(suffix);
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' };
  const binary = (binarySuffixes as readonly string[]).indexOf(suffix);
  if (binary > 0) return { base: 2, exponent: binary * 10, format: 'BinarySI' };
  const exponential = /^[eE]([-+]?\d+)$/.exec(suffix);
  if (exponential === null) throw new QuantityError(quantitySuffixMessage);
  const exponent = Number(exponential[1]);
  if (exponent > 2147483647 || exponent < -2147483648) throw new QuantityError(quantitySuffixMessage);
  return { base: 10, exponent, format: 'DecimalExponent' };
}

/** digits × base^exponent ÷ 10^places in nano units, rounded up. */
function scaled(digits: bigint, base: 2 | 10, exponent: number, places: number): bigint {
  if (digits === 0n) return 0n;
  const binaryFactor = base === 2 ? 2n ** BigInt(exponent) : 1n;
  const shift = (base === 10 ? Math.min(exponent, maxExponent) : 0) - places + 9;
  if (shift >= 0) return digits * binaryFactor * 10n ** BigInt(shift);
  if (shift < -100_000) return 1n;
  return divideUp(digits * binaryFactor, 10n ** BigInt(-shift));
}

/** Upstream keeps the text of what it takes for canonical, `1.500` and `+1` included. */
function isPrintedUnchanged(digits: string, exponent: number, places: number, format: QuantityFormat): boolean {
  if (digits.length > 17) return false;
  if (format === 'BinarySI') {
    const precision = 15 - digits.length - Math.trunc((exponent * 3) / 10) - 1;
    return places === 0 && precision >= 0 && (BigInt(digits) & 7n) !== 0n;
  }
  const scale = exponent - places;
  return scale >= -9 && scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0');
}

function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (quotient * by === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

/** The canonical text: no fraction, the largest suffix possible, at most three digits of zeros swallowed. */
export function quantityText(quantity: Quantity): string {
  return quantity.text ?? canonical(quantity);
}

function canonical({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  const isSmall = nanos > -1024n * billion && nanos < 1024n * billion;
  if (format === 'BinarySI' && !isSmall && nanos % billion === 0n) return binaryText(nanos / billion);
  return decimalText(nanos, format);
}

function binaryText(value: bigint): string {
  let rest = value;
  let power = 0;
  while (power < 6 && rest % 1024n === 0n) {
    rest /= 1024n;
    power++;
  }
  return `${rest}${binarySuffixes[power]}`;
}

function decimalText(nanos: bigint, format: QuantityFormat): string {
  let mantissa = nanos;
  let exponent = -9;
  while (mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  return `${mantissa}${decimalNames.get(exponent) ?? ''}`;
}

/** -1, 0 or 1. */
export function compareQuantities(a: Quantity, b: Quantity): -1 | 0 | 1 {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

/** The sum, printed like `a`, or like `b` if `a` is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function maxQuantity(a: Quantity, b: Quantity): Quantity {
  return a.nanos >= b.nanos ? a : b;
}

/** -1, 0 or 1. */
export function signOfQuantity(quantity: Quantity): -1 | 0 | 1 {
  return quantity.nanos < 0n ? -1 : quantity.nanos > 0n ? 1 : 0;
}

/** Whole units, rounded away from zero: bytes of memory, pods. */
export function quantityUnits(quantity: Quantity): number {
  return Number(divideUp(quantity.nanos, billion));
}

/** Thousandths, rounded away from zero: milli-CPUs. */
export function quantityMillis(quantity: Quantity): number {
  return Number(divideUp(quantity.nanos, 1_000_000n));
}

/** Rounded away from zero to whole thousandths, as defaulting of resource lists does. */
export function roundUpToMillis(quantity: Quantity): Quantity {
  if (quantity.nanos % 1_000_000n === 0n) return quantity;
  return { nanos: divideUp(quantity.nanos, 1_000_000n) * 1_000_000n, format: quantity.format };
}

export function quantityOfUnits(units: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(units) * billion, format };
}

export function quantityOfMillis(millis: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(millis) * 1_000_000n, format };
}

/** Is it a whole number of units? */
export function isWholeQuantity(quantity: Quantity): boolean {
  return quantity.nanos % billion === 0n;
}
