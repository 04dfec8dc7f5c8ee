/** Go's time.Duration: nanoseconds as `1h2m3.5s`. */

const second = 1_000_000_000n;

/** As Go prints it: `0s`, `1.5s`, `1h0m0s`, `250ms`. */
export function durationText(nanos: bigint): string {
  if (nanos === 0n) return '0s';
  const sign = nanos < 0n ? '-' : '';
  const value = nanos < 0n ? -nanos : nanos;
  if (value < 1000n) return `${sign}${value}ns`;
  if (value < 1_000_000n) return `${sign}${fraction(value, 1000n)}µs`;
  if (value < second) return `${sign}${fraction(value, 1_000_000n)}ms`;
  const minutes = value / (60n * second);
  const seconds = `${fraction(value % (60n * second), second)}s`;
  if (minutes === 0n) return `${sign}${seconds}`;
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`;
}

function fraction(value: bigint, unit: bigint): string {
  const digits = String(value % unit)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '');
  return digits === '' ? String(value / unit) : `${value / unit}.${digits}`;
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
};

/** Nanoseconds of a text like `1h2m3.5s`; undefined if it is none. */
export function parseDuration(text: string): bigint | undefined {
  const match = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text);
  if (text === '0') return 0n;
  if (match === null) return undefined;
  let total = 0n;
  for (const part of text.matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const unit = units[part[3] as string] as bigint;
    const places = part[2] as string;
    total += BigInt(part[1] === '' ? 0 : (part[1] as string)) * unit;
    if (places !== '') total += (BigInt(places) * unit) / 10n ** BigInt(places.length);
  }
  return match[1] === '-' ? -total : total;
}
