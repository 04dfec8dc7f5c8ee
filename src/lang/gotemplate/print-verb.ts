/** Any value under one verb of printf: what it is made of gets the verb, what the verb does not fit becomes `%!d(string=x)`. */

import { NodeBudget, joinTexts } from '#lang/gotemplate/limits.ts';
import { goQuote } from '#lang/gotemplate/quote.ts';
import { GoInt, GoObject, intOf, isFunction, isMap, listOf, sortedKeys, typeName } from '#lang/gotemplate/value.ts';
import type { GoMap, GoValue } from '#lang/gotemplate/value.ts';
import { bytesText, floatVerb, intVerb, pad, textVerb } from '#lang/gotemplate/verbs.ts';
import type { Flags } from '#lang/gotemplate/verbs.ts';

/** An argument of printf. */
export function formatVerb(value: GoValue, verb: string, flags: Flags): string {
  if (value === null || value === undefined)
    return verb === 'T' || verb === 'v' ? pad('<nil>', flags) : bad(value, verb, flags);
  if (verb === 'T') return textVerb(typeName(value), 's', flags) ?? '';
  if (verb === 'p') return bad(value, verb, flags);
  const plain =
    verb === 'v' || verb === 'w'
      ? { ...flags, sharp: false, plus: false, sharpV: flags.sharp, plusV: flags.plus }
      : flags;
  return printed(value, verb, { flags: plain, depth: 0, methods: true, budget: new NodeBudget() });
}

interface Place {
  readonly budget: NodeBudget;
  readonly flags: Flags;
  readonly depth: number;
  /** String methods are called; not inside `%!d(…)`. */
  readonly methods: boolean;
}

const maxDepth = 500;

function printed(value: GoValue, verb: string, place: Place): string {
  const { flags, depth } = place;
  if (value === null || value === undefined || depth > maxDepth) {
    return flags.sharpV === true ? 'interface {}(nil)' : '<nil>';
  }
  place.budget.take();
  return scalar(value, verb, flags) ?? composite(value, verb, place) ?? bad(value, verb, flags);
}

function scalar(value: GoValue, verb: string, flags: Flags): string | undefined {
  if (typeof value === 'boolean') return verb === 'v' || verb === 't' ? pad(String(value), flags) : undefined;
  if (typeof value === 'string') return textVerb(value, verb, flags);
  if (typeof value === 'number') return floatVerb(value, verb, flags);
  const integer = intOf(value);
  if (integer === undefined) return undefined;
  const isUnsigned = value instanceof GoInt && value.goType.startsWith('u');
  if (verb === 'v' && flags.sharpV === true && isUnsigned) return intVerb(integer, 'x', { ...flags, sharp: true });
  return intVerb(integer, verb, flags);
}

/** The message of a verb that does not fit, with the value as %v under the same flags. */
function bad(value: GoValue, verb: string, flags: Flags): string {
  if (value === null || value === undefined) return `%!${verb}(<nil>)`;
  return `%!${verb}(${typeName(value)}=${printed(value, 'v', { flags, depth: 0, methods: false, budget: new NodeBudget() })})`;
}

function composite(value: GoValue, verb: string, place: Place): string | undefined {
  const { flags, depth } = place;
  if (typeof value !== 'object' || value === null || intOf(value) !== undefined || isFunction(value)) return undefined;
  // Only errors may be wrapped.
  if (verb === 'w') return undefined;
  if (value instanceof Uint8Array && 'sqxX'.includes(verb)) return bytesText(value, verb, flags);
  if (value instanceof GoObject) {
    const own = place.methods && flags.sharpV !== true && 'vsqxX'.includes(verb) ? value.text() : undefined;
    if (own !== undefined) return textVerb(own, verb, flags);
    if (value.goKind === 'struct' || value.goKind === 'ptr') return struct(value, verb, place);
  }
  const inner = { ...place, depth: depth + 1 };
  const list = listOf(value);
  const isSharp = flags.sharpV === true;
  const separator = isSharp ? ', ' : ' ';
  if (list !== undefined) {
    const items = joinTexts(
      list.map((item) => printed(item, verb, inner)),
      separator,
    );
    return isSharp ? `${typeName(value)}{${items}}` : `[${items}]`;
  }
  const items = entriesOf(value).map(([key, item]) => {
    return `${isSharp ? goQuote(key) : printed(key, verb, inner)}:${printed(item, verb, inner)}`;
  });
  return isSharp ? `${typeName(value)}{${joinTexts(items, separator)}}` : `map[${joinTexts(items, separator)}]`;
}

function entriesOf(value: GoValue): readonly (readonly [string, GoValue])[] {
  if (value instanceof GoObject) return value.entries();
  return isMap(value) ? sortedKeys(value).map((key) => [key, (value as GoMap)[key]]) : [];
}

function struct(value: GoObject, verb: string, place: Place): string {
  const { flags, depth } = place;
  const isSharp = flags.sharpV === true;
  const fields = value.fields().map(([name, field]) => {
    const item = field instanceof GoObject ? field.asInterface() : field;
    const text = printed(item, verb, { ...place, depth: depth + 1 });
    return isSharp || flags.plusV === true ? `${name}:${text}` : text;
  });
  const lead = value.goKind === 'ptr' ? '&' : '';
  const type = isSharp ? typeName(value).replace(/^\*/, '') : '';
  return `${lead}${type}{${fields.join(isSharp ? ', ' : ' ')}}`;
}
