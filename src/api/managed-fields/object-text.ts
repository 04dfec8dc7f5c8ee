/**
 * The JSON of an object that is about to be stored. A third of a pod's is the field sets in metadata.managedFields, which
 * objects of one template share: their text is printed once.
 */
import type { ManagedFieldsEntry } from '#api/generated/meta/v1.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Of sets that are shared (see created-fields.ts): they are frozen. */
const texts = new WeakMap<object, string>();

/** What JSON.stringify prints. */
export function objectText(object: { readonly metadata: object }): string {
  return fieldsText(object as unknown as Fields, 'metadata', metadataText);
}

function metadataText(metadata: unknown): string {
  return fieldsText(metadata as Fields, 'managedFields', entriesText);
}

function entriesText(entries: unknown): string {
  if (!Array.isArray(entries)) return JSON.stringify(entries);
  let text = '';
  for (const entry of entries as ManagedFieldsEntry[]) {
    text += `${text === '' ? '' : ','}${fieldsText(entry as Fields, 'fieldsV1', setText)}`;
  }
  return `[${text}]`;
}

function setText(set: unknown): string {
  if (typeof set !== 'object' || set === null || !Object.isFrozen(set)) return JSON.stringify(set);
  let text = texts.get(set);
  if (text === undefined) texts.set(set, (text = JSON.stringify(set)));
  return text;
}

/** An object's JSON, the value of one field printed by `print`. */
function fieldsText(fields: Fields, name: string, print: (value: unknown) => string): string {
  let text = '';
  for (const key in fields) {
    const value = fields[key];
    if (value === undefined) continue;
    const printed = key === name ? print(value) : JSON.stringify(value);
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${printed}`;
  }
  return `{${text}}`;
}
