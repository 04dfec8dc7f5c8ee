/**
 * Field selectors: `status.phase!=Running,spec.nodeName=a`. Values may hold `\,`, `\=` and `\\`.
 * Which fields a kind knows is the kind's business (Resource.selectableFieldNames).
 */
import { SelectorError } from '#api/meta/label-selector.ts';

export interface FieldTerm {
  readonly field: string;
  readonly value: string;
  readonly isNegated: boolean;
}

/** The terms, in upstream's sorted order. Throws {@link SelectorError}. */
export function parseFieldSelector(text: string): FieldTerm[] {
  const terms: FieldTerm[] = [];
  for (const part of splitTerms(text).sort()) {
    if (part === '') continue;
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(part);
    if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, field = '', operator = '', value = ''] = match;
    terms.push({ field, value: unescapeValue(value), isNegated: operator === '!=' });
  }
  return terms;
}

/** Do the fields of an object meet all terms? Absent fields are ''. */
export function matchesFields(terms: readonly FieldTerm[], fields: Readonly<Record<string, string>>): boolean {
  for (const { field, value, isNegated } of terms) {
    if (((fields[field] ?? '') === value) === isNegated) return false;
  }
  return true;
}

/** The value every match must have, if the selector fixes one: `metadata.name=a`. */
export function exactField(terms: readonly FieldTerm[], field: string): string | undefined {
  return terms.find((term) => term.field === field && !term.isNegated)?.value;
}

export function fieldSelectorText(terms: readonly FieldTerm[]): string {
  return terms.map((term) => `${term.field}${term.isNegated ? '!=' : '='}${escapeValue(term.value)}`).join(',');
}

export function escapeValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}

function splitTerms(text: string): string[] {
  if (text === '') return [];
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescapeValue(value: string): string {
  if (!/[\\,=]/.test(value)) return value;
  let result = '';
  const characters = [...value];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string;
    if (character === '\\') {
      const next = characters[++i] ?? '';
      if (next === '' || !'\\,='.includes(next))
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${next}`);
      result += next;
    } else if (character === ',' || character === '=') {
      const text = `invalid field selector: unescaped character in value: ${character.codePointAt(0)}`;
      throw new SelectorError(text);
    } else result += character;
  }
  return result;
}
