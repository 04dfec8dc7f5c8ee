/**
 * Parts of pods as upstream's messages show them: JSON of its internal structs, in which every field is there, in order.
 *
 *   internalValue('SeccompProfile', { type: 'Localhost' }) is { Type: 'Localhost', LocalhostProfile: null }
 */
import { fieldOrEmptied } from '#api/schema/normalize.ts';
import { internalTypes } from '#kinds/core/internal-types.ts';

type Source = Readonly<Record<string, unknown>>;

interface Field {
  readonly name: string;
  readonly inner: string;
  readonly kind: string;
}

/** The struct `type` made of a value of the API. Absent is null; of a list, every item. */
export function internalValue(type: string, value: unknown, spec: Source = value as Source): unknown {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map((item) => internalValue(type, item, spec));
  const target: Record<string, unknown> = {};
  fill(target, type, value as Source, spec);
  return target;
}

/** Indented by one space, escaped as Go does. */
export function internalText(type: string, value: unknown): string {
  return JSON.stringify(internalValue(type, value), null, 1).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function fill(target: Record<string, unknown>, type: string, source: Source, spec: Source): void {
  for (const { name, inner, kind } of fieldsOf(type)) {
    if (kind === '+ObjectMeta') Object.assign(target, sorted(source['metadata'] ?? {}));
    else if (kind.startsWith('+')) fill(target, kind.slice(1), source, spec);
    else if (name.startsWith('^')) target[inner] = inside(kind, spec[name.slice(1)], spec);
    else target[inner] = inside(kind, fieldOrEmptied(source, name) ?? undefined, spec);
  }
}

function inside(kind: string, value: unknown, spec: Source): unknown {
  switch (kind) {
    case 's':
      return value ?? '';
    case 'n':
      return value ?? 0;
    case 'b':
      return value ?? false;
    case 'q':
      return String(value ?? '0');
    case '?':
      return sorted(value ?? null);
    default:
      if (kind.startsWith('*')) return internalValue(kind.slice(1), value, spec);
      return kind.startsWith('[]') ? internalValue(kind.slice(2), value, spec) : internalValue(kind, value ?? {}, spec);
  }
}

/** Maps by key; of a label selector the labels come first. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const rank = (key: string): string => (key === 'matchLabels' ? '' : key);
  const entries = Object.entries(value).toSorted(([a], [b]) => (rank(a) < rank(b) ? -1 : 1));
  return Object.fromEntries(entries.map(([key, own]) => [key, sorted(own)]));
}

const parsed = new Map<string, readonly Field[]>();

function fieldsOf(type: string): readonly Field[] {
  const known = parsed.get(type);
  if (known !== undefined) return known;
  const fields = (internalTypes[type] ?? '').split(' ').map((text) => {
    const [name = '', inner = '', kind = ''] = text.split(':');
    return { name, inner, kind };
  });
  parsed.set(type, fields);
  return fields;
}
