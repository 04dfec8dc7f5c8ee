/** JSON objects to messages. Everything is written from the last field to the first (see writer.ts). */
import { parseDuration } from '#wire/protobuf/duration.ts';
import type { ProtoField, ProtoMessage, ProtoValues } from '#wire/protobuf/message.ts';
import { ProtoWriter } from '#wire/protobuf/writer.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The bytes of an object that fits the message; fields the message does not have are left out. */
export function encodeMessage(object: Fields, message: ProtoMessage, values: ProtoValues): Uint8Array {
  const writer = new ProtoWriter();
  new Encoder(writer, values).message(object, message);
  return writer.finish();
}

/** Writes into a writer that others use as well. */
export class Encoder {
  readonly #writer: ProtoWriter;
  readonly #values: ProtoValues;

  constructor(writer: ProtoWriter, values: ProtoValues) {
    this.#writer = writer;
    this.#values = values;
  }

  message(object: Fields, message: ProtoMessage): void {
    for (let i = message.fields.length - 1; i >= 0; i--) {
      const field = message.fields[i] as ProtoField;
      if (field.name === '') {
        this.#inline(object, field);
        continue;
      }
      const value = object[field.name];
      if (value !== undefined && value !== null) this.#field(field, value);
    }
  }

  #inline(object: Fields, field: ProtoField): void {
    const before = this.#writer.written;
    const message = field.message?.();
    if (message !== undefined) this.message(object, message);
    if (this.#writer.written > before) this.#writer.lengthDelimited(field.number, before);
  }

  #field(field: ProtoField, value: unknown): void {
    if (field.kind === 'map') {
      // Sorted as Go's deterministic encoder does it: equal objects have equal bytes.
      const map = value as Fields;
      const keys = Object.keys(map).sort();
      for (let i = keys.length - 1; i >= 0; i--) this.#entry(field, keys[i] as string, map[keys[i] as string]);
    } else if (field.repeated) {
      const list = value as readonly unknown[];
      for (let i = list.length - 1; i >= 0; i--) this.#value(field, list[i]);
    } else {
      this.#value(field, value);
    }
  }

  #entry(field: ProtoField, key: string, value: unknown): void {
    const before = this.#writer.written;
    if (value !== null && value !== undefined) this.#value(field.values as ProtoField, value);
    this.#string(1, key);
    this.#writer.lengthDelimited(field.number, before);
  }

  #string(number: number, text: string): void {
    const before = this.#writer.written;
    this.#writer.text(text);
    this.#writer.lengthDelimited(number, before);
  }

  #int(number: number, value: unknown): void {
    const digits = this.#values.digitsOf(value);
    this.#writer.int64(digits === undefined ? Number(value) : BigInt(digits));
    this.#writer.tag(number, 0);
  }

  #value(field: ProtoField, value: unknown): void {
    const writer = this.#writer;
    switch (field.kind) {
      case 'string':
        return this.#string(field.number, value as string);
      case 'bool':
        writer.varint(value === true ? 1 : 0);
        return writer.tag(field.number, 0);
      case 'int':
        return this.#int(field.number, value);
      case 'double':
        writer.double(Number(this.#values.digitsOf(value) ?? value));
        return writer.tag(field.number, 1);
      default: {
        const before = writer.written;
        this.#content(field, value);
        writer.lengthDelimited(field.number, before);
      }
    }
  }

  /** What stands between the length and the end of a length-delimited field. */
  #content(field: ProtoField, value: unknown): void {
    switch (field.kind) {
      case 'bytes':
        return this.#writer.raw(bytesOf(value as string));
      case 'message': {
        const message = field.message?.();
        return message === undefined ? undefined : this.message((value ?? {}) as Fields, message);
      }
      case 'quantity':
        return this.#string(1, String(value));
      case 'json':
        return this.#string(1, JSON.stringify(value));
      case 'strings':
        for (const item of (value as string[]).toReversed()) this.#string(1, item);
        return;
      case 'int-or-string':
        return this.#intOrString(value);
      case 'duration':
        return this.#int64(1, parseDuration(value as string) ?? 0n);
      case 'union':
        return this.#union(field, value);
      default:
        return this.#time(value as string);
    }
  }

  #int64(number: number, value: bigint): void {
    this.#writer.int64(value);
    this.#writer.tag(number, 0);
  }

  #intOrString(value: unknown): void {
    if (typeof value === 'string') this.#string(3, value);
    else this.#int(2, value);
    this.#writer.varint(typeof value === 'string' ? 1 : 0);
    this.#writer.tag(1, 0);
  }

  #time(text: string): void {
    const millis = Date.parse(text);
    const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
    if (fraction !== '') this.#int(2, Number(fraction.padEnd(9, '0').slice(0, 9)));
    this.#int(1, Math.floor(millis / 1000));
  }

  #union(field: ProtoField, value: unknown): void {
    const union = field.union as NonNullable<ProtoField['union']>;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isObject) {
      this.#field(union.object, value);
      // A schema counts as allowed (JSONSchemaPropsOrBool).
      if (union.other.kind === 'bool') this.#value(union.other, true);
    } else {
      this.#field(union.other, value);
    }
  }
}

function bytesOf(base64: string): Uint8Array {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
