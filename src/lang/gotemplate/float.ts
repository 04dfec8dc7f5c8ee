/** Floats as Go's strconv writes them. */

/** %v: the shortest digits; exponents from 1e+06 and below 1e-4. */
export function floatText(value: number): string {
  if (Number.isInteger(value) && value < 1e6 && value > 0) return String(value);
  return formatFloat(value, { format: 'g', precision: -1 });
}

export interface FloatFormat {
  readonly format: 'b' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'x' | 'X';
  /** -1 = as few digits as tell the number apart. */
  readonly precision: number;
}

/** strconv.FormatFloat of a float64. */
export function formatFloat(value: number, how: FloatFormat): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return sign + unsigned(Math.abs(value), how);
}

function unsigned(value: number, { format, precision }: FloatFormat): string {
  const upper = format === 'E' || format === 'G' || format === 'X';
  const shown = (text: string): string => (upper ? text.toUpperCase() : text);
  switch (format) {
    case 'b':
      return binary(value);
    case 'x':
    case 'X':
      return shown(hexadecimal(value, precision));
    case 'e':
    case 'E':
      return shown(exponential(decimalOf(value, { significant: precision + 1 }), precision));
    case 'f':
    case 'F':
      return positional(decimalOf(value, { decimals: precision }), precision);
  }
  return shown(general(value, precision));
}

/** %g: an exponent below -4 and from the precision on. */
function general(value: number, precision: number): string {
  const isShortest = precision < 0;
  const decimal = decimalOf(value, { significant: isShortest ? 0 : Math.max(precision, 1) });
  const power = decimal.point - 1;
  let limit = precision === 0 ? 1 : precision;
  if (limit > decimal.digits.length && decimal.digits.length >= decimal.point) limit = decimal.digits.length;
  if (isShortest) limit = 6;
  const digits = decimal.digits.length;
  if (value !== 0 && (power < -4 || power >= limit)) return exponential(decimal, digits - 1);
  return positional(decimal, Math.max(digits - decimal.point, 0));
}

/** 0.digits × 10^point, without zeros at the end; zero has no digits. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

/** Rounded half to even, as the exact value stands; a negative or zero wish means the shortest digits. */
function decimalOf(value: number, wanted: { significant?: number; decimals?: number }): Decimal {
  if (value === 0) return { digits: '', point: 1 };
  const { significant = 0, decimals = -1 } = wanted;
  if (significant <= 0 && decimals < 0) return shortest(value);
  const exact = exactDecimal(value);
  const keep = significant > 0 ? significant : exact.point + decimals;
  return rounded(exact, keep);
}

function shortest(value: number): Decimal {
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

const view = new DataView(new ArrayBuffer(8));

/** Mantissa and exponent: value = mantissa × 2^exponent. */
function parts(value: number): { mantissa: bigint; exponent: number } {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

function exactDecimal(value: number): Decimal {
  const { mantissa, exponent } = parts(value);
  const digits = (exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent)).toString();
  return { digits: digits.replace(/0+$/, ''), point: digits.length + Math.min(exponent, 0) };
}

function rounded({ digits, point }: Decimal, keep: number): Decimal {
  if (keep >= digits.length) return { digits, point };
  if (keep < 0) return { digits: '', point };
  const rest = digits.slice(keep);
  const half = rest[0] === '5' && rest.length === 1;
  const isOdd = keep > 0 && Number(digits[keep - 1]) % 2 === 1;
  const goesUp = half ? isOdd : (rest[0] as string) >= '5';
  const kept = digits.slice(0, keep);
  if (!goesUp) return { digits: kept.replace(/0+$/, ''), point };
  const sum = (BigInt(kept === '' ? '0' : kept) + 1n).toString();
  const carried = sum.length > keep;
  return { digits: sum.replace(/0+$/, ''), point: carried ? point + 1 : point };
}

function exponential({ digits, point }: Decimal, precision: number): string {
  const power = digits === '' ? 0 : point - 1;
  const decimals = precision < 0 ? digits.slice(1) : digits.slice(1).padEnd(precision, '0');
  const mantissa = `${digits[0] ?? '0'}${decimals === '' ? '' : `.${decimals}`}`;
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

function positional({ digits, point }: Decimal, precision: number): string {
  const whole = digits === '' || point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0');
  const behind = digits === '' ? '' : point <= 0 ? '0'.repeat(-point) + digits : digits.slice(point);
  const decimals = precision < 0 ? behind : behind.slice(0, precision).padEnd(precision, '0');
  return decimals === '' ? whole : `${whole}.${decimals}`;
}

/** %b: `4503599627370496p-52` */
function binary(value: number): string {
  const { mantissa, exponent } = parts(value);
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`;
}

const hexDigits = 15;

/** %x: `0x1.8p+01` */
function hexadecimal(value: number, precision: number): string {
  let { mantissa, exponent } = parts(value);
  exponent += 52;
  if (mantissa === 0n) exponent = 0;
  mantissa <<= 8n;
  for (; mantissa !== 0n && mantissa >> 60n === 0n; exponent--) mantissa <<= 1n;
  if (precision >= 0 && precision < hexDigits) {
    const cut = 60n - BigInt(precision * 4);
    const rest = mantissa & ((1n << cut) - 1n);
    mantissa >>= cut;
    const half = 1n << (cut - 1n);
    if (rest > half || (rest === half && mantissa % 2n === 1n)) mantissa++;
    mantissa <<= cut;
    if (mantissa >> 61n !== 0n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const fraction = (mantissa & ((1n << 60n) - 1n)).toString(16).padStart(hexDigits, '0');
  const shown = precision < 0 ? fraction.replace(/0+$/, '') : fraction.slice(0, precision).padEnd(precision, '0');
  const power = `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return `0x${mantissa >> 60n}${shown === '' ? '' : `.${shown}`}p${power}`;
}
