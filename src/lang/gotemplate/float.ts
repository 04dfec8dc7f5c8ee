/** Floats as Go's strconv writes them. */

/** %v: the shortest digits; exponents from 1e+06 and below 1e-4. */
export function floatText(value: number): string {
  return formatFloat(value, { format: 'g', precision: -1, exponentFrom: 6 });
}

export interface FloatFormat {
  readonly format: 'e' | 'E' | 'f' | 'F' | 'g' | 'G';
  /** -1 = as few digits as tell the number apart. */
  readonly precision: number;
  /** For %g with the shortest digits. */
  readonly exponentFrom?: number;
}

/** strconv.FormatFloat of a float64. */
export function formatFloat(value: number, how: FloatFormat): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return sign + unsigned(Math.abs(value), how);
}

function unsigned(value: number, { format, precision, exponentFrom }: FloatFormat): string {
  const upper = format === 'E' || format === 'G';
  const shown = (text: string): string => (upper ? text.toUpperCase() : text);
  switch (format) {
    case 'e':
    case 'E':
      return shown(exponential(value, precision));
    case 'f':
    case 'F':
      return precision < 0 ? positional(value) : fixed(value, precision);
  }
  if (precision < 0) {
    const power = exponentOf(value);
    const limit = exponentFrom ?? 6;
    return shown(power < -4 || power >= limit ? exponential(value, -1) : positional(value));
  }
  const digits = precision === 0 ? 1 : precision;
  const rounded = value.toExponential(Math.min(digits - 1, 100));
  const power = Number(rounded.split('e')[1]);
  if (power < -4 || power >= digits) return shown(trimZeros(exponential(value, digits - 1)));
  return trimZeros(fixed(value, Math.max(0, digits - 1 - power)));
}

function exponentOf(value: number): number {
  return value === 0 ? 0 : Number(value.toExponential().split('e')[1]);
}

function trimZeros(text: string): string {
  const [mantissa, exponent] = text.split('e') as [string, string | undefined];
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return exponent === undefined ? short : `${short}e${exponent}`;
}

function exponential(value: number, precision: number): string {
  const text = precision < 0 ? value.toExponential() : value.toExponential(Math.min(precision, 100));
  const [mantissa, exponent] = text.split('e') as [string, string];
  const power = Number(exponent);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** toFixed is exact below 1e21; above it, the integer is. */
function fixed(value: number, precision: number): string {
  if (value < 1e21) return value.toFixed(Math.min(precision, 100));
  const digits = BigInt(value).toString();
  return precision > 0 ? `${digits}.${'0'.repeat(precision)}` : digits;
}

/** The shortest digits without an exponent. */
function positional(value: number): string {
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  const digits = mantissa.replace('.', '');
  const point = Number(exponent) + 1;
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (digits.length <= point) return digits.padEnd(point, '0');
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}
