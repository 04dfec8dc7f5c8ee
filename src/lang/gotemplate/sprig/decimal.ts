/** Sums and products of decimals without binary rounding (shopspring/decimal). */
interface Decimal {
  readonly digits: bigint;
  /** Decimal places. */
  readonly scale: number;
}

const divisionPlaces = 16;

function parse(value: number): Decimal {
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string | undefined];
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** `first` with each of the others in turn. */
export function decimalOp(operator: '+' | '-' | '*' | '/', first: number, rest: readonly number[]): number {
  if (![first, ...rest].every(Number.isFinite)) throw new Error('Cannot create a Decimal from NaN');
  let result = parse(first);
  for (const value of rest) result = apply(operator, result, parse(value));
  const text = (result.digits < 0n ? -result.digits : result.digits).toString().padStart(result.scale + 1, '0');
  const cut = text.length - result.scale;
  return Number(`${result.digits < 0n ? '-' : ''}${text.slice(0, cut)}.${text.slice(cut)}`);
}

function apply(operator: '+' | '-' | '*' | '/', a: Decimal, b: Decimal): Decimal {
  if (operator === '*') return { digits: a.digits * b.digits, scale: a.scale + b.scale };
  if (operator === '/') return divide(a, b);
  const scale = Math.max(a.scale, b.scale);
  const left = a.digits * 10n ** BigInt(scale - a.scale);
  const right = b.digits * 10n ** BigInt(scale - b.scale);
  return { digits: operator === '+' ? left + right : left - right, scale };
}

/** Half away from zero, at sixteen places. */
function divide(a: Decimal, b: Decimal): Decimal {
  if (b.digits === 0n) throw new Error('decimal division by 0');
  const numerator = a.digits * 10n ** BigInt(b.scale + divisionPlaces);
  const denominator = b.digits * 10n ** BigInt(a.scale);
  const quotient = numerator / denominator;
  const rest = numerator % denominator;
  const size = (value: bigint): bigint => (value < 0n ? -value : value);
  const up = size(rest) * 2n >= size(denominator);
  const isNegative = numerator < 0n !== denominator < 0n;
  return { digits: quotient + (up ? (isNegative ? -1n : 1n) : 0n), scale: divisionPlaces };
}
