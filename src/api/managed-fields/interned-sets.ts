/**
 * Field sets of stored objects, one value for each text. A third of a stored pod is its managedFields, and thousands of
 * objects have the same ones: they are printed once, and a client that sends back what it read (every update does)
 * does not make the server parse and compare them again.
 *
 *   text  …"managedFields":[{"manager":"kubelet","fieldsV1":{"f:status":{…2 KB…}}}]…
 *   short …"managedFields":[{"manager":"kubelet","fieldsV1":{"~":0}}]…     sets [⟨the known one⟩]
 */
import { deepFreeze } from '#base/immutable.ts';
import type { FieldSet } from '#api/managed-fields/field-set.ts';

/** More are forgotten, all at once. */
const maxSets = 512;
/** Sets of a longer text are most likely of one object only. */
const maxTextLength = 16_384;

const texts = new WeakMap<FieldSet, string>();
let sets = new Map<string, FieldSet>();

/** The JSON of a set, and the set to keep in its place: the frozen one that all objects share. */
export function internSet(set: FieldSet): { readonly set: FieldSet; readonly text: string } {
  const known = texts.get(set);
  if (known !== undefined) return { set, text: known };
  const text = JSON.stringify(set);
  if (text.length > maxTextLength) return { set, text };
  const shared = sets.get(text);
  if (shared !== undefined) return { set: shared, text };
  if (sets.size >= maxSets) sets = new Map();
  sets.set(text, deepFreeze(set));
  texts.set(set, text);
  return { set, text };
}

export interface Shortened {
  readonly text: string;
  readonly sets: readonly FieldSet[];
}

const opening = '"fieldsV1":';
const mark = '~';
const quote = 0x22;
const backslash = 0x5c;

/** JSON with a mark in the place of each known set; undefined if there is none. `restoreSets` undoes it. */
export function withoutKnownSets(text: string): Shortened | undefined {
  const found: FieldSet[] = [];
  let result = '';
  let from = 0;
  for (let at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, at + opening.length)) {
    const start = at + opening.length;
    if (text.charCodeAt(start) !== 0x7b || text.charCodeAt(at - 1) === backslash) continue;
    const setText = knownText(text, start);
    const known = setText === undefined ? undefined : sets.get(setText);
    if (setText === undefined || known === undefined) continue;
    result += `${text.slice(from, start)}{"${mark}":${found.length}}`;
    found.push(known);
    from = start + setText.length;
    at = from - opening.length;
  }
  if (found.length === 0 || text.includes(`{"${mark}"`)) return undefined;
  return { text: result + text.slice(from), sets: found };
}

/** Texts met last, the newest first: comparing with them is much faster than looking for a set's end. */
let recent: readonly string[] = [];
const maxRecent = 8;

/** The text of the known set that begins at `start`. A whole object's text is no beginning of another one's. */
function knownText(text: string, start: number): string | undefined {
  for (const candidate of recent) if (text.startsWith(candidate, start)) return candidate;
  const whole = text.slice(start, endOfObject(text, start));
  if (!sets.has(whole)) return undefined;
  recent = [whole, ...recent.slice(0, maxRecent - 1)];
  return whole;
}

/** From an opening brace to behind the closing one. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      i++;
      for (let inner = text.charCodeAt(i); i < text.length && inner !== quote; inner = text.charCodeAt(i))
        i += inner === backslash ? 2 : 1;
    } else if (code === 0x7b) depth++;
    else if (code === 0x7d && --depth === 0) return i + 1;
  }
  return text.length;
}

/** Puts the sets into the managedFields of the parsed object. False: they belong elsewhere, and the text must be read as it was. */
export function restoreSets(object: object, known: readonly FieldSet[]): boolean {
  const entries = (object as { metadata?: { managedFields?: unknown } | null }).metadata?.managedFields;
  if (!Array.isArray(entries)) return false;
  let count = 0;
  for (const entry of entries as ({ fieldsV1?: Record<string, unknown> | null } | null)[]) {
    const number = entry?.fieldsV1?.[mark];
    if (typeof number !== 'number') continue;
    (entry as { fieldsV1: FieldSet }).fieldsV1 = known[number] as FieldSet;
    count++;
  }
  return count === known.length;
}
