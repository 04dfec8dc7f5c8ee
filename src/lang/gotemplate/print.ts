/** %v: a value as text. */
import { floatText } from '#lang/gotemplate/float.ts';
import { NodeBudget, checkText } from '#lang/gotemplate/limits.ts';
import { GoInt, GoObject, isFunction, isMap, sortedKeys } from '#lang/gotemplate/value.ts';
import type { GoValue } from '#lang/gotemplate/value.ts';

/** Structures deeper than this are cut off: they are cycles, which Go does not survive either. */
const maxDepth = 500;

/** %v */
export function goPrint(value: GoValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return floatText(value);
  const printer = new Printer();
  printer.add(value);
  return printer.text;
}

/** As an action prints it: a pointer is followed first. */
export function printAction(value: GoValue): string {
  if (value === undefined) return '<no value>';
  const text = goPrint(value);
  return isBarePointer(value) ? text.slice(1) : text;
}

/** Whether %v shows `&` in front of it. */
export function isBarePointer(value: GoValue): boolean {
  return value instanceof GoObject && value.goKind === 'ptr' && value.text() === undefined;
}

/** Appends, so that a large value costs one text. Invariant: `#depth` is that of the value being printed. */
class Printer {
  text = '';
  #depth = 0;
  readonly #budget = new NodeBudget();

  add(value: GoValue): void {
    switch (typeof value) {
      case 'string':
        this.text += value;
        return;
      case 'number':
        this.text += floatText(value);
        return;
      case 'bigint':
      case 'boolean':
        this.text += String(value);
        return;
    }
    if (value === null || value === undefined || this.#depth > maxDepth) this.text += '<nil>';
    else if (value instanceof GoInt) this.text += value.value.toString();
    else {
      this.#budget.take();
      checkText(this.text.length);
      this.#depth++;
      this.#composite(value);
      this.#depth--;
    }
  }

  #composite(value: Exclude<GoValue, null | undefined | string | number | bigint | boolean>): void {
    if (value instanceof GoObject) this.#object(value);
    else if (value instanceof Uint8Array) this.text += `[${value.join(' ')}]`;
    else if (Array.isArray(value)) this.#list(value as readonly GoValue[]);
    else if (isFunction(value)) this.text += '0x1';
    else if (isMap(value)) this.#entries(sortedKeys(value).map((key) => [key, value[key]]));
  }

  #list(items: readonly GoValue[]): void {
    this.text += '[';
    for (let i = 0; i < items.length; i++) {
      if (i > 0) this.text += ' ';
      this.add(items[i]);
    }
    this.text += ']';
  }

  #entries(entries: readonly (readonly [string, GoValue])[]): void {
    this.text += 'map[';
    entries.forEach(([key, item], i) => {
      this.text += i > 0 ? ` ${key}:` : `${key}:`;
      this.add(item instanceof GoObject ? item.asInterface() : item);
    });
    this.text += ']';
  }

  #object(value: GoObject): void {
    const own = value.text();
    if (own !== undefined) this.text += own;
    else if (value.goKind === 'map') this.#entries(value.entries());
    else if (value.goKind === 'slice') this.#list(value.entries().map((entry) => entry[1]));
    else {
      this.text += value.goKind === 'ptr' ? '&{' : '{';
      value.fields().forEach(([, item], i) => {
        if (i > 0) this.text += ' ';
        this.add(item instanceof GoObject ? item.asInterface() : item);
      });
      this.text += '}';
    }
  }
}
