/** The short names of pod templates: `pod-template-hash`, `controller-revision-hash`. */

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const encoder = new TextEncoder();

/**
 * Up to ten letters that form no word; equal for equal values whatever the order of their keys. `collisions` gives the same
 * template another name.
 * Deviation: upstream hashes a dump of Go's structures, which nothing outside Go can reproduce; only the looks are the same.
 */
export function templateHash(template: unknown, collisions = 0): string {
  const hash = fnv1a(canonicalJson(template) + (collisions === 0 ? '' : `#${collisions}`));
  return [...encoder.encode(String(hash))].map((byte) => alphabet[byte % alphabet.length]).join('');
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) => {
    if (typeof field !== 'object' || field === null || Array.isArray(field)) return field;
    const entries = Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries);
  });
}
