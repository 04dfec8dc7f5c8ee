/** Messages to JSON objects. */
import { durationText } from '#wire/protobuf/duration.ts';
import type { ProtoField, ProtoMessage, ProtoValues } from '#wire/protobuf/message.ts';
import { ProtoReader, ProtobufError } from '#wire/protobuf/reader.ts';

type Fields = Record<string, unknown>;

/**
 * The object of a message. Scalars at their zero value are kept as they are on the wire: what Go would not print is dropped
 * by the caller's normalisation. Throws ProtobufError.
 */
export function decodeMessage(bytes: Uint8Array, message: ProtoMessage, values: ProtoValues): Fields {
  const result: Fields = {};
  new Decoder(bytes, values).message(message, bytes.length, result);
  return result;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

class Decoder {
  readonly #reader: ProtoReader;
  readonly #values: ProtoValues;

  constructor(bytes: Uint8Array, values: ProtoValues) {
    this.#reader = new ProtoReader(bytes);
    this.#values = values;
  }

  message(message: ProtoMessage, end: number, into: Fields): void {
    const reader = this.#reader;
    while (reader.at < end) {
      const tag = reader.varint32();
      const field = message.byNumber[tag >>> 3];
      const wireType = tag & 7;
      if (field === undefined) {
        reader.skip(wireType);
        continue;
      }
      checkWireType(field, wireType);
      this.#field(field, into);
    }
    if (reader.at > end) throw new ProtobufError('unexpected EOF');
  }

  #field(field: ProtoField, into: Fields): void {
    if (field.kind === 'map') this.#entry(field, into);
    else if (field.name === '') this.#inline(field, into);
    else if (field.repeated) listOf(into, field.name).push(this.#value(field));
    else into[field.name] = this.#value(field);
  }

  #inline(field: ProtoField, into: Fields): void {
    const message = field.message?.();
    if (message !== undefined) this.message(message, this.#reader.end(), into);
  }

  #entry(field: ProtoField, into: Fields): void {
    const reader = this.#reader;
    const end = reader.end();
    const map = (into[field.name] ??= {}) as Fields;
    const values = field.values as ProtoField;
    let key = '';
    let value: unknown;
    while (reader.at < end) {
      const tag = reader.varint32();
      if (tag === 0x0a) key = reader.string();
      else if (tag >>> 3 === 2) value = this.#value(values);
      else reader.skip(tag & 7);
    }
    value ??= values.kind === 'string' || values.kind === 'bytes' ? '' : values.kind === 'message' ? {} : null;
    if (key === '__proto__')
      Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
    else map[key] = value;
  }

  #value(field: ProtoField): unknown {
    const reader = this.#reader;
    switch (field.kind) {
      case 'string':
        return reader.string();
      case 'bool':
        return reader.varint32() !== 0;
      case 'int':
        return reader.int64(this.#values.largeInteger);
      case 'double':
        return reader.double();
      case 'bytes':
        return base64(reader.slice());
      case 'message': {
        const object: Fields = {};
        this.#inline(field, object);
        return object;
      }
      default:
        return this.#special(field, reader.end());
    }
  }

  /** The kinds that are messages on the wire and single values in JSON. */
  #special(field: ProtoField, end: number): unknown {
    const parts: Record<number, unknown> = [];
    const reader = this.#reader;
    while (reader.at < end) {
      const tag = reader.varint32();
      const number = tag >>> 3;
      if (field.kind === 'union') return this.#union(field, tag, end);
      if (field.kind === 'strings') listOf(parts, 1).push(reader.string());
      else if ((tag & 7) === 2) parts[number] = field.kind === 'json' ? reader.slice() : reader.string();
      else if ((tag & 7) === 0) parts[number] = reader.int64(this.#values.largeInteger);
      else reader.skip(tag & 7);
    }
    return this.#assemble(field, parts);
  }

  #assemble(field: ProtoField, parts: Readonly<Record<number, unknown>>): unknown {
    switch (field.kind) {
      case 'quantity':
        return parts[1] ?? '0';
      case 'strings':
        return parts[1] ?? [];
      case 'int-or-string':
        return parts[1] === 1 ? (parts[3] ?? '') : (parts[2] ?? 0);
      case 'time':
        return parts[1] === undefined && parts[2] === undefined ? null : timeText(Number(parts[1] ?? 0));
      case 'micro-time':
        return parts[1] === undefined && parts[2] === undefined
          ? null
          : microTimeText(Number(parts[1] ?? 0), Number(parts[2] ?? 0));
      case 'duration':
        return durationText(BigInt(this.#values.digitsOf(parts[1]) ?? Number(parts[1] ?? 0)));
      default:
        return parts[1] === undefined ? null : this.#values.parseJson(utf8.decode(parts[1] as Uint8Array));
    }
  }

  #union(field: ProtoField, firstTag: number, end: number): unknown {
    const union = field.union as NonNullable<ProtoField['union']>;
    const others: unknown[] = [];
    let object: unknown;
    let tag = firstTag;
    for (;;) {
      const number = tag >>> 3;
      if (number === union.object.number) object = this.#unionObject(union.object);
      else if (number === union.other.number) {
        const isMessage = union.other.kind === 'message';
        others.push(isMessage ? this.#unionObject(union.other) : this.#value(union.other));
      } else this.#reader.skip(tag & 7);
      if (this.#reader.at >= end) break;
      tag = this.#reader.varint32();
    }
    return object ?? (union.other.repeated ? others : others.at(-1));
  }

  #unionObject(field: ProtoField): unknown {
    const object = this.#value(field) as Fields;
    return this.#values.normalize(object, field.message?.().name ?? '');
  }
}

function listOf<K extends string | number>(of: Record<K, unknown>, name: K): unknown[] {
  const list = of[name];
  if (list !== undefined) return list as unknown[];
  const fresh: unknown[] = [];
  of[name] = fresh;
  return fresh;
}

function checkWireType(field: ProtoField, wireType: number): void {
  const expected = field.kind === 'bool' || field.kind === 'int' ? 0 : field.kind === 'double' ? 1 : 2;
  if (wireType !== expected) throw new ProtobufError(`proto: wrong wireType = ${wireType} for field ${field.name}`);
}

function isoSeconds(seconds: number): string {
  const iso = new Date(seconds * 1000).toISOString();
  return iso.slice(0, iso.indexOf('.'));
}

function timeText(seconds: number): string {
  return `${isoSeconds(seconds)}Z`;
}

function microTimeText(seconds: number, nanos: number): string {
  return `${isoSeconds(seconds)}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`;
}

const chunk = 0x6000;

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += chunk) text += btoa(String.fromCharCode(...bytes.subarray(i, i + chunk)));
  return text;
}
