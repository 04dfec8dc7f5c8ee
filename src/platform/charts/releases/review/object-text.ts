/**
 * An object as a reviewer reads it: YAML without what the server keeps for itself, Secrets' values hidden. Hidden values that
 * differ look different, those that do not look the same:
 *
 *   -  password: '(hidden, 7 bytes, before)'
 *   +  password: '(hidden, 9 bytes, after)'
 */
import type { HasMetadata } from '#api/object.ts';
import { jsonEqual } from '#api/meta/equality.ts';
import { unifiedDiff } from '#lang/diff/unified-diff.ts';
import { printYaml } from '#lang/yaml/print.ts';

type Fields = Record<string, unknown>;

const serverMetadata: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/** The lines that change between two versions of an object; '' if nothing does. Undefined stands for no object. */
export function objectDiff(before: HasMetadata | undefined, after: HasMetadata | undefined): string {
  const [a, b] = hidden(before, after);
  return unifiedDiff(textOf(a), textOf(b));
}

function textOf(object: Fields | undefined): string {
  return object === undefined ? '' : printYaml(object);
}

/** Both versions without the server's own fields, and with their secrets hidden. */
function hidden(before: HasMetadata | undefined, after: HasMetadata | undefined): (Fields | undefined)[] {
  const [a, b] = [shown(before), shown(after)];
  const isSecret = [before, after].some((one) => one?.kind === 'Secret' && one.apiVersion === 'v1');
  if (!isSecret) return [a, b];
  const [left, right] = [secretValues(a), secretValues(b)];
  return [withHidden(a, right, 'before'), withHidden(b, left, 'after')];
}

function shown(object: HasMetadata | undefined): Fields | undefined {
  if (object === undefined) return undefined;
  const { status: _status, metadata, ...rest } = object as HasMetadata & { status?: unknown };
  const kept = Object.entries(metadata).filter(([name]) => !serverMetadata.has(name));
  return { ...rest, metadata: Object.fromEntries(kept) };
}

/** data and stringData are one, as the server sees them. */
function secretValues(object: Fields | undefined): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries((object?.['data'] ?? {}) as Fields))
    values.set(name, decoded(String(value)));
  for (const [name, value] of Object.entries((object?.['stringData'] ?? {}) as Fields)) values.set(name, String(value));
  return values;
}

function decoded(value: string): string {
  try {
    return atob(value);
  } catch {
    return value;
  }
}

function withHidden(
  object: Fields | undefined,
  others: ReadonlyMap<string, string>,
  side: 'before' | 'after',
): Fields | undefined {
  if (object === undefined) return undefined;
  const { data: _data, stringData: _stringData, ...rest } = object;
  const own = secretValues(object);
  const data = [...own].map(([name, value]) => {
    const other = others.get(name);
    const mark = other === undefined || other === value ? '' : `, ${side}`;
    return [name, `(hidden, ${value.length} bytes${mark})`];
  });
  return own.size === 0 ? rest : { ...rest, data: Object.fromEntries(data) };
}

/** Whether two versions are the same to a reviewer. */
export function isSameToReviewer(before: HasMetadata, after: HasMetadata): boolean {
  return jsonEqual(shown(before), shown(after));
}
