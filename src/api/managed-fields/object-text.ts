/** The JSON of an object that is about to be stored, its field sets exchanged for those that all objects share. */
import type { FieldSet } from '#api/managed-fields/field-set.ts';
import { internSet } from '#api/managed-fields/interned-sets.ts';

type Fields = Record<string, unknown>;

/** What JSON.stringify prints. Changes the object's managedFields to equal ones that are shared. */
export function objectText(object: { readonly metadata: object }): string {
  return fieldsText(object as unknown as Fields, 'metadata', metadataText);
}

function metadataText(object: Fields): string {
  return fieldsText(object['metadata'] as Fields, 'managedFields', entriesText);
}

function entriesText(metadata: Fields): string {
  const entries = metadata['managedFields'];
  if (!Array.isArray(entries)) return JSON.stringify(entries);
  let text = '';
  for (const entry of entries as Fields[]) {
    text += `${text === '' ? '' : ','}${fieldsText(entry, 'fieldsV1', setText)}`;
  }
  return `[${text}]`;
}

function setText(entry: Fields): string {
  const given = entry['fieldsV1'];
  if (typeof given !== 'object' || given === null) return JSON.stringify(given);
  const { set, text } = internSet(given as FieldSet);
  if (set !== given && !Object.isFrozen(entry)) entry['fieldsV1'] = set;
  return text;
}

/** An object's JSON, one of its fields printed by `print`. */
function fieldsText(fields: Fields, name: string, print: (fields: Fields) => string): string {
  let text = '';
  for (const key in fields) {
    const value = fields[key];
    if (value === undefined) continue;
    const printed = key === name ? print(fields) : JSON.stringify(value);
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${printed}`;
  }
  return `{${text}}`;
}
