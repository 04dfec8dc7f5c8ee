/** The JSON merge patch between two versions: what Helm sends for custom resources, whatever the cluster has. */
import { jsonEqual } from '#api/meta/equality.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Applied to `before`, gives `after`; lists are replaced as a whole. */
export function twoWayMergePatch(before: Fields, after: Fields): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(after)) {
    const old = before[name];
    if (jsonEqual(value, old)) continue;
    patch[name] = isFields(value) && isFields(old) ? twoWayMergePatch(old, value) : value;
  }
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) patch[name] = null;
  return patch;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
