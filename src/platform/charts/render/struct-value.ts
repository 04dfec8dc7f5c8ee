/** Go structs as templates see them: fields by name, `%v` by their order, JSON by their tags. */
import type { GoFunction, GoValue } from '#lang/gotemplate/value.ts';
import { GoObject } from '#lang/gotemplate/value.ts';

/** What a struct is made of. */
export interface StructParts {
  readonly goType: string;
  readonly kind: 'struct' | 'ptr';
  /** Fields in the order of their declaration. */
  readonly fields: readonly (readonly [name: string, value: GoValue])[];
  /** Of an embedded struct; reachable by name as if they were the outer one's. */
  readonly embedded?: StructValue;
  /** What JSON and YAML make of it. */
  readonly json: GoValue;
  readonly methods?: ReadonlyMap<string, GoFunction>;
  /** The result of a String method that only the pointer has: lost where the value is copied. */
  readonly text?: string;
}

/** A struct, or a pointer to one. */
export class StructValue extends GoObject {
  readonly goType: string;
  readonly goKind: 'struct' | 'ptr';
  readonly #parts: StructParts;
  readonly #fields: ReadonlyMap<string, GoValue>;

  constructor(parts: StructParts) {
    super();
    this.goType = parts.goType;
    this.goKind = parts.kind;
    this.#parts = parts;
    this.#fields = new Map([...(parts.embedded?.fields() ?? []), ...parts.fields]);
  }

  override field(name: string): GoValue {
    return this.#fields.get(name);
  }

  override method(name: string): GoFunction | undefined {
    return this.#parts.methods?.get(name);
  }

  override text(): string | undefined {
    return this.#parts.text;
  }

  override asInterface(): GoObject {
    if (this.#parts.text === undefined) return this;
    const { text: _, ...parts } = this.#parts;
    return new StructValue(parts);
  }

  override fields(): readonly (readonly [string, GoValue])[] {
    return this.#parts.fields;
  }

  override flatFields(): readonly (readonly [string, GoValue])[] {
    const { embedded, fields } = this.#parts;
    return fields.flatMap((field) => (field[1] === embedded ? (embedded?.fields() ?? []) : [field]));
  }

  override plain(): GoValue {
    return this.#parts.json;
  }
}
