/**
 * What a plain scalar means to Go's YAML library (go.yaml.in/yaml/v2): YAML 1.1 booleans (`yes`, `on`, `y`), octal with a
 * leading 0, hexadecimal, binary, underscores; no base-60 numbers; dates stay strings.
 */

export type Resolved =
  | { readonly type: 'null' }
  | { readonly type: 'bool'; readonly value: boolean }
  /** Digits as JSON writes them, up to 64 bits. */
  | { readonly type: 'int'; readonly digits: string }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  /** A string to everyone but the dumper, which quotes strings that look like one. */
  | { readonly type: 'timestamp'; readonly value: string };

const words: ReadonlyMap<string, Resolved> = new Map<string, Resolved>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map(
    (word) => [word, { type: 'bool', value: true }] as const,
  ),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(
    (word) => [word, { type: 'bool', value: false }] as const,
  ),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, { type: 'null' }] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, { type: 'float', value: Number.NaN }] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(
    (word) => [word, { type: 'float', value: Infinity }] as const,
  ),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, { type: 'float', value: -Infinity }] as const),
]);

const floatPattern = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const timestampPatterns = [
  /^\d{4}-(\d{1,2})-(\d{1,2})[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?(Z|[+-]\d\d:\d\d)$/,
  /^\d{4}-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?$/,
  /^\d{4}-(\d{1,2})-(\d{1,2})$/,
];

/** The meaning of a plain scalar. */
export function resolvePlain(text: string): Resolved {
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  const isDigit = first >= 0x30 && first <= 0x39;
  if (!isDigit && first !== 0x2b && first !== 0x2d && first !== 0x2e) return { type: 'string', value: text };
  return resolveNumber(text, isDigit || first !== 0x2e) ?? { type: 'string', value: text };
}

function resolveNumber(text: string, mayBeInteger: boolean): Resolved | undefined {
  if (!mayBeInteger) return floatPattern.test(text) ? floatOf(text) : undefined;
  if (isTimestamp(text)) return { type: 'timestamp', value: text };
  const plain = text.replaceAll('_', '');
  const digits = integerDigits(plain);
  if (digits !== undefined) return { type: 'int', digits };
  return floatPattern.test(plain) ? floatOf(plain) : undefined;
}

function floatOf(text: string): Resolved | undefined {
  const value = Number(text);
  return Number.isFinite(value) ? { type: 'float', value } : undefined;
}

const maxUint64 = 2n ** 64n - 1n;
const minInt64 = -(2n ** 63n);

function integerDigits(plain: string): string | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)$/.exec(plain);
  if (match === null) return undefined;
  const body = match[2] as string;
  if (/^[1-9]/.test(body) && body.length < 16) return match[1] === '-' ? `-${body}` : body;
  const magnitude = BigInt(/^0[0-7]/.test(body) ? `0o${body.slice(1)}` : body);
  const value = match[1] === '-' ? -magnitude : magnitude;
  const fits = value >= minInt64 && value <= (match[1] === '' ? maxUint64 : -minInt64 - 1n);
  return fits ? value.toString() : undefined;
}

function isTimestamp(text: string): boolean {
  if (!/^\d{4}-/.test(text)) return false;
  for (const pattern of timestampPatterns) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const [, month, day, hour = '0', minute = '0', second = '0'] = match;
    const days = new Date(Date.UTC(Number(text.slice(0, 4)), Number(month), 0)).getUTCDate();
    if (Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= days) {
      return Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
    }
  }
  return false;
}
